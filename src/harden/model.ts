// SPDX-License-Identifier: Apache-2.0

/** For whom a configuration is written. */
export const HARDEN_TARGETS = [
  "systemd",
  "quadlet",
  "docker",
  "podman",
  "compose",
  "kubernetes",
  "kyverno",
  "auditd",
  "file",
  "c",
  "c-libcap",
  "python",
  "go",
  "rust",
  "nix",
  "ansible",
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

/**
 * Why a capability is granted.
 *
 * - `proven`: re-runs do not work without it
 * - `evidence`: it decided something in a trace
 * - `untested`: nothing shows a need: a program only put it into a set, or a user named it
 */
export type Basis = (typeof BASES)[number];
export const BASES = ["proven", "evidence", "untested"] as const;

/** One capability of a configuration. */
export interface GrantedCapability {
  /** Lower case without prefix; unknown numbers as `cap_41`. */
  readonly capability: string;
  readonly basis: Basis;
  /** What the basis is, in a few words: "asked for in bind, setsockopt". */
  readonly reason: string;
}

export const CONFIGURATION_SCHEMA_VERSION = 1;

/** Where the granted set comes from. */
export type ConfigurationSource =
  | {
      readonly kind: "profile";
      /** When and where its runs were made; of the first run. */
      readonly time: string;
      readonly host: { readonly name: string; readonly kernel: string };
      readonly runs: number;
    }
  | { readonly kind: "unit"; readonly unit: string }
  | { readonly kind: "list" };

/** What one target's generator wrote, and what to know of it. */
export interface Configuration {
  readonly target: HardenTarget;
  readonly title: string;
  /** Where it belongs; null where only the user knows. */
  readonly place: string | null;
  /** What begins a comment in it. */
  readonly comment: "#" | "//";
  readonly source: ConfigurationSource;
  readonly capabilities: readonly GrantedCapability[];
  readonly coverage: ConfigurationCoverage;
  /** What to know before it is used; one sentence or two each. */
  readonly notes: readonly string[];
  /** The configuration itself, without the header that says all of this. */
  readonly lines: readonly string[];
}

export interface ConfigurationCoverage {
  /** False when checks or programs were lost; true also for a set that was not observed at all. */
  readonly complete: boolean;
  /** What makes it less than it seems: losses, a short time, a start that was not seen. */
  readonly gaps: readonly string[];
}

/** The same as a document: schemas/configuration.schema.json. */
export interface ConfigurationReport {
  readonly schemaVersion: typeof CONFIGURATION_SCHEMA_VERSION;
  readonly kind: "configuration";
  readonly tool: { readonly name: "capscope"; readonly version: string };
  /** Where it was written. */
  readonly host: { readonly name: string; readonly kernel: string };
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly target: HardenTarget;
  readonly title: string;
  readonly place: string | null;
  readonly source: ConfigurationSource;
  readonly capabilities: readonly GrantedCapability[];
  readonly notes: readonly string[];
  /** The whole file, with the header. */
  readonly text: string;
  readonly coverage: ConfigurationCoverage;
}
