// SPDX-License-Identifier: Apache-2.0
import { Worker } from "node:worker_threads";
import { WALK_WORKER } from "./walk-worker-location.ts";
import type { ScanResult } from "./messages.ts";
import type { WalkWorkerBatch, WalkWorkerData } from "./walk-worker.ts";

/** Threads that scan directories beside the one that asks. */
export interface WalkThreads extends Disposable {
  readonly count: number;
  /** Batches that were given and are not answered. */
  readonly busy: number;
  /** True when some thread has no batch in advance. */
  wants(): boolean;
  give(batch: WalkWorkerBatch): void;
  /** Waits for an answer; rejects when a thread failed. */
  next(): Promise<void>;
}

/** Batches that a thread has at a time: while one is answered it works at the other. */
const IN_HAND = 2;

/** Starts threads; `onResult` is called for each answer. */
export function openWalkThreads(
  count: number,
  data: WalkWorkerData,
  onResult: (result: ScanResult) => void,
): WalkThreads {
  const threads = Array.from({ length: count }, () => ({
    worker: new Worker(WALK_WORKER, { workerData: data }),
    inHand: 0,
  }));
  let busy = 0;
  let failure: unknown = null;
  let wake = (): void => undefined;
  for (const thread of threads) {
    thread.worker.on("message", (result: ScanResult) => {
      thread.inHand--;
      busy--;
      onResult(result);
      wake();
    });
    thread.worker.on("error", (error) => {
      failure = error;
      wake();
    });
  }
  return {
    count,
    get busy() {
      return busy;
    },
    wants: () => threads.some(({ inHand }) => inHand < IN_HAND),
    give(batch) {
      const [thread] = threads.toSorted((one, other) => one.inHand - other.inHand);
      if (thread === undefined) return;
      thread.inHand++;
      busy++;
      thread.worker.postMessage(batch, []);
    },
    async next() {
      if (failure === null && busy > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (failure !== null) throw failure;
    },
    [Symbol.dispose]() {
      // They hold nothing that has to be waited for.
      for (const { worker } of threads) void worker.terminate();
    },
  };
}
