// SPDX-License-Identifier: Apache-2.0
import { capabilityName } from "../capabilities/names.ts";
import { UnsupportedError, UsageError } from "../errors.ts";
import { openCapabilityTracer } from "../linux/bpf/capability-tracer.ts";
import type { CapabilityTracer, CheckFeed } from "../linux/bpf/observation.ts";
import { type Libc, openLibc } from "../linux/ffi/libc.ts";
import { readHost } from "../linux/procfs/machine.ts";
import { isInitialPidNamespace } from "../linux/procfs/namespaces.ts";
import { readSystemContext } from "../linux/procfs/system-context.ts";
import { VERSION } from "../version.ts";
import {
  MONITOR_SCHEMA_VERSION,
  type MonitorCheck,
  type MonitorCoverage,
  type MonitorGrouping,
  type MonitorStart,
  type MonitorTotal,
} from "./model.ts";
import { createMatcher, type MonitorFilter, type NamedProcess } from "./monitor/filter.ts";
import { readPlace, startTicksOf } from "./monitor/places.ts";
import { MonitorSession } from "./monitor/session.ts";
import type { TotalRow } from "./monitor/totals.ts";

export interface MonitorOptions {
  readonly filter: MonitorFilter;
  /** Null for no totals at the end. */
  readonly by: MonitorGrouping | null;
  readonly durationMs: number | null;
  /** Aborted, it ends the monitor as if the time were up. */
  readonly signal: AbortSignal;
  /** Of the process that monitors. */
  readonly ownPid: number;
}

/** Gets what there is to tell, when there is. */
export interface MonitorListener {
  readonly began: (start: MonitorStart) => void;
  readonly saw: (checks: readonly MonitorCheck[]) => void;
}

export interface MonitorResult {
  /** By group and capability, the busiest group first. Empty where none were asked for. */
  readonly totals: readonly MonitorTotal[];
  readonly coverage: MonitorCoverage;
}

/** How often the kernel's maps are read. */
const POLL_MS = 200;

/**
 * Watches the capability checks of all processes until the signal or the end of the duration.
 * Throws UnsupportedError when this kernel or these privileges do not allow it, UsageError when
 * the filter names a process that does not run.
 */
export async function monitorChecks(
  options: MonitorOptions,
  listener: MonitorListener,
): Promise<MonitorResult> {
  const libc = await openLibc();
  const isHost = isInitialPidNamespace();
  const matcher = createMatcher(options.filter, findProcesses(options.filter, isHost));
  using tracer = await openCapabilityTracer({ scope: { kind: "everything" } });
  const beganNs = libc.readBootClock();
  const timeOf = wallClock(libc);
  const session = new MonitorSession({
    matcher,
    all: options.filter.all,
    by: options.by,
    context: readSystemContext(),
    ownPid: isHost ? options.ownPid : null,
    readPlace,
    readCredentials: () => tracer.readCredentials(),
    timeOf,
  });
  listener.began(startOf(tracer, timeOf(beganNs)));
  await follow(tracer.openFeed(), libc, session, options, (checks) => listener.saw(checks));
  return {
    totals: totalsOf(session, options.by, timeOf),
    coverage: coverageOf(tracer, session, isHost, {
      time: timeOf(libc.readBootClock()),
      durationNs: libc.readBootClock() - beganNs,
    }),
  };
}

async function follow(
  feed: CheckFeed,
  libc: Libc,
  session: MonitorSession,
  { signal, durationMs }: MonitorOptions,
  tell: (checks: readonly MonitorCheck[]) => void,
): Promise<void> {
  const endMs = durationMs === null ? Infinity : libc.readBootClock() / 1e6 + durationMs;
  const take = (): void => {
    const checks = session.take(feed.read(libc.readBootClock()));
    if (checks.length > 0) tell(checks);
  };
  for (let leftMs = endMs; leftMs > 0 && !signal.aborted;) {
    take();
    leftMs = endMs - libc.readBootClock() / 1e6;
    await pause(Math.max(0, Math.min(POLL_MS, leftMs)), signal);
  }
  // What was counted last may lack its stacks at the first reading.
  take();
  take();
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, durationMs);
    signal.addEventListener("abort", end);
  });
}

