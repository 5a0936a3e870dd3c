// SPDX-License-Identifier: Apache-2.0
import type { SetName } from "../capabilities/credentials.ts";
import type { CapabilitySets } from "../process/model.ts";

export { SET_NAMES, type SetName } from "../capabilities/credentials.ts";

/**
 * Whether something is confined as it should be, as plain readonly data; the published schema is
 * schemas/verify.schema.json. What is expected is an upper bound: who has less is confined further.
 */

export const VERIFY_SCHEMA_VERSION = 1;

/** What is looked at. */
export type VerifyTarget =
  | { readonly kind: "process"; readonly pid: number }
  | { readonly kind: "unit"; readonly unit: string }
  | { readonly kind: "container"; readonly id: string; readonly runtime: string | null }
  | { readonly kind: "manifest"; readonly file: string; readonly format: string }
  | { readonly kind: "command"; readonly program: string; readonly uid: number };

/**
 * Where the expectation comes from.
 *
 * - `profile`: what a trace saw to be needed, or what re-runs proved
 * - `list`: the capabilities given on the command line
 * - `unit`: what the service manager has loaded for the unit
 */
export type ExpectationSource = (typeof EXPECTATION_SOURCES)[number];
export const EXPECTATION_SOURCES = ["profile", "list", "unit"] as const;

export interface Expectation {
  readonly source: ExpectationSource;
  /** The profile's file; null for the others. */
  readonly file: string | null;
  /** Re-runs have proven the profile's set; null where there is no profile. */
  readonly proven: boolean | null;
  /** False when the profile lost checks or programs: its set may lack what they needed. */
  readonly complete: boolean;
  /** What may be held at most; for a unit that is its bounding set. */
  readonly capabilities: readonly string[];
  /** Of a unit, what it gives to a user other than root; null otherwise. */
  readonly ambient: readonly string[] | null;
  /** Secure bits that must be set; null where nothing is said of them. */
  readonly securebits: readonly string[] | null;
  /** True where no_new_privs must be set; null where nothing is said of it. */
  readonly noNewPrivileges: true | null;
  /** User id that must be had; null where any may be. */
  readonly uid: number | null;
  /** Sets that are smaller than expected count, too. */
  readonly exact: boolean;
  /** Sets with which the traced program began; null where that is not known. */
  readonly before: CapabilitySets | null;
}

/**
 * - `same`: exactly what is expected
 * - `narrower`: less, which is confined further
 * - `wider`: at least one capability more
 */
export type SetVerdict = (typeof SET_VERDICTS)[number];
export const SET_VERDICTS = ["same", "narrower", "wider"] as const;

export interface SetComparison {
  readonly set: SetName;
  /** At most. */
  readonly expected: readonly string[];
  readonly actual: readonly string[];
  readonly verdict: SetVerdict;
  /** Held, and not expected. */
  readonly extra: readonly string[];
  /** Expected, and not held. */
  readonly missing: readonly string[];
}

/** A process, threads of one that differ from it, or what a manifest or a command would be. */
export interface Holder {
  /** As the system names it: a process's name, a container of a manifest, a program. */
  readonly name: string;
  /** Null where nothing runs. */
  readonly pid: number | null;
  /** Threads that differ from their process; empty for the process itself. */
  readonly tids: readonly number[];
  /** The main process of a unit, the first one of a container. */
  readonly main: boolean;
  /** Null where it is not known. */
  readonly uid: number | null;
  /** False in a user namespace other than the main one's: its capabilities are others, not compared. */
  readonly compared: boolean;
  /** Where a manifest declares it; null for what runs. */
  readonly line: number | null;
  /** One for each set, in the order of `SET_NAMES` of capabilities/credentials.ts. */
  readonly sets: readonly SetComparison[];
  /** Null where they could not be seen. */
  readonly securebits: readonly string[] | null;
  /** Null where the kernel does not tell. */
  readonly noNewPrivileges: boolean | null;
}

/** What a difference is about. */
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];
export const DIFFERENCE_KINDS = [
  "wider-set",
  "narrower-set",
  "lacking",
  "no-new-privileges",
  "securebits",
  "user",
] as const;

export interface Difference {
  readonly kind: DifferenceKind;
  /** Index in `holders`. */
  readonly holder: number;
  /** Those it is about alike; empty where it is about none. */
  readonly sets: readonly SetName[];
  /** The capabilities that make the difference; empty where it is about none. */
  readonly capabilities: readonly string[];
  /** In a sentence, with the process. */
  readonly message: string;
}

/** `not-established`: something that would have to be seen could not be. */
export type VerifyVerdict = (typeof VERIFY_VERDICTS)[number];
export const VERIFY_VERDICTS = ["confined", "differs", "not-established"] as const;

/** Something that could not be seen, and would have to be. */
export interface VerifyGap {
  readonly kind: "process" | "securebits" | "manifest";
  /** In words. */
  readonly message: string;
}

export interface VerifyReport {
  readonly schemaVersion: typeof VERIFY_SCHEMA_VERSION;
  readonly kind: "verify";
  readonly tool: { readonly name: "capscope"; readonly version: string };
  readonly host: { readonly name: string; readonly kernel: string };
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly target: VerifyTarget;
  readonly expectation: Expectation;
  readonly holders: readonly Holder[];
  readonly differences: readonly Difference[];
  readonly verdict: VerifyVerdict;
  /** What to know besides; one sentence or two each. */
  readonly notes: readonly string[];
  readonly coverage: { readonly complete: boolean; readonly gaps: readonly VerifyGap[] };
}
