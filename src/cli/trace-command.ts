// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:os";
import type { CommandEnd } from "../linux/gated-command.ts";
import { renderTraceCaps, renderTraceText } from "../report/trace-text.ts";
import { toJson } from "../report/text/escape.ts";
import type { Profile } from "../trace/model.ts";
import { traceCommand } from "../trace/session.ts";
import { writeError, writeReport } from "./output.ts";
import type { TraceFormat, TraceRequest } from "./trace-options.ts";

const RENDERERS: Readonly<Record<TraceFormat, (profile: Profile) => string>> = {
  text: renderTraceText,
  json: (profile) => `${toJson(profile)}\n`,
  caps: renderTraceCaps,
};

/** Runs `capscope trace`; returns the command's own status. */
export async function runTrace({
  argv,
  format,
  output,
  durationMs,
}: TraceRequest): Promise<number> {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => controller.abort(name);
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const { signal } = controller;
  const { profile, end } = await traceCommand({ argv, time: new Date(), signal, durationMs });
  const text = RENDERERS[format](profile);
  if (output === null) writeError(text);
  else writeReport(text, output);
  return statusOf(end);
}

/** What env(1) and timeout(1) would return; 0 for a command that still runs. */
function statusOf(end: CommandEnd | null): number {
  if (end === null) return 0;
  return end.signal === null ? (end.exitCode ?? 0) : 128 + constants.signals[end.signal];
}
