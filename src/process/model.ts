// SPDX-License-Identifier: Apache-2.0

/** What reports say alike, as plain readonly data; null is "could not be checked". */

/** The four user (or group) ids of a task, as the reader's user namespace sees them. */
export interface Ids {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly filesystem: number;
}

/** Names in capability-number order, lower case without prefix; unknown numbers as `cap_41`. */
export interface CapabilitySets {
  readonly permitted: readonly string[];
  readonly effective: readonly string[];
  readonly inheritable: readonly string[];
  readonly bounding: readonly string[];
  readonly ambient: readonly string[];
}

/** What a task may do; a thread can differ from its leader in all of it. */
export interface Credentials {
  readonly uids: Ids;
  readonly gids: Ids;
  readonly capabilities: CapabilitySets;
  /** Judged by the permitted set: all that this kernel knows, some, or none. */
  readonly privilege: "full" | "partial" | "none";
}

export type SeccompMode = "disabled" | "strict" | "filter";

/** Threads with one set of credentials that is not the leader's. */
export interface DifferingThreads {
  readonly tids: readonly number[];
  readonly credentials: Credentials;
  readonly noNewPrivs: boolean | null;
  readonly seccomp: SeccompMode | null;
}

export interface Container {
  readonly runtime: "docker" | "podman" | "containerd" | "cri-o" | "lxc" | "systemd-nspawn" | null;
  readonly id: string;
}

/** Who manages a process, as its control group tells. */
export interface Management {
  readonly unit: string | null;
  /** uid of the user manager that runs `unit`; null for system units. */
  readonly userUnitOf: number | null;
  readonly slice: string | null;
  readonly container: Container | null;
  readonly podUid: string | null;
}

/** One thing that could not be seen. */
export interface Gap {
  /** Stable identifier such as "descriptors-unreadable". */
  readonly code: string;
  /** True when it may have left something out of the report; false for a note. */
  readonly incomplete: boolean;
  readonly count: number;
  readonly message: string;
  /** What to do to see it, or null when nothing helps. */
  readonly remedy: string | null;
}
