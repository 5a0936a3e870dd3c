// SPDX-License-Identifier: Apache-2.0
import { capabilityNumber, compareCapabilities } from "../capabilities/spelling.ts";
import {
  type CapabilityFinding,
  type CredentialsRow,
  type Image,
  NEEDED_VERDICTS,
  type Profile,
  type Run,
  type Verdict,
} from "../trace/model.ts";

/** What the configurations grant, and to whom. Lists are in number order. */
export interface Grant {
  /** Capabilities that decided something. */
  readonly needed: readonly string[];
  /** Those that a program only put into its sets. */
  readonly installed: readonly string[];
  /** What the permitted and the bounding set must hold: both, and what confines, where unproven. */
  readonly all: readonly string[];
  /** Asked for to give privileges up, and for nothing else. */
  readonly confinement: readonly string[];
  /** Needed after a program gave privileges up, or by one that keeps them; null when none did. */
  readonly afterDrop: readonly string[] | null;
  /** A program ran with root's effective user id. */
  readonly ranAsRoot: boolean;
  /** Whether an exec gave a program more than it had: setuid, file capabilities, or root's own. */
  readonly gainAtExec: "seen" | "not-seen" | "unknown";
  readonly runs: number;
  /** Re-runs have proven it: then `all` is what works, and `needed` the same. */
  readonly isProven: boolean;
}

/** Works out what a profile's programs must be granted to do the same again. */
export function grantOf({ findings, runs, proven }: Profile): Grant {
  const named = findings.filter(({ capability }) => capabilityNumber(capability) !== null);
  const needed = proven ?? namesOf(named, ...NEEDED_VERDICTS);
  const isProven = proven !== null;
  const installed = isProven ? [] : namesOf(named, "capset-only");
  const confinement = namesOf(named, "self-confinement").filter((name) => !needed.includes(name));
  const rows = runs.flatMap(({ credentials }) => credentials);
  const lasting = new Set(runs.flatMap(lastingNeeds));
  const hasDropped = rows.some(({ phase }) => phase === "after-drop");
  return {
    needed,
    installed,
    all: [...needed, ...installed, ...(isProven ? [] : confinement)].toSorted(compareCapabilities),
    confinement,
    afterDrop: hasDropped ? needed.filter((name) => lasting.has(name)) : null,
    ranAsRoot: rows.some(({ effectiveUid }) => effectiveUid === 0),
    gainAtExec: runs.some(hasGainAtExec) ? "seen" : "not-seen",
    runs: runs.length,
    isProven,
  };
}

/** A set that somebody named: nothing is known of its use. Names are in number order. */
export function grantOfNames(names: readonly string[]): Grant {
  return {
    needed: names,
    installed: [],
    all: names,
    confinement: [],
    afterDrop: null,
    ranAsRoot: true,
    gainAtExec: "unknown",
    runs: 0,
    isProven: false,
  };
}

/** Capabilities with one of these verdicts, in number order. */
export function namesOf(
  findings: readonly CapabilityFinding[],
  ...verdicts: readonly Verdict[]
): readonly string[] {
  return findings
    .filter(({ verdict }) => verdicts.includes(verdict))
    .map(({ capability }) => capability)
    .toSorted(compareCapabilities);
}

/**
 * With what the first program began; null where none was seen. Its row comes from none of the run: what
 * started it, such as a service manager, is not in it.
 */
export function firstCredentials({ credentials }: Run): CredentialsRow | null {
  const ids = new Set(credentials.map(({ id }) => id));
  return credentials.find(({ previous }) => previous === null || !ids.has(previous)) ?? null;
}

/** Needs after a drop, and those of programs that never drop. */
function lastingNeeds({ observations, credentials }: Run): readonly string[] {
  const dropping = new Set(
    credentials.filter(({ phase }) => phase === "after-drop").map(({ image }) => image),
  );
  return observations
    .filter(({ verdict }) => NEEDED_VERDICTS.includes(verdict))
    .filter(({ image, phase }) => phase === "after-drop" || !dropping.has(image))
    .map(({ capability }) => capability);
}

function hasGainAtExec({ credentials, images }: Run): boolean {
  const byId = new Map(credentials.map((row) => [row.id, row]));
  const imageOf = new Map(images.map((image) => [image.id, image]));
  return credentials.some((row) => {
    const before = row.previous === null ? undefined : byId.get(row.previous);
    if (before === undefined) return isGainOfFirst(row, imageOf.get(row.image));
    return before.image !== row.image && isGain(row, before);
  });
}

/** A setuid program to another user than root changes the id, and no capability. */
function isGain(row: CredentialsRow, before: CredentialsRow): boolean {
  return (
    row.effectiveUid !== before.effectiveUid ||
    row.permitted.some((capability) => !before.permitted.includes(capability))
  );
}

/** What executed the first program is not in the trace: the program's own file tells. */
function isGainOfFirst(row: CredentialsRow, image: Image | undefined): boolean {
  if (image === undefined || image.attached) return false;
  return (
    row.uid !== row.effectiveUid || (row.effectiveUid !== 0 && image.fileCapabilities.length > 0)
  );
}
