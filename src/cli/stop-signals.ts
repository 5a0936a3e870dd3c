// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:os";
import type { Inheritance } from "../linux/inheritance.ts";

const STOP_SIGNALS = ["SIGINT", "SIGHUP", "SIGTERM"] as const;

/**
 * Calls `stop` for each signal that asks this process to end; returns what takes that back. A
 * signal that is ignored, as by nohup(1) or in a shell's background job, stays so.
 */
export function onStopSignals(
  { ignoredSignals }: Inheritance,
  stop: (name: NodeJS.Signals) => void,
): () => void {
  const names = STOP_SIGNALS.filter((name) => !ignoredSignals.includes(constants.signals[name]));
  for (const name of names) process.on(name, stop);
  return () => {
    for (const name of names) process.off(name, stop);
  };
}
