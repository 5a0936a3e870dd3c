// SPDX-License-Identifier: Apache-2.0
import { UnsupportedError } from "../../errors.ts";
import type { ReadinessWatch } from "../../linux/readiness.ts";
import { wait } from "../time-limit.ts";

export const POLL_MS = 20;

/** Asks every few milliseconds whether something is so; false when it is not in time. */
export async function isSoWithin(isSo: () => boolean, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!isSo()) {
    if (performance.now() >= deadline) return false;
    await wait(POLL_MS);
  }
  return true;
}

/** What ran before may take a moment to let go of a port. */
const ABSENCE_LIMIT_MS = 2000;
/** Each question is a connection, of which a server takes so many only. */
const ABSENCE_POLL_MS = 200;

/** Throws an UnsupportedError when somebody else answers where the command is awaited. */
export async function awaitAbsence(watch: ReadinessWatch): Promise<void> {
  const deadline = performance.now() + ABSENCE_LIMIT_MS;
  while (await watch.isReady()) {
    if (performance.now() >= deadline) {
      throw new UnsupportedError("the port answers before the command runs", {
        hint: "end what listens there: what it answers would count for the command",
      });
    }
    await wait(ABSENCE_POLL_MS);
  }
}
