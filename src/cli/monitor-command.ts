// SPDX-License-Identifier: Apache-2.0
import { openLibc } from "../linux/ffi/libc.ts";
import { readInheritance } from "../linux/inheritance.ts";
import { renderMonitorLine } from "../report/monitor-json.ts";
import {
  type MonitorTextOptions,
  renderMonitorCheck,
  renderMonitorCoverage,
  renderMonitorHeader,
  renderMonitorTotals,
} from "../report/monitor-text.ts";
import { monitorChecks, type MonitorListener, type MonitorResult } from "../trace/monitor.ts";
import { EXIT_CODE, type ExitCode } from "./exit-code.ts";
import type { MonitorRequest } from "./monitor-options.ts";
import { openReport, writeDiagnostic } from "./output.ts";
import { onStopSignals } from "./stop-signals.ts";
import { isTerminal, wantsColor } from "./terminal.ts";

/** How often to look whether somebody still reads the output. */
const READER_CHECK_MS = 500;
const STDOUT = 1;

/** Turns what a monitor tells into text. */
interface Renderer extends MonitorListener {
  readonly ended: (result: MonitorResult) => void;
}

/** Runs `capscope monitor`. */
export async function runMonitor(request: MonitorRequest): Promise<ExitCode> {
  using report = openReport(request.output);
  const renderer =
    request.format === "jsonl" ? jsonRenderer(report.write) : textRenderer(report.write, request);
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const forget = onStopSignals(readInheritance(process.env), stop);
  const watch = request.output === null ? await watchReader(stop) : undefined;
  try {
    const { filter, by, durationMs } = request;
    const { signal } = controller;
    const options = { filter, by, durationMs, signal, ownPid: process.pid };
    const result = await monitorChecks(options, renderer);
    renderer.ended(result);
    return result.coverage.complete ? EXIT_CODE.ok : EXIT_CODE.incomplete;
  } finally {
    clearInterval(watch);
    forget();
  }
}

/** A pipe that nobody reads any more says so before the next line is written, however late. */
async function watchReader(stop: () => void): Promise<NodeJS.Timeout> {
  const libc = await openLibc();
  return setInterval(() => {
    if (libc.poll(STDOUT, 0) === 1) stop();
  }, READER_CHECK_MS);
}

function jsonRenderer(write: (text: string) => void): Renderer {
  return {
    began: (start) => write(renderMonitorLine(start)),
    saw: (checks) => write(checks.map(renderMonitorLine).join("")),
    ended: ({ totals, coverage }) =>
      write([...totals, coverage].map((line) => renderMonitorLine(line)).join("")),
  };
}

/** What was counted and lost goes to standard error: it is not about the system. */
function textRenderer(
  write: (text: string) => void,
  { color, output, filter, by }: MonitorRequest,
): Renderer {
  const options: MonitorTextOptions = {
    color: wantsColor(color, output === null && isTerminal()),
    verdicts: filter.all,
    timeText: localTime,
  };
  return {
    began: () => write(renderMonitorHeader(options)),
    saw: (checks) => write(checks.map((each) => renderMonitorCheck(each, options)).join("")),
    ended: ({ totals, coverage }) => {
      if (by !== null) write(`\n${renderMonitorTotals(totals, options)}`);
      writeDiagnostic(...renderMonitorCoverage(coverage).trimEnd().split("\n"));
    },
  };
}

/** HH:MM:SS.mmm where the user is. */
function localTime(time: string): string {
  const date = new Date(time);
  const two = (part: number): string => String(part).padStart(2, "0");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