function findProcesses(filter: MonitorFilter, isHost: boolean): readonly NamedProcess[] {
  const { pids, units, containers } = filter;
  if (!isHost && pids.length + units.length + containers.length > 0) {
    throw new UnsupportedError("pids, units and containers cannot be told in a PID namespace", {
      hint: "run it on the host, or in a container that shares the host's PID namespace",
    });
  }
  return pids.map((pid) => {
    const startTicks = startTicksOf(pid);
    if (Number.isNaN(startTicks)) throw new UsageError(`no such process: ${pid}`);
    return { pid, startTicks };
  });
}

/**
 * The wall-clock time of a boot-clock time, in RFC 3339. The same time gives the same text, until
 * somebody sets the wall clock.
 */
function wallClock(libc: Libc): (bootNs: number) => string {
  const measure = (): number => Date.now() - libc.readBootClock() / 1e6;
  let bootedMs = measure();
  return (bootNs) => {
    const nowBootedMs = measure();
    if (Math.abs(nowBootedMs - bootedMs) > CLOCK_TOLERANCE_MS) bootedMs = nowBootedMs;
    return new Date(bootedMs + bootNs / 1e6).toISOString();
  };
}

const CLOCK_TOLERANCE_MS = 100;

function startOf(tracer: CapabilityTracer, time: string): MonitorStart {
  return {
    schemaVersion: MONITOR_SCHEMA_VERSION,
    kind: "monitor",
    tool: { name: "capscope", version: VERSION },
    host: readHost(),
    time,
    wayIn: tracer.wayIn,
  };
}

function totalsOf(
  { totals }: MonitorSession,
  by: MonitorGrouping | null,
  timeOf: (bootNs: number) => string,
): readonly MonitorTotal[] {
  if (totals === null || by === null) return [];
  return totals
    .rows()
    .toSorted(compareRows)
    .map(({ group, rest, capability, total }) => ({
      schemaVersion: MONITOR_SCHEMA_VERSION,
      kind: "total",
      by,
      rest,
      pid: group.pid,
      started: group.taskStartNs === null ? null : timeOf(group.taskStartNs),
      comm: group.comm,
      unit: group.unit,
      capability: capabilityName(capability),
      granted: total.granted,
      denied: total.denied,
      first: timeOf(total.firstNs),
      last: timeOf(total.lastNs),
    }));
}

/** By name and pid, what has neither last; then by capability. */
function compareRows(one: TotalRow, other: TotalRow): number {
  const names = [one, other].map(({ group }) => group.comm ?? group.unit);
  const [first = null, second = null] = names;
  if (first !== second) {
    if (first === null || second === null) return first === null ? 1 : -1;
    return first < second ? -1 : 1;
  }
  const pids = (one.group.pid ?? Infinity) - (other.group.pid ?? Infinity);
  const starts = (one.group.taskStartNs ?? 0) - (other.group.taskStartNs ?? 0);
  return pids || starts || one.capability - other.capability;
}

function coverageOf(
  tracer: CapabilityTracer,
  { counts }: MonitorSession,
  isHost: boolean,
  times: Pick<MonitorCoverage, "time" | "durationNs">,
): MonitorCoverage {
  const lost = tracer.readLost();
  const gaps = [
    ...(isHost
      ? []
      : ["pids are the host's; units, containers and capscope's own checks are not told"]),
    ...(counts.unplaced === 0
      ? []
      : ["processes ended before their unit or container could be read"]),
  ];
  return {
    schemaVersion: MONITOR_SCHEMA_VERSION,
    kind: "coverage",
    ...times,
    complete: lost.checks === 0 && lost.images === 0,
    ...counts,
    lost,
    gaps,
  };
}
