// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { SystemError } from "../errors.ts";
import { type CommandEnd, exitStatus } from "../linux/gated-command.ts";
import { type Inheritance, readInheritance } from "../linux/inheritance.ts";
import { nextTurn } from "../linux/next-turn.ts";
import type { Profile } from "../trace/model.ts";
import {
  type CommandOptions,
  traceCommand,
  traceGroup,
  type TraceOptions,
  traceProcess,
} from "../trace/session.ts";
import { EXIT_CODE } from "./exit-code.ts";
import { assertWritable, writeDiagnostic, writeReport } from "./output.ts";
import { onStopSignals } from "./stop-signals.ts";
import type { OutputStream } from "./terminal.ts";
import type { TraceRequest, TraceTarget } from "./trace-options.ts";

/** A profile, and the status that the program ends with. */
interface Traced {
  readonly profile: Profile;
  readonly status: number;
  /** Where the report goes that goes to no file. */
  readonly stream: OutputStream;
}

/** Runs `capscope trace`; returns the command's own status where one is run. */
export async function runTrace(request: TraceRequest): Promise<number> {
  const inheritance = readInheritance(process.env);
  assertWritable(request.output);
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => controller.abort(name);
  onStopSignals(inheritance, stop);
  const following = follow(request.target, inheritance, {
    runId: randomUUID(),
    time: new Date(),
    signal: controller.signal,
    durationMs: request.durationMs,
    watchesExits: request.watchesExits,
    ...(request.wayIn === null ? {} : { wayIn: request.wayIn }),
  });
  // Together: a failure while the other still loads is a failure that somebody waits for.
  const [traced, { render }] = await Promise.all([following, loadRendering()]);
  const { profile, status, stream } = traced;
  write(render(profile, request, stream), request.output, stream);
  if (request.format === "caps" && (request.output ?? stream) !== "stderr") warnOfCaps(profile);
  return status;
}

/** Evaluates what renders the report while the kernel looks at the programs in another thread. */
async function loadRendering(): Promise<typeof import("./trace-rendering.ts")> {
  await nextTurn();
  return import("./trace-rendering.ts");
}

async function follow(
  target: TraceTarget,
  inheritance: Inheritance,
  options: TraceOptions,
): Promise<Traced> {
  if (target.kind === "command" && target.user === null) {
    const { argv } = target;
    return commandTraced({ ...options, argv, launch: { inheritance }, subject: null, gaps: [] });
  }
  if (target.kind === "process")
    return watched(await traceProcess({ ...options, pid: target.pid }));
  const { planCommand, planGroup } = await import("./trace-plan.ts");
  return target.kind === "command" || target.kind === "service"
    ? commandTraced({ ...options, ...planCommand(target, inheritance) })
    : watched(await traceGroup({ ...options, ...planGroup(target) }));
}

async function commandTraced(options: CommandOptions): Promise<Traced> {
  const { profile, end } = await traceCommand(options);
  return { profile, status: statusOf(end), stream: "stderr" };
}

function watched(profile: Profile): Traced {
  const { checks, images } = profile.coverage.lost;
  const status = checks + images > 0 ? EXIT_CODE.incomplete : EXIT_CODE.ok;
  return { profile, status, stream: "stdout" };
}

/** A list of names cannot say of itself how far it goes. */
function warnOfCaps({ conclusion, coverage }: Profile): void {
  if (conclusion === "inconclusive") {
    writeDiagnostic("warning: the trace is inconclusive: the list says nothing about needs");
  } else if (!coverage.complete) {
    writeDiagnostic("warning: checks or programs were lost: the list may lack capabilities");
  }
}

/** What cannot be written to the file is not lost. */
function write(text: string, output: string | null, stream: OutputStream): void {
  try {
    writeReport(text, output, stream);
  } catch (error) {
    if (output !== null && error instanceof SystemError) writeReport(text, null, stream);
    throw error;
  }
}

/** What env(1) and timeout(1) would return; 0 for a command that still runs. */
function statusOf(end: CommandEnd | null): number {
  return end === null ? 0 : exitStatus(end);
}
