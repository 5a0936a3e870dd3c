// SPDX-License-Identifier: Apache-2.0
import { capabilityNumber, constantName } from "../capabilities/spelling.ts";
import { type Profile, NEEDED_VERDICTS } from "../trace/model.ts";
import type { Grant } from "./grant.ts";
import { listNames } from "./wording.ts";
import type { Workload } from "./workload.ts";

/** What a program that limits itself keeps: its needs after it gave privileges up, else all. */
export function keptSet({ needed, afterDrop }: Grant): readonly string[] {
  return afterDrop ?? needed;
}

/** What to say about the choice of the set. */
export function keptSetNotes({ grant, neededBy: programs }: Workload): readonly string[] {
  const startUp = grant.needed.filter((name) => !keptSet(grant).includes(name));
  return [
    "Call it after what needs more, as early as the program can. The change of user id itself needs " +
      "CAP_SETUID, CAP_SETGID and CAP_SETPCAP, which are given up with it.",
    ...(programs.length > 1
      ? [`It is the set of ${programs.length} programs together: each of them needs less.`]
      : []),
    ...(startUp.length === 0
      ? []
      : [`Not in it, because they were needed only before: ${listNames(startUp)}.`]),
  ];
}

/**
 * The constant of a header; what has no name yet is written as its number, which systemd and libcap
 * understand as well.
 */
export function constantOrNumber(name: string): string {
  return name.startsWith("cap_") ? String(capabilityNumber(name)) : constantName(name);
}

/** Programs that needed a capability, by path. */
export function neededBy({ findings }: Profile): readonly string[] {
  const uses = findings.flatMap((finding) => finding.uses);
  const needing = uses.filter(({ verdict }) => NEEDED_VERDICTS.includes(verdict));
  return [...new Set(needing.map(({ program }) => program))];
}
