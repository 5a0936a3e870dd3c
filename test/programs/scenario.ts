// SPDX-License-Identifier: Apache-2.0
import type { Stage } from "./stage.ts";

/** A program that is at work, and how to tell that it does its job. */
export interface Scenario {
  /** Completes the sentence "capscope names what it takes for ...". */
  readonly title: string;
  /** Paths of what has to be installed. */
  readonly files: readonly string[];
  /** Capabilities without which the job is not done, each with what it is for; see brute-force.ts. */
  readonly needs: Readonly<Record<string, string>>;
  /** The same, for what the program only puts into its sets and never asks the kernel for. */
  readonly keeps?: Readonly<Record<string, string>>;
  /**
   * Capabilities that the kernel grants in answer to a real request, though the job is done without:
   * no trace can tell that the program, or another capability, makes up for a refusal.
   */
  readonly alsoAsked?: Readonly<Record<string, string>>;
  /** Capabilities that it keeps in its sets where it has them. */
  readonly alsoKept?: Readonly<Record<string, string>>;
  /** Capabilities that are granted on some machines only, each with what decides. */
  readonly onSomeMachines?: Readonly<Record<string, string>>;
  /** Writes configuration and data into the stage's directory. */
  readonly prepare: (stage: Stage) => Plan;
}

export interface Plan {
  readonly command: readonly string[];
  /**
   * What the program sees at a path instead of what the machine has there: a directory or file of
   * the stage, or null for an empty directory. A path that the machine does not have is left out.
   */
  readonly mounts?: Readonly<Record<string, string | null>>;
  /** Makes the program work and throws when it did not; repeated until the time is over. */
  readonly exercise: (stage: Stage, output: string) => void;
  /** A daemon is exercised while it runs, and then ended with SIGTERM; others end by themselves. */
  readonly isDaemon: boolean;
}
