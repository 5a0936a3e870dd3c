// SPDX-License-Identifier: Apache-2.0
import type { CapabilityTracer } from "../../linux/bpf/observation.ts";
import type { Libc } from "../../linux/ffi/libc.ts";
import { exitStatus, type GatedCommand } from "../../linux/gated-command.ts";
import { runHealthCommand } from "../../linux/health-command.ts";
import type { ReadinessWatch } from "../../linux/readiness.ts";
import type { Observer } from "../observer.ts";
import { startLimit, wait } from "../time-limit.ts";
import { POLL_MS } from "./waiting.ts";
import type { TrialOptions, TrialPlan } from "./trial.ts";

/**
 * How a run of the command came to its end.
 *
 * - `ended`: by itself
 * - `served`: a daemon got ready, and lived until it was stopped
 * - `ended-early`: a daemon ended before that
 * - `not-ready`, `timed-out`: it was ended at the limit
 * - `not-executed`: no program ran
 * - `interrupted`: nothing can be said
 */
export type TrialEndKind = (typeof TRIAL_ENDS)[number];
export const TRIAL_ENDS = [
  "ended",
  "served",
  "ended-early",
  "not-ready",
  "timed-out",
  "not-executed",
  "interrupted",
] as const;

export interface TrialEnd {
  readonly kind: TrialEndKind;
  /** As shells have it, 128 + N for signal N; null while it ran. */
  readonly status: number | null;
  /** Of the check; null where it was not run. */
  readonly check: number | null;
}

/** A run that is under way. */
export interface Attended {
  readonly plan: TrialPlan;
  readonly options: TrialOptions;
  readonly libc: Libc;
  readonly watch: ReadinessWatch | null;
  readonly tracer: CapabilityTracer;
  readonly observer: Observer;
  readonly command: GatedCommand;
}

const SETTLE_MS = 100;
const STATUS_LIMIT_MS = 1000;

/** Waits for the command, or until it is ready, and checks what it does; it may live on then. */
export async function attend(attended: Attended): Promise<TrialEnd> {
  const { observer, command, watch, options } = attended;
  const looking = setInterval(() => observer.look(), POLL_MS);
  let status: number | null = null;
  void command.ended.then((end) => {
    status = exitStatus(end);
  });
  try {
    const statusNow = (): number | null => status;
    const end = await (watch === null
      ? awaitEnd(attended, statusNow)
      : awaitService(attended, watch, statusNow));
    return options.signal.aborted ? { ...end, kind: "interrupted" } : end;
  } finally {
    clearInterval(looking);
  }
}

async function awaitEnd(attended: Attended, status: () => number | null): Promise<TrialEnd> {
  const { command, options } = attended;
  const limit = startLimit(options.limitMs);
  while (status() === null && !limit.isReached() && !options.signal.aborted) {
    await Promise.race([command.ended, wait(POLL_MS)]);
  }
  limit.stop();
  if (status() === null) return { kind: "timed-out", status: null, check: null };
  return { kind: "ended", status: status(), check: await check(attended) };
}

/** A daemon may go into the background: its first process then ends with status 0. */
async function awaitService(
  attended: Attended,
  watch: ReadinessWatch,
  status: () => number | null,
): Promise<TrialEnd> {
  const { tracer, options, command } = attended;
  const isAlive = (): boolean => (status() ?? 0) === 0 && tracer.hasLiveTasks();
  const deadline = performance.now() + options.limitMs;
  while (!(await watch.isReady())) {
    if (!isAlive()) return endEarly(command, status, null);
    if (performance.now() >= deadline || options.signal.aborted) {
      return { kind: "not-ready", status: status(), check: null };
    }
    await wait(POLL_MS);
  }
  const checked = await check(attended);
  // One that fails right after it was ready would pass for one that serves.
  if (checked === null) await wait(SETTLE_MS);
  if (!isAlive()) return endEarly(command, status, checked);
  return { kind: "served", status: status(), check: checked };
}

/** That it has ended may be known a moment before its status is. */
async function endEarly(
  { ended }: GatedCommand,
  status: () => number | null,
  checked: number | null,
): Promise<TrialEnd> {
  await Promise.race([ended, wait(STATUS_LIMIT_MS)]);
  return { kind: "ended-early", status: status(), check: checked };
}

async function check({ plan, options, libc, command }: Attended): Promise<number | null> {
  if (plan.check === null || options.signal.aborted) return null;
  const environment = { ...plan.environment, CAPSCOPE_PID: String(command.pid) };
  const { limitMs, signal } = options;
  return runHealthCommand(libc, plan.check, { environment, limitMs, signal });
}
