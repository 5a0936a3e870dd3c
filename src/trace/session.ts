// SPDX-License-Identifier: Apache-2.0
import type {
  CapabilityTracer,
  FollowScope,
  ImageRecord,
  WayIn,
} from "../linux/bpf/observation.ts";
import { openCapabilityTracer } from "../linux/bpf/capability-tracer.ts";
import { type CommandEnd, type GatedCommand, startGatedCommand } from "../linux/gated-command.ts";
import type { LaunchOptions } from "../linux/launch-options.ts";
import { openLibc } from "../linux/ffi/libc.ts";
import { nextTurn } from "../linux/next-turn.ts";
import type { Profile, Subject } from "./model.ts";
import type { Observer } from "./observer.ts";
import { startLimit, wait } from "./time-limit.ts";
import { beginStart, GAPS_OF_START, type StartAction } from "./start-action.ts";

export interface TraceOptions {
  /** Names the run in merged profiles; unique. */
  readonly runId: string;
  /** When the trace is made. */
  readonly time: Date;
  /**
   * Aborted, it ends the trace, of a command once that has ended itself; with the reason
   * "SIGTERM" or "SIGHUP" a command gets that signal.
   */
  readonly signal: AbortSignal;
  /** The trace ends after so long, whatever still runs; null for no limit. */
  readonly durationMs: number | null;
  /** See TracerOptions. */
  readonly watchesExits: boolean;
  /** The only way into the kernel that is tried; when left out, the best that there is. */
  readonly wayIn?: WayIn;
}

export interface CommandOptions extends TraceOptions {
  readonly argv: readonly string[];
  readonly launch: LaunchOptions;
  /** What the trace is of, where it is not just the command. */
  readonly subject: Subject | null;
  /** What the command lacks that it would have elsewhere. */
  readonly gaps: readonly string[];
}

export interface TraceResult {
  readonly profile: Profile;
  /** How the command itself ended; null when it still runs. */
  readonly end: CommandEnd | null;
}

/** How often to look whether something that is followed still runs. */
const POLL_MS = 20;

/**
 * Runs a command, follows it and all that it starts until the last of them is gone, and makes a
 * profile of the capabilities that were asked for. Throws UnsupportedError when this kernel or
 * these privileges allow no way in; the command has not run then.
 */
export async function traceCommand(options: CommandOptions): Promise<TraceResult> {
  const libc = await openLibc();
  const opening = openAtOnce(options);
  // The shell gets ready while the kernel is at work.
  await opening.begun;
  const starting = startGatedCommand(options.argv, options.launch);
  // It may fail long before it is waited for below.
  starting.catch(() => undefined);
  const { observe, profileOf } = await loadDescription(opening.tracer);
  using tracer = await openOrAbandon(opening.tracer, starting);
  const command = await starting;
  followOrAbandon(tracer, command);
  const observer = observe(tracer, libc);
  const beganNs = libc.readBootClock();
  command.open();
  const end = await waitForAll(tracer, observer, command, options);
  const profile = profileOf([
    observer.describe({
      ...runFacts(options),
      beganNs,
      endedNs: libc.readBootClock(),
      subjectOf: (images) => options.subject ?? commandSubject(options.argv, images),
      gaps: tracer.hasLiveTasks()
        ? [...options.gaps, "processes of the command still run"]
        : options.gaps,
    }),
  ]);
  return { profile, end };
}

/** Follows a process that runs, with what it starts, until the last of them is gone. */
export async function traceProcess(
  options: TraceOptions & { readonly pid: number },
): Promise<Profile> {
  const libc = await openLibc();
  const opening = openCapabilityTracer({ scope: { kind: "tree" }, ...waysOf(options) });
  const { observe, profileOf } = await loadDescription(opening);
  using tracer = await opening;
  tracer.follow(options.pid, "attached");
  const observer = observe(tracer, libc);
  const beganNs = libc.readBootClock();
  await waitWhile(() => tracer.hasLiveTasks(), observer, options);
  return profileOf([
    observer.describe({
      ...runFacts(options),
      beganNs,
      endedNs: libc.readBootClock(),
      subjectOf: (images) => processSubject(options.pid, images),
      gaps: ["what the process did before was not seen"],
    }),
  ]);
}

export interface GroupOptions extends TraceOptions {
  readonly scope: Extract<FollowScope, { kind: "cgroup" }>;
  /** True when there is nothing left to follow, and nothing will come. */
  readonly isOver: () => boolean;
  readonly subject: Subject;
  /** Called when everything is in place; when it fails, so does the trace. */
  readonly start: StartAction | null;
}

