// SPDX-License-Identifier: Apache-2.0
import type {
  ContainerDeclaration,
  Setting,
  UnitAssignment,
  UnitDeclaration,
  Word,
} from "../model.ts";
import { parseBoolean } from "../systemd/values.ts";
import { securityOptions } from "./security-options.ts";

/**
 * Reads [Container] of a Quadlet, podman-systemd.unit(5); null where there is none. Options in
 * PodmanArgs= count as if they had a key of their own.
 */
export function readQuadlet(unit: UnitDeclaration): ContainerDeclaration | null {
  const all = unit.assignments.filter(({ section }) => section === "Container");
  if (all.length === 0) return null;
  const last = (key: string): UnitAssignment | undefined =>
    all.findLast((assignment) => assignment.key === key && assignment.value !== "");
  const passed = all.filter(({ key }) => key === "PodmanArgs").flatMap(({ words }) => words);
  const user = last("User");
  const command = last("Exec");
  const seccomp = last("SeccompProfile");
  const options = securityOptions(valuesOf(passed, "security-opt"));
  return {
    platform: "quadlet",
    role: "command",
    owner: null,
    name: last("ContainerName")?.value ?? null,
    image: last("Image")?.value ?? null,
    command: command === undefined ? null : command.words.map(({ text }) => text),
    add: [...wordsOf(all, "AddCapability"), ...valuesOf(passed, "cap-add")],
    drop: [...wordsOf(all, "DropCapability"), ...valuesOf(passed, "cap-drop")],
    privileged: switchOf(passed, "--privileged"),
    allowPrivilegeEscalation: null,
    noNewPrivileges: booleanOf(last("NoNewPrivileges")) ?? options.noNewPrivileges,
    user: user === undefined ? null : { value: user.value, ...user.valueSpan },
    runAsNonRoot: null,
    seccomp:
      seccomp === undefined ? options.seccomp : { value: seccomp.value, ...seccomp.valueSpan },
    hostUsers: null,
    misplaced: [],
    start: unit.start,
    end: unit.end,
  };
}

function wordsOf(all: readonly UnitAssignment[], key: string): readonly Word[] {
  return all.filter((assignment) => assignment.key === key).flatMap(({ words }) => words);
}

function booleanOf(assignment: UnitAssignment | undefined): Setting<boolean> | null {
  const value = parseBoolean(assignment?.value ?? "");
  return assignment === undefined || value === null ? null : { value, ...assignment.valueSpan };
}

/** Values of "--name value" and "--name=value". */
function valuesOf(words: readonly Word[], name: string): readonly Word[] {
  return words.flatMap((word, at) => {
    const next = words[at + 1];
    if (word.text === `--${name}`) return next === undefined ? [] : [next];
    const prefix = `--${name}=`;
    return word.text.startsWith(prefix) ? [{ ...word, text: word.text.slice(prefix.length) }] : [];
  });
}

function switchOf(words: readonly Word[], option: string): Setting<boolean> | null {
  const found = words.find(({ text }) => text === option || text === `${option}=true`);
  return found === undefined ? null : { value: true, start: found.start, end: found.end };
}
