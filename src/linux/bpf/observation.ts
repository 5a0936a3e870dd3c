// SPDX-License-Identifier: Apache-2.0

/** Way into the kernel's cap_capable(), best first. */
export type WayIn = (typeof WAYS_IN)[number];
/** The best first. */
export const WAYS_IN = ["tp_btf", "fexit", "kprobe"] as const;

/** Whose tasks are followed. A tree starts at the processes that `follow` is called with. */
export type FollowScope =
  | { readonly kind: "tree" }
  /** With `child`, only the group of that name in it, which may not be there yet. */
  | { readonly kind: "cgroup"; readonly group: ControlGroup; readonly child?: string }
  | { readonly kind: "everything" };

/** A control group as the kernel knows it; with those below it. */
export interface ControlGroup {
  /** The v2 hierarchy, or the v1 hierarchy of a controller: "pids", "memory" ... */
  readonly hierarchy: string;
  /** Inode number of its directory. */
  readonly id: bigint;
}

/**
 * - `exec`: its exec was seen
 * - `attached`: it ran already when it was first seen
 * - `held`: what a process does before its first exec as part of what is followed: a command's
 *   launcher, the service manager's child. Its checks are not the program's.
 */
export type ImageOrigin = "exec" | "attached" | "held";

/** One program of one process: from its exec to the next one or to its exit. */
export interface ImageRecord {
  readonly id: number;
  readonly origin: ImageOrigin;
  /** Of the initial PID namespace. */
  readonly pid: number;
  readonly parentPid: number;
  /** Nanoseconds of the boot clock. */
  readonly startNs: number;
  /** 0 while it runs. */
  readonly endNs: number;
  readonly comm: string;
  /** Path as it was executed, or as /proc tells; null where that is not known. */
  readonly exe: string | null;
  /** As many arguments as fit into the record; null where they could not be read. */
  readonly argv: readonly string[] | null;
  readonly exitCode: number | null;
  readonly exitSignal: number | null;
}

/** Checks that are alike, counted in the kernel. */
export interface CheckRecord {
  readonly image: number;
  /** Id of a CredentialsRecord; null where none was kept. */
  readonly credentials: number | null;
  readonly capability: number;
  readonly granted: boolean;
  /** Number in the native ABI; null outside a system call (page fault, kernel thread). */
  readonly syscall: number | null;
  /** Inode number of the user namespace for which the capability was asked. */
  readonly targetNamespace: number;
  /** The task's own user namespace is the target, and it is not the initial one. */
  readonly ownNamespace: boolean;
  /** The target, or a namespace above it, is a child of the task's own and made by its user. */
  readonly ownsNamespace: boolean;
  /** The checked credentials are not the task's own: those of a mounter, of an opener ... */
  readonly borrowedCredentials: boolean;
  /**
   * The arguments of the system call say that the answer changes nothing: an id that the task has
   * already, a mode without the bit that could be taken away.
   */
  readonly moot: boolean;
  /** The check was made with CAP_OPT_NOAUDIT; null where the way in does not show it. */
  readonly silent: boolean | null;
  readonly count: number;
  readonly firstNs: number;
  readonly lastNs: number;
  /** Kernel functions, innermost first, each with the number of samples; empty without symbols. */
  readonly stacks: readonly { readonly frames: readonly string[]; readonly samples: number }[];
  /** The program's own functions that led there. */
  readonly userStacks: readonly UserStack[];
}

/** Return addresses of a program, innermost first. */
export interface UserStack {
  readonly frames: readonly UserFrame[];
  readonly samples: number;
}

/** A place in a file that the kernel identified, or an address where it knew no file. */
export type UserFrame =
  | { readonly kind: "file"; readonly buildId: string; readonly offset: bigint }
  | { readonly kind: "address"; readonly address: bigint };

/** Credentials that a process of an image was seen with. Sets are masks. */
export interface CredentialsRecord {
  readonly id: number;
  readonly image: number;
  /** What the process had before; null where nothing was seen before. */
  readonly previous: number | null;
  readonly uid: number;
  readonly effectiveUid: number;
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly inheritable: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
  readonly securebits: number;
  readonly noNewPrivileges: boolean;
  readonly firstNs: number;
}

/** System calls with checks that ended alike. */
export interface OutcomeRecord {
  readonly image: number;
  readonly syscall: number;
  /** What was denied in them, as a mask. */
  readonly denied: bigint;
  /** What was granted in them, as a mask; only where they failed with EPERM or EACCES. */
  readonly granted: bigint;
  /** errno; 0 for success. May be one of the kernel's own, such as 512 (ERESTARTSYS). */
  readonly errno: number;
  readonly count: number;
}

/**
 * What was lost in the kernel, at most: where it leaves out programs it does not tell for whom. All zero
 * in a complete trace.
 */
export interface LostCounters {
  readonly checks: number;
  readonly stacks: number;
  readonly images: number;
}

/** An image, and when its process was made, which may have run other programs before. */
export interface FedImage extends ImageRecord {
  /** Nanoseconds of the boot clock; 0 where it is not known. */
  readonly taskStartNs: number;
}

/** Checks that are alike, as far as there are more of them than at the last reading. */
export interface CheckChange {
  /** Names what is counted together, in all readings. */
  readonly row: number;
  /** Null where there was no room for it. */
  readonly image: FedImage | null;
  /** All that were ever counted; without user stacks. */
  readonly check: CheckRecord;
  readonly added: number;
  /** Stacks are there that were not before; only then does `check` have any, and has all. */
  readonly hasNewStacks: boolean;
}

export interface FeedReading {
  readonly changes: readonly CheckChange[];
  /** Ids of images that ended: nothing will be heard of them again. */
  readonly forgotten: readonly number[];
}

/** A trace read by what changed. It keeps the kernel's maps small, however long it goes on. */
export interface CheckFeed {
  /**
   * What was counted since the last reading; `nowNs` is of the boot clock. A check shows up at
   * the second reading after it was made, at the latest. Images are kept for a second after their
   * end; then they are gone from the tracer's other readings too.
   */
  read(nowNs: number): FeedReading;
}

/** A running trace. Reading does not stop it; disposing of it leaves nothing in the kernel. */
export interface CapabilityTracer extends Disposable {
  readonly wayIn: WayIn;
  /**
   * Follows a process that exists, with all that it will start: one that waits for its exec, or
   * one that runs. Throws a SystemError when it ended.
   */
  follow(pid: number, origin: "held" | "attached"): void;
  /** Processes of images that came since the last call; of very many, the latest. */
  takeNewPids(): readonly number[];
  /** True while a followed task is alive. */
  hasLiveTasks(): boolean;
  /** Sends a signal to every followed process that is seen from here; returns to how many. */
  signalFollowed(signal: number): number;
  readImages(): readonly ImageRecord[];
  readChecks(): readonly CheckRecord[];
  readCredentials(): readonly CredentialsRecord[];
  readOutcomes(): readonly OutcomeRecord[];
  /** Whether the ends of system calls with denied checks are seen. */
  readonly seesOutcomes: boolean;
  readLost(): LostCounters;
  /** For a trace that goes on for long. There is one for each tracer. */
  openFeed(): CheckFeed;
}