/** Follows what runs in a control group, and what comes into it. */
export async function traceGroup(options: GroupOptions): Promise<Profile> {
  const { scope, isOver, subject, start } = options;
  const libc = await openLibc();
  const opening = openCapabilityTracer({ scope, ...waysOf(options) });
  const { observe, profileOf } = await loadDescription(opening);
  using tracer = await opening;
  const observer = observe(tracer, libc);
  const beganNs = libc.readBootClock();
  const starting = beginStart(start);
  await waitWhile(() => starting.state() !== "failed" && !isOver(), observer, options);
  await starting.leave();
  return profileOf([
    observer.describe({
      ...runFacts(options),
      beganNs,
      endedNs: libc.readBootClock(),
      subjectOf: () => subject,
      gaps: GAPS_OF_START[starting.state()],
    }),
  ]);
}

type Ways = Pick<TraceOptions, "watchesExits" | "wayIn">;

function waysOf({ watchesExits, wayIn }: Ways): Ways {
  return wayIn === undefined ? { watchesExits } : { watchesExits, wayIn };
}

/** Evaluates what makes a profile of a trace while the kernel looks at the programs in a thread. */
async function loadDescription(opening: Promise<CapabilityTracer>): Promise<Description> {
  // It may fail before it is waited for.
  opening.catch(() => undefined);
  await nextTurn();
  const [{ observe }, { profileOf }] = await Promise.all([
    import("./observer.ts"),
    import("./profile.ts"),
  ]);
  return { observe, profileOf };
}

/** `begun` rejects as the tracer does where that cannot even begin. */
function openAtOnce(ways: Ways): { begun: Promise<unknown>; tracer: Promise<CapabilityTracer> } {
  let onBegin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    onBegin = resolve;
  });
  const tracer = openCapabilityTracer({ scope: { kind: "tree" }, ...waysOf(ways), onBegin });
  return { begun: Promise.race([begun, tracer]), tracer };
}

type Description = Pick<typeof import("./observer.ts"), "observe"> &
  Pick<typeof import("./profile.ts"), "profileOf">;

function runFacts({ runId, time }: TraceOptions): { readonly id: string; readonly time: Date } {
  return { id: runId, time };
}

export function commandSubject(argv: readonly string[], images: readonly ImageRecord[]): Subject {
  const program = images.find(({ origin }) => origin === "exec")?.exe ?? argv[0] ?? "";
  return { kind: "command", program, argv };
}

function processSubject(pid: number, images: readonly ImageRecord[]): Subject {
  const image = images.find(({ origin }) => origin === "attached");
  return { kind: "process", program: image?.exe ?? image?.comm ?? "", pid };
}

/** A command that was never let go must not wait for ever. */
async function openOrAbandon(
  opening: Promise<CapabilityTracer>,
  starting: Promise<GatedCommand>,
): Promise<CapabilityTracer> {
  try {
    return await opening;
  } catch (error) {
    await starting.then(
      (command) => command.abandon(),
      () => undefined,
    );
    throw error;
  }
}

function followOrAbandon(tracer: CapabilityTracer, command: GatedCommand): void {
  try {
    tracer.follow(command.pid, "held");
  } catch (error) {
    command.abandon();
    throw error;
  }
}

/** Waits for the command, then for what it left behind; gives up at the limit or on request. */
async function waitForAll(
  tracer: CapabilityTracer,
  observer: Observer,
  command: GatedCommand,
  { signal, durationMs }: TraceOptions,
): Promise<CommandEnd | null> {
  const limit = startLimit(durationMs);
  // Interrupted from the terminal, the command has the signal too: it decides when it ends.
  const terminate = (): void => {
    const reason: unknown = signal.reason;
    if (reason === "SIGTERM" || reason === "SIGHUP") command.terminate(reason);
  };
  if (signal.aborted) terminate();
  else signal.addEventListener("abort", terminate);
  const looking = setInterval(() => observer.look(), POLL_MS);
  const end = await Promise.race([command.ended, limit.reached]);
  while (!limit.isReached() && !signal.aborted && tracer.hasLiveTasks()) await wait(POLL_MS);
  clearInterval(looking);
  limit.stop();
  if (end === null) command.detach();
  return end;
}

/** Waits until it is over, the limit is reached or the user has seen enough. */
async function waitWhile(
  isRunning: () => boolean,
  observer: Observer,
  { signal, durationMs }: TraceOptions,
): Promise<void> {
  const limit = startLimit(durationMs);
  while (!limit.isReached() && !signal.aborted && isRunning()) {
    observer.look();
    await wait(POLL_MS);
  }
  limit.stop();
}
