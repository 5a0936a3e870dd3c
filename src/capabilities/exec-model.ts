// SPDX-License-Identifier: Apache-2.0
import type { TaskCredentials } from "./credentials.ts";
import type { FileCapabilities } from "./file-capabilities.ts";
import { CAPABILITY_NAMES } from "./names.ts";
import type { CapabilitySet } from "./set.ts";

/** The file that execve(2) loads: for a script, its interpreter. */
export interface ExecutedFile {
  /** As stat(2) shows them in the initial user namespace: through the mount, in its ids. */
  readonly uid: number;
  readonly gid: number;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  /** `rootUid` is an id of the initial user namespace; null stands for 0 there. */
  readonly capabilities: FileCapabilities | "malformed" | null;
  /** The mount is nosuid, or of another mount namespace than the task's. */
  readonly nosuid: boolean;
  /** The file system belongs to the task's user namespace or an ancestor: so mostly. */
  readonly ownedByAncestor: boolean;
}

export interface ExecConditions {
  /**
   * Who traces the task, if anybody: when it attached, it had CAP_SYS_PTRACE over the task's user
   * namespace, or not. After PTRACE_TRACEME the task's own capabilities of that moment count.
   */
  readonly tracer: "none" | "capable" | "incapable";
  /** Another process shares its root and working directory: clone(2) with CLONE_FS. */
  readonly sharesFileSystem: boolean;
  /** /proc/sys/kernel/cap_last_cap */
  readonly lastCapability: number;
  /** See `identityRuleOf()`. */
  readonly identityRule: IdentityRule;
}

/** What counts as a change of identity: `effective` since Linux 6.16, `real` before. */
export type IdentityRule = "effective" | "real";

export const PLAIN_EXEC: ExecConditions = {
  tracer: "none",
  sharesFileSystem: false,
  lastCapability: CAPABILITY_NAMES.length - 1,
  identityRule: "effective",
};

/** Which rule decided; in the order in which the kernel comes to them. */
export type ExecNote =
  | "setid-ignored-nosuid"
  | "setid-ignored-no-new-privs"
  | "setid-ignored-unmapped"
  | "file-capabilities-ignored-nosuid"
  | "file-capabilities-ignored-other-root"
  | "file-capabilities-win-over-setuid-root"
  | "root"
  | "privileges-not-gained"
  | "ambient-cleared";

export type ExecResult =
  /**
   * EPERM: the file asks for more than the bounding set leaves, and has the effective bit. EINVAL:
   * the attribute is none that the kernel knows.
   */
  | {
      readonly kind: "refused";
      readonly error: "EPERM" | "EINVAL";
      readonly missing: CapabilitySet;
    }
  | {
      readonly kind: "executed";
      readonly credentials: TaskCredentials;
      /** AT_SECURE: the dynamic loader ignores LD_PRELOAD and the like. */
      readonly secure: boolean;
      readonly notes: readonly ExecNote[];
    };

/** The rule of a kernel by its release, such as `6.12.43+deb12-amd64`. */
export function identityRuleOf(release: string): IdentityRule {
  const [, major = "0", minor = "0"] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return Number(major) > 6 || (Number(major) === 6 && Number(minor) >= 16) ? "effective" : "real";
}
