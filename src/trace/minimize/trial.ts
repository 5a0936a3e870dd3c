// SPDX-License-Identifier: Apache-2.0
import type { CapabilitySet } from "../../capabilities/set.ts";
import { UnsupportedError } from "../../errors.ts";
import type { LaunchIds } from "../../linux/account.ts";
import type { CapabilityTracer } from "../../linux/bpf/observation.ts";
import { type Libc, openLibc } from "../../linux/ffi/libc.ts";
import { startGatedCommand } from "../../linux/gated-command.ts";
import { runHealthCommand } from "../../linux/health-command.ts";
import { isVariableName } from "../../linux/inheritance.ts";
import type { LaunchCredentials, LaunchOptions } from "../../linux/launch-options.ts";
import { type Readiness, type ReadinessWatch, watchReadiness } from "../../linux/readiness.ts";
import { openStreams } from "../../linux/standard-streams.ts";
import type { Run } from "../model.ts";
import { observe } from "../observer.ts";
import { commandSubject } from "../session.ts";
import { attend, type Attended, type TrialEnd } from "./attend.ts";
import { endAll } from "./end-all.ts";
import { awaitAbsence } from "./waiting.ts";

/** A command that is run again and again, and what shows that it works. */
export interface TrialPlan {
  readonly argv: readonly string[];
  /** Of an unprivileged user, who gets ambient capabilities; null for root. */
  readonly user: LaunchIds | null;
  /** Of this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of a daemon; null for a command that ends by itself. */
  readonly readiness: Readiness | null;
  /** Lines of shell, run with this process's privileges: against the command, and before each run. */
  readonly check: string | null;
  readonly prepare: string | null;
}

export interface TrialOptions {
  readonly set: CapabilitySet;
  readonly showsOutput: boolean;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly runId: string;
  readonly time: Date;
}

/** One run of the command. */
export interface Trial {
  readonly end: TrialEnd;
  readonly run: Run;
}

/**
 * Runs the command once with these capabilities, in a session of its own, traced, and ends all that
 * it started. The set is enforced as where the command is deployed: as root, the bounding set alone
 * limits what each exec gives; a user gets the set as ambient capabilities, and no exec more.
 */
export async function runTrial(
  plan: TrialPlan,
  options: TrialOptions,
  openTracer: () => Promise<CapabilityTracer>,
): Promise<Trial> {
  const libc = await openLibc();
  await prepare(plan, options, libc);
  using watch = plan.readiness === null ? null : watchReadiness(plan.readiness, libc);
  if (plan.readiness?.kind === "port" && watch !== null) await awaitAbsence(watch);
  using tracer = await openTracer();
  using opened = openStreams(options.showsOutput);
  const launch = launchOptions(plan, options.set, watch, opened.streams);
  const command = await startGatedCommand(plan.argv, launch);
  try {
    tracer.follow(command.pid, "held");
  } catch (error) {
    command.abandon();
    throw error;
  }
  const observer = observe(tracer, libc);
  const beganNs = libc.readBootClock();
  command.open();
  const attended = { plan, options, libc, watch, tracer, observer, command };
  const { end, survivors } = await attendAndEnd(attended);
  const run = observer.describe({
    id: options.runId,
    time: options.time,
    beganNs,
    endedNs: libc.readBootClock(),
    subjectOf: (images) => commandSubject(plan.argv, images),
    gaps: survivors ? ["processes that the command left behind were ended"] : [],
  });
  return { end: withExecution(end, run), run };
}

/** Whatever goes wrong, nothing that was started is left. */
async function attendAndEnd(
  attended: Attended,
): Promise<{ readonly end: TrialEnd; readonly survivors: boolean }> {
  const { plan, options, tracer, command } = attended;
  const isDaemon = plan.readiness !== null;
  try {
    const end = await attend(attended);
    const hasEnded = end.status !== null;
    const how = { isDaemon, hasEnded, isHurried: options.signal.aborted };
    return { end, survivors: await endAll(tracer, command, how) };
  } catch (error) {
    await endAll(tracer, command, { isDaemon, hasEnded: false, isHurried: true });
    throw error;
  }
}

/** One that was interrupted may not have come to its exec. */
function withExecution(end: TrialEnd, { images }: Run): TrialEnd {
  return images.length > 0 || end.kind === "interrupted" ? end : { ...end, kind: "not-executed" };
}

async function prepare(plan: TrialPlan, options: TrialOptions, libc: Libc): Promise<void> {
  if (plan.prepare === null || options.signal.aborted) return;
  const { environment } = plan;
  const { limitMs, signal } = options;
  const status = await runHealthCommand(libc, plan.prepare, { environment, limitMs, signal });
  if (status === 0 || signal.aborted) return;
  throw new UnsupportedError(`the preparation ended with status ${status}: ${plan.prepare}`, {
    hint: "the command was not run again: what it needs is not there",
  });
}

/** Of the command, when it is to have this set. */
export function credentialsOf({ user }: TrialPlan, set: CapabilitySet): LaunchCredentials {
  const ids = user ?? { uid: null, gid: null, groups: null };
  return {
    uid: ids.uid,
    gid: ids.gid,
    groups: ids.groups,
    ambient: user === null ? 0n : set,
    bounding: set,
    securebits: null,
    noNewPrivileges: false,
  };
}

function launchOptions(
  plan: TrialPlan,
  set: CapabilitySet,
  watch: ReadinessWatch | null,
  streams: readonly [number, number, number],
): LaunchOptions {
  const added = Object.entries(watch?.environment ?? {});
  const usual = Object.entries(plan.environment).filter(([name]) => isVariableName(name));
  return {
    credentials: credentialsOf(plan, set),
    streams,
    ownSession: true,
    ...(added.length === 0 ? {} : { environment: Object.fromEntries([...usual, ...added]) }),
  };
}
