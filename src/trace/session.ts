// SPDX-License-Identifier: Apache-2.0
import type { CapabilityTracer } from "../linux/bpf/observation.ts";
import { openCapabilityTracer } from "../linux/bpf/capability-tracer.ts";
import { type CommandEnd, type GatedCommand, startGatedCommand } from "../linux/gated-command.ts";
import { openLibc } from "../linux/ffi/libc.ts";
import { readHost } from "../linux/procfs/machine.ts";
import { buildProfile } from "./profile.ts";
import type { Profile } from "./model.ts";

export interface TraceOptions {
  readonly argv: readonly string[];
  /** When the trace is made. */
  readonly time: Date;
  /**
   * Aborted, it ends the trace of what still runs after the command itself ended; with the reason
   * "SIGTERM" the command gets that signal.
   */
  readonly signal: AbortSignal;
  /** The trace ends after so long, whatever still runs; null for no limit. */
  readonly durationMs: number | null;
}

export interface TraceResult {
  readonly profile: Profile;
  /** How the command itself ended; null when it still runs. */
  readonly end: CommandEnd | null;
}

/** How often to look whether something that the command started still runs. */
const POLL_MS = 20;

/**
 * Runs a command, follows it and all that it starts until the last of them is gone, and makes a
 * profile of the capabilities that were asked for. Throws UnsupportedError when this kernel or
 * these privileges allow no way in; the command has not run then.
 */
export async function traceCommand(options: TraceOptions): Promise<TraceResult> {
  const libc = await openLibc();
  using tracer = await openCapabilityTracer({ scope: { kind: "tree" } });
  const command = await startGatedCommand(options.argv);
  follow(tracer, command);
  const beganNs = libc.readBootClock();
  command.open();
  const end = await waitForAll(tracer, command, options);
  const endedNs = libc.readBootClock();
  const lost = tracer.readLost();
  const profile = buildProfile({
    argv: options.argv,
    host: readHost(),
    time: options.time,
    wayIn: tracer.wayIn,
    beganNs,
    endedNs,
    images: tracer.readImages(),
    checks: tracer.readChecks(),
    lost,
    gaps: tracer.hasLiveTasks() ? ["processes of the command still run"] : [],
  });
  return { profile, end };
}

function follow(tracer: CapabilityTracer, command: GatedCommand): void {
  try {
    tracer.follow(command.pid);
  } catch (error) {
    command.abandon();
    throw error;
  }
}

/** Waits for the command, then for what it left behind; gives up at the limit or on request. */
async function waitForAll(
  tracer: CapabilityTracer,
  command: GatedCommand,
  { signal, durationMs }: TraceOptions,
): Promise<CommandEnd | null> {
  const limit = startLimit(durationMs);
  // Interrupted from the terminal, the command has the signal too: it decides when it ends.
  signal.addEventListener("abort", () => {
    if (signal.reason === "SIGTERM") command.terminate();
  });
  const end = await Promise.race([command.ended, limit.reached]);
  while (!limit.isReached() && !signal.aborted && tracer.hasLiveTasks()) await wait(POLL_MS);
  limit.stop();
  if (end === null) command.detach();
  return end;
}

interface Limit {
  readonly reached: Promise<null>;
  readonly isReached: () => boolean;
  readonly stop: () => void;
}

function startLimit(durationMs: number | null): Limit {
  if (durationMs === null) {
    return { reached: new Promise(() => undefined), isReached: () => false, stop: () => undefined };
  }
  const { promise, resolve } = withResolver();
  let isReached = false;
  const timer = setTimeout(() => {
    isReached = true;
    resolve();
  }, durationMs);
  return { reached: promise, isReached: () => isReached, stop: () => clearTimeout(timer) };
}

function withResolver(): { promise: Promise<null>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<null>((done) => {
    resolve = () => done(null);
  });
  return { promise, resolve };
}

function wait(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
