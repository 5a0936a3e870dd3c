// SPDX-License-Identifier: Apache-2.0
import type { ListedProcess, PsReport } from "../../inventory/model.ts";
import type { Credentials } from "../../process/model.ts";
import {
  capabilityMarks,
  capabilityWords,
  knownCapabilities,
  worstTone,
} from "../capability-text.ts";
import { gapsLine } from "../coverage-line.ts";
import { containerWord } from "../process-node.ts";
import { escapeName, escapeText, escapeWord } from "../text/escape.ts";
import { type Cell, cell, renderTable } from "../text/table.ts";
import type { TextOptions } from "../text-options.ts";

/**
 * Renders one row for each process, most dangerous first, and one below it for threads that differ.
 * Marks after the capabilities: `@` ambient ones, `+` an untrimmed bounding set, `*` a child user
 * namespace, `?` an unknown one.
 */
export function renderPsTable(report: PsReport, options: TextOptions): string {
  const coverage = gapsLine(report.coverage.gaps);
  if (report.processes.length === 0) return `${emptyText(options)}\n${coverage}`;
  const known = knownCapabilities(report);
  const rows = report.processes.flatMap((process) => [
    processRow(process, known),
    ...threadRows(process, known),
  ]);
  return renderTable(HEADER, rows, options) + legend(report) + coverage;
}

/** What stands in place of a report without processes. */
export function emptyText({ filtered }: TextOptions): string {
  return filtered === true ? "no process matches" : "no process holds capabilities";
}

const HEADER: readonly string[] = ["PID", "PPID", "USER", "COMMAND", "UNIT", "CAPABILITIES"];

function processRow(process: ListedProcess, known: readonly string[]): readonly Cell[] {
  return [
    cell(String(process.pid)),
    cell(String(process.parentPid)),
    cell(escapeWord(process.account ?? String(process.uids.effective))),
    cell(commandWord(process)),
    cell(placeWord(process)),
    capabilitiesCell(process, process, known),
  ];
}

/** Names in brackets are those of kernel threads, as ps(1) has them. */
export function commandWord({ comm, kernelThread }: ListedProcess): string {
  return kernelThread ? `[${escapeText(comm)}]` : escapeName(comm);
}

function threadRows(
  process: ListedProcess,
  known: readonly string[],
): readonly (readonly Cell[])[] {
  return process.differingThreads.map(({ tids, credentials }) => [
    cell(""),
    cell(""),
    cell(String(credentials.uids.effective)),
    cell(` ${threadWord(tids)}`),
    cell(""),
    capabilitiesCell(credentials, process, known),
  ]);
}

/** Threads by number, so many that they can be told; then how many more. */
export function threadWord(tids: readonly number[]): string {
  const named = tids.slice(0, THREADS_NAMED);
  const more = tids.length - named.length;
  const word = tids.length === 1 ? "thread" : "threads";
  return `${word} ${named.join(",")}${more === 0 ? "" : ` and ${more} more`}`;
}

const THREADS_NAMED = 3;

/** The unit; for what is in a container, that. */
function placeWord({ unit, container }: ListedProcess): string {
  if (container !== null) return containerWord(container);
  return unit === null ? "-" : escapeWord(unit);
}

function capabilitiesCell(
  task: Credentials,
  process: ListedProcess,
  known: readonly string[],
): Cell {
  const isChild = process.childUserNamespace === true;
  return {
    text: capabilitiesText(task, process, known),
    tone: isChild || task.privilege === "none" ? null : worstTone(task),
  };
}

/** The permitted set, what of it is not effective, and the marks. */
export function capabilitiesText(
  task: Credentials,
  process: ListedProcess,
  known: readonly string[],
): string {
  const marks = task === process ? capabilityMarks(process) + namespaceMark(process) : "";
  const bits = task === process ? (process.securebits ?? []) : [];
  return [
    capabilityWords(task, known) + idleText(task),
    ...(marks === "" ? [] : [marks]),
    ...(bits.length === 0 ? [] : [`[${bits.join(", ")}]`]),
  ].join(" ");
}

function namespaceMark({ childUserNamespace }: ListedProcess): string {
  if (childUserNamespace === null) return "?";
  return childUserNamespace ? "*" : "";
}

/** What a task can raise and has not raised. */
function idleText({ capabilities: { permitted, effective } }: Credentials): string {
  const idle = permitted.filter((name) => !effective.includes(name));
  if (idle.length === 0) return "";
  if (effective.length === 0) return " (permitted only)";
  return idle.length <= effective.length
    ? ` (permitted only: ${idle.join(", ")})`
    : ` (effective: ${effective.join(", ")})`;
}

const LEGEND: readonly (readonly [string, string])[] = [
  ["@", "ambient capabilities"],
  ["+", "untrimmed bounding set"],
  ["*", "child user namespace"],
  ["?", "unknown user namespace"],
];

/** Explains the marks that are in the report. */
function legend({ processes }: PsReport): string {
  const used = new Set(
    processes.flatMap((process) => [...(capabilityMarks(process) + namespaceMark(process))]),
  );
  const words = LEGEND.filter(([mark]) => used.has(mark)).map((entry) => entry.join(" "));
  return words.length === 0 ? "" : `${words.join(", ")}\n`;
}
