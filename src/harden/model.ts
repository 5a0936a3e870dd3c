// SPDX-License-Identifier: Apache-2.0

/** For whom a configuration is written. */
export const HARDEN_TARGETS = [
  "c",
  "python",
  "systemd",
  "file",
  "docker",
  "podman",
  "kubernetes",
] as const;
export type HardenTarget = (typeof HARDEN_TARGETS)[number];

/** A configuration that grants what a profile shows to be needed, and no more. */
export interface Recommendation {
  readonly target: HardenTarget;
  readonly title: string;
  /** Ready to be copied, without a newline at the end; "" where nothing can be written. */
  readonly text: string;
  /** What to know before it is used; one sentence or two each. */
  readonly notes: readonly string[];
}

/** What follows from a profile. Evidence, not proof: what was not exercised was not seen. */
export interface Advice {
  /** What holds for every recommendation; where there is none, why. */
  readonly notes: readonly string[];
  readonly recommendations: readonly Recommendation[];
}
