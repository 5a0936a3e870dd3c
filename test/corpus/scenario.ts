// SPDX-License-Identifier: Apache-2.0
import type { Stage } from "./stage.ts";

/** A program that is at work, and how to tell that it does its job. */
export interface Scenario {
  /** Begins with the program's name. */
  readonly title: string;
  /** Paths of what has to be installed. */
  readonly files: readonly string[];
  /**
   * The true minimal set, found by brute force: the job is done with it and not with one less. Each
   * with what it is for.
   */
  readonly needs: Readonly<Record<string, string>>;
  /** The other minimal sets. */
  readonly orElse?: readonly (readonly string[])[];
  /**
   * What one trace names besides, each with why: the kernel granted it in answer to a real request,
   * and no trace can tell that the program makes up for a refusal.
   */
  readonly extras?: Readonly<Record<string, string>>;
  /** What counts on some machines only, each with what decides; left out of all comparisons. */
  readonly onSomeMachines?: Readonly<Record<string, string>>;
  /** Writes configuration and data into the stage's directory. */
  readonly prepare: (stage: Stage) => Plan;
}

/** Lines of shell run in the stage, outside of what is limited and traced; PATH is a root's. */
export interface Plan {
  readonly command: readonly string[];
  /**
   * What the program sees at a path instead of what the machine has there: a directory or file of
   * the stage, or null for an empty directory. A path that the machine does not have is left out.
   */
  readonly mounts?: Readonly<Record<string, string | null>>;
  /** Of a daemon, which lives until it is stopped: `--ready` of capscope minimize. */
  readonly ready?: string;
  /** Succeeds when the program did its job; where there is none, the program's status tells. */
  readonly check?: string;
  /** Makes each run begin alike. */
  readonly reset?: string;
}

/**
 * A line of shell that repeats a check until it succeeds, the program ends, or some seconds are over.
 */
export function eventually(check: string): string {
  return `n=0; until { ${check}; } 2>/dev/null; do
    n=$((n + 1)); [ $n -lt 50 ] && [ "$(readlink "/proc/$CAPSCOPE_PID/exe")" ] || exit 1
    sleep 0.04
  done`;
}
