// SPDX-License-Identifier: Apache-2.0
import { arch, availableParallelism } from "node:os";
import { openScanMemory } from "../ffi/scan-memory.ts";
import type { FileHit, ScanFailure, ScanResult } from "./messages.ts";
import { MountNode } from "./mount-tree.ts";
import { SCAN_MEMORY_SIZE, Scanner } from "./scan.ts";
import { openWalkThreads, type WalkThreads } from "./walk-threads.ts";

export interface WalkOptions {
  /** Absolute paths of directories, without symbolic links; none inside another. */
  readonly roots: readonly string[];
  /** Mount points that are not entered. */
  readonly skipped: readonly string[];
  /** Called now and then. */
  readonly onProgress: (files: number) => void;
}

/** What a walk found. */
export interface Walk {
  /** Regular files with set-id bits or capabilities, in no order. */
  readonly hits: readonly FileHit[];
  readonly failures: readonly ScanFailure[];
  readonly files: number;
  readonly directories: number;
}

/** Entries until which a second thread costs more than it helps. */
const ALONE_MAX = 1500;
const OWN_BUDGET = 3000;
const THREAD_BUDGET = 12_000;
const THREADS_MAX = 3;

/**
 * Walks trees of files, in as many threads as there are processors to run them once it turns out to
 * be long. Throws UnsupportedError when the C library cannot be called.
 */
export async function walkFiles(options: WalkOptions): Promise<Walk> {
  const mounts = new MountNode();
  for (const path of options.skipped) mounts.skip(path);
  using memory = await openScanMemory(SCAN_MEMORY_SIZE, arch());
  const scanner = new Scanner(memory);
  const total = new Total(options.roots);
  let threads: WalkThreads | null = null;
  try {
    while (total.pending.length > 0 || (threads?.busy ?? 0) > 0) {
      if (threads === null && total.entries > ALONE_MAX && availableParallelism() > 1) {
        threads = openThreads(options.skipped, total);
      }
      feed(threads, total.pending);
      const directories = total.take(1, OWN_SHARE);
      if (directories.length === 0) await threads?.next();
      else total.add(scanner.scan({ directories, budget: OWN_BUDGET, mounts }));
      // Lets the answers of the threads in.
      if (threads !== null) await new Promise((resolve) => setImmediate(resolve));
      options.onProgress(total.files);
    }
  } finally {
    threads?.[Symbol.dispose]();
  }
  return total;
}

const OWN_SHARE = 64;

function openThreads(skipped: readonly string[], total: Total): WalkThreads {
  const count = Math.min(availableParallelism() - 1, THREADS_MAX);
  return openWalkThreads(count, { skipped }, (result) => total.add(result));
}

/** Gives each thread what it can do while the others work too, and one batch in advance. */
function feed(threads: WalkThreads | null, pending: string[]): void {
  if (threads === null) return;
  while (pending.length > 0 && threads.wants()) {
    const share = Math.max(1, Math.ceil(pending.length / (threads.count * 2 + 1)));
    const directories = pending.splice(0, Math.min(share, 512));
    threads.give({ directories, budget: THREAD_BUDGET });
  }
}

class Total implements Walk {
  readonly hits: FileHit[] = [];
  readonly failures: ScanFailure[] = [];
  files = 0;
  directories = 0;
  entries = 0;
  readonly pending: string[];

  constructor(roots: readonly string[]) {
    this.pending = [...roots];
  }

  add(result: ScanResult): void {
    for (const hit of result.hits) this.hits.push(hit);
    for (const failure of result.failures) this.failures.push(failure);
    for (const path of result.rest) this.pending.push(path);
    this.files += result.files;
    this.directories += result.directories;
    this.entries += result.entries;
  }

  /** Takes from the end, where what was found last is. */
  take(minimum: number, maximum: number): readonly string[] {
    const share = Math.min(maximum, Math.max(minimum, this.pending.length >> 2));
    return this.pending.splice(Math.max(0, this.pending.length - share));
  }
}
