// SPDX-License-Identifier: Apache-2.0
import { UsageError } from "../errors.ts";
import type { HardenTarget } from "./model.ts";
import type { Account, WorkloadFacts } from "./workload.ts";

/*
 * What the user says goes into configurations of many languages. Each of these names has a grammar
 * that has no quotes, blanks or signs of any of them: what does not follow it is refused.
 */

/** A user or a group as useradd(8) makes them, or a number. */
const ACCOUNT = /^(?:[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?|0|[1-9]\d{0,9})$/;

/** "www-data", "33", "33:33". Throws UsageError for what no account is called. */
export function parseAccount(text: string): Account {
  const [user = "", group, ...more] = text.split(":");
  if (more.length > 0 || !ACCOUNT.test(user) || (group !== undefined && !ACCOUNT.test(group))) {
    throw new UsageError(`not a user or USER:GROUP: ${text}`);
  }
  return { user, group: group ?? null };
}

/** Throws UsageError for what no group is called. */
export function parseGroup(text: string): string {
  if (ACCOUNT.test(text)) return text;
  throw new UsageError(`not the name of a group: ${text}`);
}

/** "nginx", "docker.io/library/nginx:1.25@sha256:...". Throws UsageError for what no image is called. */
export function parseImage(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,511}$/.test(text)) return text;
  throw new UsageError(`not the name of an image: ${text}`);
}

/** A unit's name, or one for a container. Throws UsageError for what neither is called. */
export function parseWorkloadName(text: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9:_.\\@-]{0,246}$/.test(text) && /[A-Za-z0-9]/.test(text)) return text;
  throw new UsageError(`not the name of a unit or a container: ${text}`);
}

/** Throws UsageError for a path that does not begin at the root. */
export function parseProgram(text: string): string {
  if (text.startsWith("/") && !text.includes("\0")) return text;
  throw new UsageError(`not the absolute path of a program: ${text}`);
}

/** Throws UsageError for facts with which a target cannot be written. */
export function assertSuits(target: HardenTarget, { user, image, program }: WorkloadFacts): void {
  const named = [user?.user, user?.group].filter((text) => !/^\d+$/.test(text ?? "0"));
  if (NUMERIC.includes(target) && named.length > 0) {
    throw new UsageError(
      `${target} takes users and groups as numbers, not ${named.join(" and ")}`,
      "the names of an image are its own: look them up there",
    );
  }
  if (image !== null && !WITH_IMAGE.includes(target)) {
    throw new UsageError(`--image says nothing to ${target}`);
  }
  if (program !== null && !WITH_PROGRAM.includes(target)) {
    throw new UsageError(`--program says nothing to ${target}`);
  }
}

const NUMERIC: readonly HardenTarget[] = ["kubernetes", "quadlet"];
const WITH_IMAGE: readonly HardenTarget[] = [
  "quadlet",
  "docker",
  "podman",
  "compose",
  "kubernetes",
];
const WITH_PROGRAM: readonly HardenTarget[] = ["auditd", "file"];
