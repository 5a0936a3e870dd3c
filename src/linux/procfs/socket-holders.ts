// SPDX-License-Identifier: Apache-2.0
import { readdirSync, statSync } from "node:fs";
import type { Libc } from "../ffi/libc.ts";
import { type DescriptorReader, descriptorReader } from "./descriptors.ts";
import { failureOf, readText } from "./read-text.ts";

/** A descriptor that refers to a socket. */
export interface SocketHolder {
  readonly pid: number;
  /** The thread in whose table it is, when that is not the process's own. */
  readonly tid: number | null;
  readonly fd: number;
}

/** Who holds which socket, in one walk over /proc. */
export interface HolderScan {
  /** By inode number; only the wanted ones. A process that holds a socket twice is there once. */
  readonly holders: ReadonlyMap<number, readonly SocketHolder[]>;
  /** The same for every other socket that was met and is not in `ignored`. */
  readonly others: ReadonlyMap<number, readonly SocketHolder[]>;
  readonly pids: readonly number[];
  /** Processes (kernel threads left out) whose descriptors could not be read. */
  readonly unreadable: readonly number[];
}

const PF_KTHREAD = 0x00200000;

/** Process ids that this /proc shows; none when /proc is not there or cannot be read. */
export function readPids(): readonly number[] {
  try {
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => Number.isInteger(pid));
  } catch (error) {
    failureOf(error);
    return [];
  }
}

/**
 * Finds the holders of the `wanted` socket inodes; of all other sockets too, but for those in
 * `ignored`, unless that is null.
 */
export function readSocketHolders(
  libc: Libc | null,
  wanted: ReadonlySet<number>,
  ignored: ReadonlySet<number> | null,
): HolderScan {
  const scan = new Scan(descriptorReader(libc), wanted, ignored);
  const pids = readPids();
  for (const pid of pids) scan.readProcess(pid);
  if (scan.holders.size < wanted.size) {
    // A descriptor may have been handed to a process that was not there when /proc was listed.
    const known = new Set(pids);
    for (const pid of readPids()) if (!known.has(pid)) scan.readProcess(pid);
    scan.readThreads(libc, pids);
  }
  return {
    holders: scan.holders,
    others: scan.others,
    pids,
    unreadable: scan.unreadable.filter((pid) => !isKernelThread(pid)),
  };
}

/** True for kernel threads, whose descriptor table is always empty. False when it cannot be told. */
export function isKernelThread(pid: number): boolean {
  const stat = readText(`/proc/${pid}/stat`);
  return stat.kind === "text" && isKernelThreadFlags(parseStat(stat.text).flags);
}

/** The same by the flags of /proc/PID/stat. */
export function isKernelThreadFlags(flags: number): boolean {
  return (flags & PF_KTHREAD) !== 0;
}

/** The fields of /proc/PID/stat that are nowhere else (man 5 proc_pid_stat). */
export function parseStat(text: string): { readonly flags: number; readonly startTime: number } {
  // The name may hold blanks and brackets; nothing after its last ")" can.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { flags: Number(fields[6]), startTime: Number(fields[19]) };
}

class Scan {
  readonly holders = new Map<number, SocketHolder[]>();
  readonly others = new Map<number, SocketHolder[]>();
  readonly unreadable: number[] = [];
  readonly #readDescriptors: DescriptorReader;
  readonly #wanted: ReadonlySet<number>;
  readonly #ignored: ReadonlySet<number> | null;

  constructor(
    readDescriptors: DescriptorReader,
    wanted: ReadonlySet<number>,
    ignored: ReadonlySet<number> | null,
  ) {
    this.#readDescriptors = readDescriptors;
    this.#wanted = wanted;
    this.#ignored = ignored;
  }

  readProcess(pid: number): void {
    const outcome = this.#readDescriptors(`/proc/${pid}/fd`, (inode, fd) => {
      this.#add(inode, pid, null, fd);
    });
    if (outcome === "denied") this.unreadable.push(pid);
  }

  /**
   * Looks for what is still missing in tables that only threads have: of a process whose leader
   * exited, and of threads that called unshare(CLONE_FILES).
   */
  readThreads(libc: Libc | null, pids: readonly number[]): void {
    for (const pid of pids) {
      if (threadCount(pid) < 2) continue;
      for (const tid of threadsOf(pid)) {
        if (tid === pid || libc?.compareDescriptorTables(pid, tid) === 0) continue;
        this.#readDescriptors(`/proc/${pid}/task/${tid}/fd`, (inode, fd) => {
          const known = this.holders.get(inode);
          if (known?.some((holder) => holder.pid === pid) !== true) this.#add(inode, pid, tid, fd);
        });
      }
    }
  }

  #add(inode: number, pid: number, tid: number | null, fd: number): void {
    let found = this.holders;
    if (!this.#wanted.has(inode)) {
      if (this.#ignored === null || this.#ignored.has(inode)) return;
      found = this.others;
    }
    const known = found.get(inode);
    if (known === undefined) found.set(inode, [{ pid, tid, fd }]);
    else if (known[known.length - 1]?.pid !== pid) known.push({ pid, tid, fd });
  }
}

/** Threads of a process without reading the directory: its link count is 2 and one for each. */
function threadCount(pid: number): number {
  try {
    return statSync(`/proc/${pid}/task`).nlink - 2;
  } catch (error) {
    failureOf(error);
    return 0;
  }
}

function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch (error) {
    failureOf(error);
    return [];
  }
}
