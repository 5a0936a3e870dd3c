// SPDX-License-Identifier: Apache-2.0
import type { ContainerDeclaration, Word } from "../model.ts";
import {
  at,
  booleanOf,
  type Cursor,
  entriesOf,
  isMapping,
  settingOf,
  textOf,
  wordsOf,
  exists,
} from "../yaml/cursor.ts";
import { securityOptions } from "./security-options.ts";

/** True for a document with the services of a Compose file. */
export function isCompose(root: Cursor): boolean {
  const services = entriesOf(at(root, "services"));
  return services.length > 0 && services.every(({ value }) => isMapping(value));
}

/** Reads the services; compose-spec, 05-services.md. */
export function readServices(root: Cursor): readonly ContainerDeclaration[] {
  return entriesOf(at(root, "services"))
    .filter(({ value }) => isMapping(value))
    .map(({ key, value }) => readService(key, value));
}

function readService(name: Word, service: Cursor): ContainerDeclaration {
  const command = [...wordsOf(at(service, "entrypoint")), ...wordsOf(at(service, "command"))];
  const isReplaced = exists(at(service, "entrypoint")) || exists(at(service, "command"));
  return {
    platform: "compose",
    role: "service",
    owner: null,
    name: name.text,
    image: textOf(at(service, "image")),
    command: isReplaced ? command.map(({ text }) => text) : null,
    add: wordsOf(at(service, "cap_add")),
    drop: wordsOf(at(service, "cap_drop")),
    privileged: booleanOf(at(service, "privileged")),
    allowPrivilegeEscalation: null,
    user: settingOf(at(service, "user")),
    runAsNonRoot: null,
    hostUsers: null,
    misplaced: [],
    ...securityOptions(wordsOf(at(service, "security_opt"))),
    start: name.start,
    end: name.end,
  };
}
