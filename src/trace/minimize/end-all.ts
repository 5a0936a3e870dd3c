// SPDX-License-Identifier: Apache-2.0
import { SystemError } from "../../errors.ts";
import type { CapabilityTracer } from "../../linux/bpf/observation.ts";
import type { GatedCommand } from "../../linux/gated-command.ts";
import { isSoWithin } from "./waiting.ts";

const SIGKILL = 9;
const SIGTERM = 15;

/** What a command leaves behind may end by itself, and then when it is asked to. */
const PATIENCE_MS = 1000;
/** For a daemon that was asked to end. */
const STOP_MS = 5000;
/** For one that was killed: the kernel has to let go of what it was doing. */
const KILL_MS = 5000;
const KILL_AGAIN_MS = 50;

export interface EndingOptions {
  readonly isDaemon: boolean;
  /** Its first process has ended. */
  readonly hasEnded: boolean;
  /** Nobody waits for it to end by itself. */
  readonly isHurried: boolean;
}

/**
 * Ends a command with all that it started, wherever that went: everything that is followed. Returns
 * whether anything outlived the command. Throws a SystemError when something cannot be ended.
 */
export async function endAll(
  tracer: CapabilityTracer,
  command: GatedCommand,
  how: EndingOptions,
): Promise<boolean> {
  const isOver = (): boolean => !tracer.hasLiveTasks();
  if (!how.isHurried && (await endKindly(tracer, command, how))) return false;
  const isLeft = !isOver();
  for (const deadline = performance.now() + KILL_MS; !isOver();) {
    tracer.signalFollowed(SIGKILL);
    if (await isSoWithin(isOver, KILL_AGAIN_MS)) break;
    if (performance.now() >= deadline) {
      throw new SystemError("ending what the command left behind", "ETIMEDOUT");
    }
  }
  return isLeft;
}

/** True when nothing had to be made to end but a daemon. */
async function endKindly(
  tracer: CapabilityTracer,
  command: GatedCommand,
  { isDaemon, hasEnded }: EndingOptions,
): Promise<boolean> {
  const isOver = (): boolean => !tracer.hasLiveTasks();
  if (!isDaemon) {
    if (await isSoWithin(isOver, PATIENCE_MS)) return true;
    tracer.signalFollowed(SIGTERM);
    await isSoWithin(isOver, PATIENCE_MS);
    return false;
  }
  // One that went into the background has no first process to tell the others.
  if (hasEnded) tracer.signalFollowed(SIGTERM);
  else command.terminate();
  return isSoWithin(isOver, STOP_MS);
}
