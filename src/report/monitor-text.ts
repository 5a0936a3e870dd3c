// SPDX-License-Identifier: Apache-2.0
import type { MonitorCheck, MonitorCoverage, MonitorTotal } from "../trace/model.ts";
import { capabilityTone, type Line, plain, renderSpans, type Span } from "./text/color.ts";
import { escapeText, escapeWord } from "./text/escape.ts";
import { cell, renderTable } from "./text/table.ts";
import { cellWidth } from "./text/wrap.ts";

export interface MonitorTextOptions {
  readonly color: boolean;
  /** Whether verdicts are shown. */
  readonly verdicts: boolean;
  /** Writes a time of the model for people. */
  readonly timeText: (time: string) => string;
}

/** Cells that most values fit into; a longer one moves the rest of its line. */
const WIDTHS = {
  time: 12,
  pid: 7,
  comm: 15,
  unit: 20,
  capability: 16,
  result: 7,
  syscall: 14,
  verdict: 16,
};
const UNKNOWN = "-";
/** As container engines show them. */
const SHORT_ID_LENGTH = 12;

/** The line above all others. */
export function renderMonitorHeader({ verdicts }: Pick<MonitorTextOptions, "verdicts">): string {
  const words = ["TIME", "PID", "COMM", "UNIT", "CAPABILITY", "RESULT", "SYSCALL"];
  const cells = [...words, ...(verdicts ? ["VERDICT"] : []), "GATE"].map((text) => span(text));
  return renderCells(cells, { verdicts, color: false });
}

/** One line, blanks in names escaped: its words can be told apart by a script. */
export function renderMonitorCheck(check: MonitorCheck, options: MonitorTextOptions): string {
  const { capability, granted } = check;
  const cells: Span[] = [
    span(options.timeText(check.time)),
    span(check.pid === null ? UNKNOWN : String(check.pid)),
    span(wordOr(check.comm)),
    span(placeText(check)),
    { text: capability, tone: capabilityTone(capability) },
    { text: granted ? "granted" : "DENIED", tone: granted ? "green" : "orange" },
    span(check.syscall ?? UNKNOWN),
    ...(options.verdicts ? [span(check.verdict)] : []),
    span(wordOr(check.gate)),
  ];
  return renderCells(cells, options);
}

/** A table of who asked for what how often. */
export function renderMonitorTotals(
  totals: readonly MonitorTotal[],
  { color, timeText }: MonitorTextOptions,
): string {
  const by = totals[0]?.by;
  if (by === undefined) return "no checks to sum up\n";
  const names = by === "pid" ? ["PID", "COMM"] : [by.toUpperCase()];
  const header = [...names, "CAPABILITY", "GRANTED", "DENIED", "FIRST", "LAST"];
  const rows = totals.map((total) => [
    ...nameCells(total).map((text) => cell(text)),
    { text: total.capability, tone: capabilityTone(total.capability) },
    cell(String(total.granted)),
    { text: String(total.denied), tone: total.denied > 0 ? ("orange" as const) : null },
    cell(timeText(total.first)),
    cell(timeText(total.last)),
  ]);
  return renderTable(header, rows, { width: null, color });
}

/** What was counted, and what was not seen: a line or more. */
export function renderMonitorCoverage(coverage: MonitorCoverage): string {
  const { counted, shown, filtered, hidden, lines, lost } = coverage;
  const parts = [
    `${shown} shown in ${amount(lines, "line")}`,
    ...Object.entries(hidden).map(([verdict, count]) => `${count} ${verdict} (--all shows them)`),
    ...(filtered > 0 ? [`${filtered} left out by filters`] : []),
  ];
  const losses = [
    ...(lost.checks > 0 ? [amount(lost.checks, "check")] : []),
    ...(lost.images > 0 ? [amount(lost.images, "program")] : []),
    ...(lost.stacks > 0 ? [amount(lost.stacks, "stack")] : []),
  ];
  const loss = losses.length === 0 ? "nothing lost" : `lost: ${losses.join(", ")}`;
  const seconds = (coverage.durationNs / 1e9).toFixed(1);
  const first = `${amount(counted, "check")} in ${seconds} s: ${parts.join(", ")}; ${loss}\n`;
  return first + coverage.gaps.map((gap) => `incomplete: ${escapeText(gap)}\n`).join("");
}

function placeText({ unit, container, placedBy }: MonitorCheck): string {
  if (placedBy === null) return "?";
  if (container !== null) {
    const id = /^[0-9a-f]{64}$/.test(container.id)
      ? container.id.slice(0, SHORT_ID_LENGTH)
      : container.id;
    return escapeWord(`${container.runtime ?? "container"}:${id}`);
  }
  return wordOr(unit);
}

function nameCells({ by, rest, pid, comm, unit }: MonitorTotal): readonly string[] {
  if (by === "unit") return [rest ? "(others)" : wordOr(unit)];
  if (by === "comm") return [rest ? "(others)" : wordOr(comm)];
  return [rest ? "(others)" : String(pid ?? UNKNOWN), wordOr(comm)];
}

/** A name that could pass for something else is in quotes. */
function wordOr(text: string | null): string {
  if (text === null) return UNKNOWN;
  return text === "" || text === UNKNOWN ? `"${text}"` : escapeWord(text);
}

function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function span(text: string): Span {
  return { text, tone: null };
}

function renderCells(
  cells: readonly Span[],
  { verdicts, color }: Pick<MonitorTextOptions, "verdicts" | "color">,
): string {
  const { verdict, ...others } = WIDTHS;
  const widths = [...Object.values(others), ...(verdicts ? [verdict] : [])];
  const line: Line = cells.flatMap((each, column) => {
    const padding = Math.max(0, (widths[column] ?? 0) - cellWidth(each.text));
    return column === cells.length - 1 ? [each] : [each, ...plain(`${" ".repeat(padding)}  `)];
  });
  const length = line.reduce((sum, { text }) => sum + text.length, 0);
  return `${renderSpans(line, 0, length, color)}\n`;
}
