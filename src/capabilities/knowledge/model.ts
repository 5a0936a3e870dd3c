// SPDX-License-Identifier: Apache-2.0

/** A place where the kernel asks for the capability. */
export interface Gate {
  readonly kind: "syscall" | "file" | "socket" | "netlink" | "ioctl";
  /** System calls, files or requests, separated by commas. */
  readonly names: string;
  /** What the capability allows there. */
  readonly allows: string;
  /** File of the kernel's source in which it is asked for. */
  readonly source: string;
}

/** What an intruder makes of it who runs code in a process that holds it. */
export interface Abuse {
  readonly how: string;
  /** All of these have to hold. */
  readonly conditions: readonly string[];
  /** Who described it: a CVE, a publication, or the file of the kernel's source that shows it. */
  readonly source: string;
}

/** What does instead of it. */
export interface Alternative {
  readonly instead: string;
  /** For which purpose; empty for any. */
  readonly purpose: string;
  /** First kernel, or version of systemd, that has it; null where it always was there. */
  readonly since: string | null;
}

/**
 * - `always`: by itself the same as root, on an ordinary system
 * - `conditional`: the same as root where the condition holds, as it often does
 * - `never`: no way to root is known that does not need a flaw of something else
 */
export type RootLevel = "always" | "conditional" | "never";

export interface CapabilityKnowledge {
  readonly name: string;
  /** First kernel that has it. */
  readonly since: string;
  readonly summary: string;
  readonly gates: readonly Gate[];
  /**
   * Where it counts: `user-namespace` also for root of a child user namespace, as far as what it
   * owns goes; `initial` only in the initial one; `both` differs by the gate.
   */
  readonly scope: "initial" | "user-namespace" | "both";
  readonly abuses: readonly Abuse[];
  readonly root: {
    readonly level: RootLevel;
    readonly reason: string;
    /** Names without which it is none. */
    readonly beside?: readonly string[];
  };
  readonly alternatives: readonly Alternative[];
  readonly sources: readonly string[];
}

/** Sources that are named more than once. */
export const MANUAL = "man 7 capabilities";
export const SPENGLER =
  "Brad Spengler: False Boundaries and Arbitrary Code Execution, grsecurity forum, 2011";
