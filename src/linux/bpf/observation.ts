// SPDX-License-Identifier: Apache-2.0

/** Way into the kernel's cap_capable(), best first. */
export type WayIn = "tp_btf" | "fexit" | "kprobe";

/** Whose tasks are followed. A tree starts at a process that is already there, before its exec. */
export type FollowScope = { readonly kind: "tree" } | { readonly kind: "everything" };

/**
 * One program of one process: from its exec to the next one or to its exit. What a process does
 * before its first exec in the tree is an image of its own, with `exe` null.
 */
export interface ImageRecord {
  readonly id: number;
  readonly pid: number;
  readonly parentPid: number;
  /** Nanoseconds of the boot clock. */
  readonly startNs: number;
  /** 0 while it runs. */
  readonly endNs: number;
  readonly comm: string;
  /** Path as it was executed; null where no exec was seen. */
  readonly exe: string | null;
  /** As many arguments as fit into the record; null where they could not be read. */
  readonly argv: readonly string[] | null;
  readonly exitCode: number | null;
  readonly exitSignal: number | null;
}

/** Checks that are alike, counted in the kernel. */
export interface CheckRecord {
  readonly image: number;
  readonly capability: number;
  readonly granted: boolean;
  /** Number in the native ABI; null outside a system call (page fault, kernel thread). */
  readonly syscall: number | null;
  /** Inode number of the user namespace for which the capability was asked. */
  readonly targetNamespace: number;
  /** The task's own user namespace is the target, and it is not the initial one. */
  readonly ownNamespace: boolean;
  /** The checked credentials are not the task's own: those of a mounter, of an opener ... */
  readonly borrowedCredentials: boolean;
  /** The check was made with CAP_OPT_NOAUDIT; null where the way in does not show it. */
  readonly silent: boolean | null;
  readonly count: number;
  readonly firstNs: number;
  readonly lastNs: number;
  /** Kernel functions, innermost first, each with the number of samples; empty without symbols. */
  readonly stacks: readonly { readonly frames: readonly string[]; readonly samples: number }[];
}

/** What was lost in the kernel. All zero in a complete trace. */
export interface LostCounters {
  readonly checks: number;
  readonly stacks: number;
  readonly images: number;
}

/** A running trace. Reading does not stop it; disposing of it leaves nothing in the kernel. */
export interface CapabilityTracer extends Disposable {
  readonly wayIn: WayIn;
  /** Follows a process that exists, with all that it will start. Throws when it ended. */
  follow(pid: number): void;
  /** True while a followed task is alive. */
  hasLiveTasks(): boolean;
  readImages(): readonly ImageRecord[];
  readChecks(): readonly CheckRecord[];
  readLost(): LostCounters;
}
