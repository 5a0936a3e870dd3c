// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { SystemError } from "../errors.ts";
import { adviseOn } from "../harden/advise.ts";
import type { CommandEnd } from "../linux/gated-command.ts";
import { resolveUser } from "../linux/account.ts";
import { findControlGroup, type LocatedControlGroup } from "../linux/cgroup/control-group.ts";
import { findContainer } from "../linux/container/find.ts";
import { userCredentials } from "../linux/launch-options.ts";
import { launchOptionsOf, readServicePlan } from "../linux/systemd/service-file.ts";
import { placeOfUnit, readUnit, restartUnit, unitControlGroup } from "../linux/systemd/unit.ts";
import { renderTraceCaps } from "../report/trace/trace-caps.ts";
import { renderTraceText } from "../report/trace/trace-text.ts";
import { escapeText, toJson } from "../report/text/escape.ts";
import type { Profile, Subject } from "../trace/model.ts";
import {
  type GroupOptions,
  traceCommand,
  traceGroup,
  type TraceOptions,
  traceProcess,
} from "../trace/session.ts";
import { EXIT_CODE } from "./exit-code.ts";
import { writeDiagnostic, writeReport } from "./output.ts";
import { isTerminal, type OutputStream, terminalWidth, wantsColor } from "./terminal.ts";
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
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => controller.abort(name);
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const { profile, status, stream } = await follow(request.target, {
    runId: randomUUID(),
    time: new Date(),
    signal: controller.signal,
    durationMs: request.durationMs,
    watchesExits: request.watchesExits,
  });
  write(render(profile, request, stream), request.output, stream);
  return status;
}

async function follow(target: TraceTarget, options: TraceOptions): Promise<Traced> {
  switch (target.kind) {
    case "command": {
      const launch =
        target.user === null ? {} : { credentials: userCredentials(resolveUser(target.user)) };
      return commandTraced({ ...options, argv: target.argv, launch, subject: null, gaps: [] });
    }
    case "service":
      return followService(target, options);
    case "process":
      return watched(await traceProcess({ ...options, pid: target.pid }));
    case "unit":
      return watched(await traceGroup({ ...options, ...unitOptions(target) }));
    case "container": {
      const { group, id, runtime } = findContainer(target.container);
      const subject = { kind: "container", id, runtime } as const;
      return watched(await traceGroup({ ...options, ...groupOptions(group, subject) }));
    }
    case "cgroup": {
      const group = findControlGroup(target.path);
      const subject = { kind: "cgroup", path: group.path } as const;
      return watched(await traceGroup({ ...options, ...groupOptions(group, subject) }));
    }
  }
}

async function followService(
  { file, override }: Extract<TraceTarget, { kind: "service" }>,
  options: TraceOptions,
): Promise<Traced> {
  const plan = readServicePlan(file, override, process.env);
  writeDiagnostic(...plan.warnings.map((warning) => `warning: ${escapeText(warning)}`));
  const subject = { kind: "service", unit: plan.unit, file, argv: plan.argv } as const;
  return commandTraced({
    ...options,
    argv: plan.argv,
    launch: launchOptionsOf(plan),
    subject,
    gaps: plan.unsupported,
  });
}

async function commandTraced(options: Parameters<typeof traceCommand>[0]): Promise<Traced> {
  const { profile, end } = await traceCommand(options);
  return { profile, status: statusOf(end), stream: "stderr" };
}

function watched(profile: Profile): Traced {
  const { checks, images } = profile.coverage.lost;
  const status = checks + images > 0 ? EXIT_CODE.incomplete : EXIT_CODE.ok;
  return { profile, status, stream: "stdout" };
}

type GroupTarget = Omit<GroupOptions, keyof TraceOptions>;

function groupOptions(group: LocatedControlGroup, subject: Subject): GroupTarget {
  const isOver = (): boolean => !existsSync(group.directory);
  return { scope: { kind: "cgroup", group }, isOver, subject, start: null };
}

/** A restart makes a new control group: it is known beforehand by its name alone. */
function unitOptions({ unit, restart }: Extract<TraceTarget, { kind: "unit" }>): GroupTarget {
  const state = readUnit(unit);
  const subject = { kind: "unit", unit: state.unit } as const;
  if (!restart) return groupOptions(unitControlGroup(state), subject);
  const { parent, name } = placeOfUnit(state);
  const scope = { kind: "cgroup", group: parent, child: name } as const;
  return { scope, isOver: () => false, subject, start: () => restartUnit(state.unit) };
}

function render(profile: Profile, request: TraceRequest, stream: OutputStream): string {
  if (request.format === "json") return `${toJson(profile)}\n`;
  if (request.format === "caps") return renderTraceCaps(profile);
  const toTerminal = request.output === null && isTerminal(stream);
  return renderTraceText(profile, adviseOn(profile), {
    width: terminalWidth(stream),
    color: wantsColor(request.color, toTerminal),
  });
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
  if (end === null) return 0;
  return end.signal === null ? (end.exitCode ?? 0) : 128 + constants.signals[end.signal];
}
