// SPDX-License-Identifier: Apache-2.0
import { arch } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { openScanMemory } from "../ffi/scan-memory.ts";
import { MountNode } from "./mount-tree.ts";
import { SCAN_MEMORY_SIZE, Scanner } from "./scan.ts";

/** What a walk gives to each of its threads. */
export interface WalkWorkerData {
  /** Mount points that are not entered. */
  readonly skipped: readonly string[];
}

/** One batch for a thread; its answer is a `ScanResult`. */
export interface WalkWorkerBatch {
  readonly directories: readonly string[];
  readonly budget: number;
}

/** A thread of a walk: scans what it is given, until its parent ends it. */
async function serve(): Promise<void> {
  const { skipped } = workerData as WalkWorkerData;
  const mounts = new MountNode();
  for (const path of skipped) mounts.skip(path);
  const scanner = new Scanner(await openScanMemory(SCAN_MEMORY_SIZE, arch()));
  parentPort?.on("message", ({ directories, budget }: WalkWorkerBatch) => {
    parentPort?.postMessage(scanner.scan({ directories, budget, mounts }), []);
  });
}

await serve();
