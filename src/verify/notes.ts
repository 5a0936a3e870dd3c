// SPDX-License-Identifier: Apache-2.0
import type { UnitCredentials } from "../linux/systemd/unit-credentials.ts";
import { describeHolder } from "./compare.ts";
import type { Expectation, Holder, SetName } from "./model.ts";

/** What to know about a comparison that is no difference by itself. */
export function notesOn(
  holders: readonly Holder[],
  expectation: Expectation,
  unit: UnitCredentials | null,
): readonly string[] {
  const compared = holders.filter((holder) => holder.compared);
  return [
    ...profileNotes(expectation),
    ...unitNotes(unit),
    ...namespaceNotes(holders),
    ...absentNotes(compared, expectation),
    ...idleNotes(compared, expectation),
  ];
}

function profileNotes({ complete }: Expectation): readonly string[] {
  if (complete) return [];
  return [
    "Checks or programs were lost when the profile was traced: what is more than expected may be needed.",
  ];
}

function unitNotes(unit: UnitCredentials | null): readonly string[] {
  if (unit === null) return [];
  return [
    ...(unit.needsReload
      ? ["Files of the unit changed since the manager read them: systemctl daemon-reload."]
      : []),
    ...(unit.prefix === "full"
      ? [
          'ExecStart= begins with "+": the unit\'s user, capabilities and sandbox do not apply to ' +
            "its main command.",
        ]
      : []),
  ];
}

function namespaceNotes(holders: readonly Holder[]): readonly string[] {
  return holders
    .filter(({ compared }) => !compared)
    .map(
      (holder) =>
        `${describeHolder(holder)} is in a user namespace of its own: its capabilities hold there ` +
        "alone, and were not compared.",
    );
}

/** Needed and out of everybody's reach. */
function absentNotes(holders: readonly Holder[], { source, capabilities }: Expectation): string[] {
  if (source === "unit" || holders.some(({ pid }) => pid === null)) return [];
  const absent = capabilities.filter(
    (name) => !holders.some((holder) => actualOf(holder, "bounding").includes(name)),
  );
  if (absent.length === 0) return [];
  return [
    `In nobody's bounding set: ${absent.join(", ")}. Given up by the program itself, or not ` +
      "granted: then it lacks them the next time it starts.",
  ];
}

/** The mistake that a bounding set grants something. */
function idleNotes(holders: readonly Holder[], { source, capabilities }: Expectation): string[] {
  if (source === "unit" || capabilities.length === 0) return [];
  // Of a program that would be executed that is the difference itself.
  if (holders.some(({ pid, line }) => pid === null && line === null)) return [];
  const first = holders.filter(({ main, tids, uid }) => main && tids.length === 0 && uid !== 0);
  return first
    .filter((holder) => actualOf(holder, "permitted").length === 0)
    .filter((holder) => actualOf(holder, "bounding").some((name) => capabilities.includes(name)))
    .map((holder) => {
      const user = holder.uid === null ? "as a user other than root" : `with uid ${holder.uid}`;
      return (
        `${describeHolder(holder)} runs ${user} and holds nothing: a bounding set grants nothing ` +
        "by itself. What it needs after its start, ambient capabilities or those of its file give."
      );
    });
}

function actualOf({ sets }: Holder, wanted: SetName): readonly string[] {
  return sets.find(({ set }) => set === wanted)?.actual ?? [];
}
