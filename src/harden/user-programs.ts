// SPDX-License-Identifier: Apache-2.0
import { capabilityNumber, compareCapabilities } from "../capabilities/spelling.ts";
import { type CredentialsRow, NEEDED_VERDICTS, type Profile, type Run } from "../trace/model.ts";
import { namesOf } from "./grant.ts";

/** A program, with what it needs in its permitted set. */
export interface UserProgram {
  /** Path as it was executed, or a name in brackets. */
  readonly program: string;
  /** In number order; never empty. */
  readonly capabilities: readonly string[];
  /** What runs it where it is a script, as the kernel's "#!" has it; else null. */
  readonly interpreter: string | null;
}

/** The programs that needed capabilities or put them into their sets, by path. */
export function userProgramsOf(profile: Profile): readonly UserProgram[] {
  const found = new Map<string, Set<string>>();
  const add = (program: string, capability: string): void => {
    if (profile.proven?.includes(capability) === false) return;
    found.set(program, (found.get(program) ?? new Set()).add(capability));
  };
  const named = profile.findings.filter((each) => capabilityNumber(each.capability) !== null);
  const installed = namesOf(named, "capset-only");
  for (const { capability, uses } of named) {
    for (const { verdict, program } of uses) {
      if (NEEDED_VERDICTS.includes(verdict)) add(program, capability);
    }
  }
  for (const change of profile.runs.flatMap(changesOf)) {
    const chosen = installed.filter((capability) => isChosen(change, capability));
    for (const capability of chosen) add(change.program, capability);
  }
  const interpreters = new Map(profile.runs.flatMap(scriptsOf));
  return [...found]
    .map(([program, capabilities]) => ({
      program,
      interpreter: interpreters.get(program) ?? null,
      capabilities: [...capabilities].toSorted(compareCapabilities),
    }))
    .toSorted((one, other) => (one.program < other.program ? -1 : 1));
}

/**
 * Scripts with what runs them: the kernel puts the interpreter, and its one argument, before the path of a
 * script (fs/binfmt_script.c).
 */
function scriptsOf({ images }: Run): readonly (readonly [string, string])[] {
  return images.flatMap(({ exe, argv }) => {
    const [interpreter = "", ...rest] = argv ?? [];
    const isScript =
      interpreter.startsWith("/") && interpreter !== exe && rest.slice(0, 2).includes(exe);
    return isScript ? [[exe, interpreter] as const] : [];
  });
}

interface Change {
  readonly program: string;
  readonly before: CredentialsRow;
  readonly row: CredentialsRow;
}

/** What programs made of their own credentials. */
function changesOf({ credentials, images }: Run): readonly Change[] {
  const rows = new Map(credentials.map((row) => [row.id, row]));
  const programOf = new Map(images.map(({ id, exe }) => [id, exe]));
  return credentials.flatMap((row) => {
    const before = row.previous === null ? undefined : rows.get(row.previous);
    if (before === undefined || before.image !== row.image) return [];
    return [{ program: programOf.get(row.image) ?? "[unknown]", before, row }];
  });
}

/** Raised, or kept in the permitted set while others were given up. */
function isChosen({ before, row }: Change, capability: string): boolean {
  const isRaised = (["effective", "permitted", "inheritable"] as const).some(
    (set) => row[set].includes(capability) && !before[set].includes(capability),
  );
  const hasGivenUp = before.permitted.some((each) => !row.permitted.includes(each));
  // A change of user id fills and empties sets by itself.
  const isOfUser = row.uid !== before.uid || row.effectiveUid !== before.effectiveUid;
  return (isRaised && !isOfUser) || (hasGivenUp && row.permitted.includes(capability));
}
