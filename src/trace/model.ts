// SPDX-License-Identifier: Apache-2.0

/**
 * What a trace yields, as plain readonly data; the published schema is schemas/profile.schema.json.
 * A check seen is not a need: verdicts say what the evidence allows to say.
 */

export const PROFILE_SCHEMA_VERSION = 1;

/**
 * - `required`: granted, and the answer decides the outcome of a system call
 * - `opportunistic`: the kernel asks and has a fallback: memory accounting, reserved blocks ...
 * - `denied`: asked for and refused, every time
 * - `namespaced`: asked for in a user namespace other than the initial one: no need on the host
 * - `borrowed`: asked of credentials that are not the program's own, such as those of a mounter
 */
export type Verdict = (typeof VERDICTS)[number];
export const VERDICTS = ["required", "denied", "opportunistic", "namespaced", "borrowed"] as const;

/** One program of one process, from its exec to the next one or to its exit. */
export interface Image {
  readonly id: number;
  readonly pid: number;
  readonly parentPid: number;
  readonly comm: string;
  readonly exe: string;
  readonly argv: readonly string[] | null;
  /** Nanoseconds since the trace began. */
  readonly startNs: number;
  /** Null while it runs. */
  readonly endNs: number | null;
}

/** Checks of one image that are alike. */
export interface Observation {
  readonly image: number;
  /** Lower case without prefix; unknown numbers as `cap_41`. */
  readonly capability: string;
  readonly granted: boolean;
  /** Null outside a system call. */
  readonly syscall: string | null;
  readonly verdict: Verdict;
  /** The kernel function that asked; null where the kernel hides its symbols. */
  readonly gate: string | null;
  /** Why the verdict is not `required` or `denied`; null where it is. */
  readonly reason: string | null;
  readonly count: number;
  /** Nanoseconds since the trace began. */
  readonly firstNs: number;
  readonly lastNs: number;
}

/** What the observations of one capability add up to. */
export interface CapabilityFinding {
  readonly capability: string;
  /** The weightiest verdict among its observations, in the order of `VERDICTS`. */
  readonly verdict: Verdict;
  readonly granted: number;
  readonly denied: number;
  /** System calls in which it was asked for with that verdict, by name. */
  readonly syscalls: readonly string[];
  /** Programs that asked for it with that verdict, by path. */
  readonly programs: readonly string[];
  readonly gates: readonly string[];
}

export interface TraceCoverage {
  /** False when anything was lost, or no program ran. */
  readonly complete: boolean;
  readonly lost: { readonly checks: number; readonly stacks: number; readonly images: number };
  readonly gaps: readonly string[];
}

export interface Profile {
  readonly schemaVersion: typeof PROFILE_SCHEMA_VERSION;
  readonly kind: "profile";
  readonly tool: { readonly name: "capscope"; readonly version: string };
  readonly host: { readonly name: string; readonly kernel: string };
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly subject: { readonly kind: "command"; readonly argv: readonly string[] };
  readonly wayIn: string;
  readonly durationNs: number;
  readonly images: readonly Image[];
  readonly observations: readonly Observation[];
  readonly findings: readonly CapabilityFinding[];
  /** `inconclusive`: no program ran, so that nothing can be said. */
  readonly conclusion: "needs" | "needs-nothing-seen" | "inconclusive";
  readonly coverage: TraceCoverage;
}
