// SPDX-License-Identifier: Apache-2.0
import type { Measured, Result } from "../measure/contest.ts";
import type { Summary } from "../measure/statistics.ts";
import { renderCount, renderDuration, renderSize, renderTable } from "../measure/table.ts";

export interface Comparison {
  readonly results: readonly Result[];
  /** Name of the result that the others are put in relation to. */
  readonly reference: string;
  /** Sockets that every result has to show. */
  readonly listeners: number;
}

/** Renders one line for each tool, with ratios to the reference. */
export function renderComparison(comparison: Comparison): string {
  const reference = findMeasured(comparison.results, comparison.reference);
  const heading = [
    "",
    "wall",
    "quartiles",
    "cpu",
    "memory",
    `wall / ${comparison.reference}`,
    `cpu / ${comparison.reference}`,
    `memory / ${comparison.reference}`,
    "sockets",
    "output",
    "runs",
  ];
  const rows = [heading];
  for (const { name, measured } of comparison.results) {
    if (measured !== null) rows.push(renderRow(name, measured, reference));
  }
  return renderTable(rows) + renderNotes(comparison.results, comparison.listeners);
}

/** Renders why a tool was not measured, and which one did not show all listeners of the load. */
export function renderNotes(results: readonly Result[], listeners: number): string {
  const notes = results.map(({ name, skipped, measured }) => {
    if (measured === null) return `  ${name}: ${skipped ?? "not measured"}\n`;
    const missing = listeners - measured.found;
    if (missing <= 0) return "";
    return `  ${name}: WRONG, ${renderCount(missing)} listeners are not in its output\n`;
  });
  return notes.join("");
}

/** Renders whether one tool keeps within a multiple of another's wall time. */
export function renderTarget(results: readonly Result[], target: Target): string {
  const ratio = wallRatio(results, target.name, target.reference);
  if (ratio === null) return "";
  const verdict = ratio <= target.limit ? "met" : "MISSED";
  const wanted = `wanted: ${target.name} at most ${target.limit} x ${target.reference}`;
  return `  ${wanted}; measured ${ratio.toFixed(2)} x: ${verdict}\n`;
}

export interface Target {
  readonly name: string;
  readonly reference: string;
  readonly limit: number;
}

function renderRow(name: string, measured: Measured, reference: Measured | null): string[] {
  const { wallMs, cpuMs } = measured;
  return [
    name,
    renderDuration(wallMs.median),
    `${renderDuration(wallMs.lowerQuartile)} - ${renderDuration(wallMs.upperQuartile)}`,
    renderDuration(cpuMs.median),
    renderMemory(measured),
    renderRatio(wallMs, reference?.wallMs),
    renderRatio(cpuMs, reference?.cpuMs),
    renderMemoryRatio(measured, reference),
    renderCount(measured.found),
    renderSize(measured.outputBytes),
    String(measured.rounds),
  ];
}

function renderRatio(value: Summary, reference: Summary | undefined): string {
  return reference === undefined ? "-" : (value.median / reference.median).toFixed(2);
}

/** A value at the floor is only known to be below it, and so is the ratio made of it. */
function renderMemoryRatio(measured: Measured, reference: Measured | null): string {
  if (reference === null) return "-";
  const ratio = measured.peakMemoryKib.median / reference.peakMemoryKib.median;
  if (isMemoryKnown(reference)) return `${isMemoryKnown(measured) ? "" : "< "}${ratio.toFixed(2)}`;
  return isMemoryKnown(measured) ? `> ${ratio.toFixed(2)}` : "-";
}

/** Renders the median of the peak memory, or that it is below what can be measured. */
export function renderMemory(measured: Measured): string {
  const size = renderSize(measured.peakMemoryKib.median * 1024);
  return isMemoryKnown(measured) ? size : `< ${size}`;
}

/** Whether peak memory is above what the launcher itself has, below which nothing can be seen. */
export function isMemoryKnown(measured: Measured): boolean {
  return measured.peakMemoryKib.median > measured.memoryFloorKib * FLOOR_TOLERANCE;
}

/** Between fork and exec a child can still touch a few pages more than its parent. */
const FLOOR_TOLERANCE = 1.05;

function wallRatio(results: readonly Result[], name: string, reference: string): number | null {
  const measured = findMeasured(results, name);
  const measuredReference = findMeasured(results, reference);
  if (measured === null || measuredReference === null) return null;
  return measured.wallMs.median / measuredReference.wallMs.median;
}

function findMeasured(results: readonly Result[], name: string): Measured | null {
  return results.find((result) => result.name === name)?.measured ?? null;
}
