// SPDX-License-Identifier: Apache-2.0
import { compareCapabilities } from "../../capabilities/spelling.ts";
import type { CredentialsRow, Profile, Run } from "../../trace/model.ts";
import { escapeText } from "../text/escape.ts";
import { BLANK, type Paragraph, paragraph } from "./layout.ts";
import { count, listSome } from "./phrases.ts";

const MAX_CHANGES = 16;
const MAX_NAMES = 6;

/** What programs changed about their own privileges, and what execs changed; equal ones as one. */
export function credentialsSection({ runs }: Profile): readonly Paragraph[] {
  const changes = new Map<string, number>();
  for (const change of runs.flatMap(changesOf)) changes.set(change, (changes.get(change) ?? 0) + 1);
  if (changes.size === 0) return [];
  const lines = [...changes].map(
    ([text, times]) => `${text}${times === 1 ? "" : ` (${times} times)`}`,
  );
  const hidden = lines.length - MAX_CHANGES;
  return [
    BLANK,
    paragraph(0, "Changes of privileges"),
    ...lines.slice(0, MAX_CHANGES).map((line) => paragraph(2, line)),
    ...(hidden > 0 ? [paragraph(2, `and ${count(hidden, "more change")}`)] : []),
  ];
}

interface Change {
  readonly before: CredentialsRow;
  readonly row: CredentialsRow;
}

/** One sentence for each change of a run, in the order of time. */
function changesOf({ credentials, images }: Run): readonly string[] {
  const programs = new Map(images.map(({ id, exe }) => [id, escapeText(exe)]));
  return joinBoundingDrops(credentials).flatMap(({ before, row }) => {
    const parts = differences(before, row);
    if (parts.length === 0) return [];
    const program = programs.get(row.image) ?? "[unknown]";
    const atExec = before.image === row.image ? "" : "at its exec, ";
    return [`${program}: ${atExec}${parts.join("; ")}`];
  });
}

/** Changes in the order of time; those that only go on to shrink the bounding set are one. */
function joinBoundingDrops(credentials: readonly CredentialsRow[]): readonly Change[] {
  const rows = new Map(credentials.map((row) => [row.id, row]));
  const changes = new Map<number, Change>();
  for (const row of credentials.toSorted((one, other) => one.firstNs - other.firstNs)) {
    const before = row.previous === null ? undefined : rows.get(row.previous);
    if (before === undefined) continue;
    const last = changes.get(before.id);
    const goesOn = last !== undefined && isBoundingDrop(last) && isBoundingDrop({ before, row });
    if (goesOn) changes.delete(before.id);
    changes.set(row.id, { before: goesOn ? last.before : before, row });
  }
  return [...changes.values()];
}

/** One and the same program takes something from its bounding set, and changes nothing else. */
function isBoundingDrop({ before, row }: Change): boolean {
  if (before.image !== row.image || row.bounding.length >= before.bounding.length) return false;
  return differences({ ...before, bounding: row.bounding }, row).length === 0;
}

function differences(before: CredentialsRow, row: CredentialsRow): readonly string[] {
  return [
    ...numberChange("uid", before.uid, row.uid),
    ...(before.effectiveUid - before.uid === row.effectiveUid - row.uid
      ? []
      : numberChange("effective uid", before.effectiveUid, row.effectiveUid)),
    ...setChange("permitted", before.permitted, row.permitted),
    ...effectiveChange(before, row),
    ...setChange("inheritable", before.inheritable, row.inheritable),
    ...setChange("bounding", before.bounding, row.bounding),
    ...setChange("ambient", before.ambient, row.ambient),
    ...setChange("securebits", before.securebits, row.securebits),
    ...(row.noNewPrivileges && !before.noNewPrivileges ? ["no new privileges from now on"] : []),
  ];
}

/** What of the effective set does not simply follow the permitted set. */
function effectiveChange(before: CredentialsRow, row: CredentialsRow): readonly string[] {
  const follows =
    isEqual(before.effective, before.permitted) && isEqual(row.effective, row.permitted);
  return follows ? [] : setChange("effective", before.effective, row.effective);
}

function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

function numberChange(what: string, before: number, after: number): readonly string[] {
  return before === after ? [] : [`${what} ${before} -> ${after}`];
}

/** "permitted: gave up all", "bounding: gave up 39, left chown, kill", "ambient: gained net_raw". */
function setChange(
  set: string,
  before: readonly string[],
  after: readonly string[],
): readonly string[] {
  const lost = before.filter((name) => !after.includes(name));
  const gained = after.filter((name) => !before.includes(name));
  const parts = [
    ...(lost.length > 0 ? [`gave up ${lossText(lost, after)}`] : []),
    ...(gained.length > 0 ? [`gained ${namesText(gained)}`] : []),
  ];
  return parts.length === 0 ? [] : [`${set}: ${parts.join(", ")}`];
}

function lossText(lost: readonly string[], left: readonly string[]): string {
  if (left.length === 0) return lost.length === 1 ? namesText(lost) : `all ${lost.length}`;
  if (lost.length <= MAX_NAMES) return namesText(lost);
  return `${lost.length}, left ${left.length > MAX_NAMES ? left.length : namesText(left)}`;
}

function namesText(names: readonly string[]): string {
  if (names.length > 2 * MAX_NAMES) return String(names.length);
  return listSome(names.toSorted(compareCapabilities).map(escapeText), MAX_NAMES);
}
