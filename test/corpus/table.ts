// SPDX-License-Identifier: Apache-2.0
import { ratio, scoreOf, totalsOf } from "./accuracy.ts";
import type { Measurement } from "./measure.ts";

const HEAD = [
  "program",
  "true minimal set",
  "one trace names",
  "precision",
  "recall",
  "minimize proves",
  "runs",
  "seconds",
] as const;

/** One line for a program that was measured. */
export function renderLine(measurement: Measurement): string {
  const { scenario, proven, proof, provenSeconds } = measurement;
  const { missing, extra, isExact } = scoreOf(measurement);
  const trace = [
    ...(missing.length > 0 ? [`misses ${missing.join(" ")}`] : []),
    ...(extra.length > 0 ? [`names ${extra.join(" ")} besides`] : []),
  ];
  return (
    `${scenario.title}: ${setText(proven)}, ${isExact ? "exact" : "NOT EXACT"}, ` +
    `${proof.runs} runs, ${provenSeconds.toFixed(1)} s; one trace ${trace.join(", ") || "is exact"}`
  );
}

/** Program by program, and the totals, as Markdown. */
export function renderTable(measurements: readonly Measurement[]): string {
  return `${markdown(HEAD, measurements.map(cellsOf))}\n${renderTotals(measurements)}`;
}

export function renderTotals(measurements: readonly Measurement[]): string {
  const { precision, recall, exactTraces, exactProofs } = totalsOf(measurements);
  const programs = measurements.length;
  const runs = measurements.reduce((total, { proof }) => total + proof.runs, 0);
  const seconds = measurements.reduce((total, { provenSeconds }) => total + provenSeconds, 0);
  return `* one trace: recall ${percent(recall)}, precision ${percent(precision)}, ${exactTraces} of ${programs} sets exact
* \`capscope minimize\`: ${exactProofs} of ${programs} sets exact, ${runs} runs, ${seconds.toFixed(0)} s in all\n`;
}

function cellsOf(measurement: Measurement): readonly string[] {
  const { scenario, traced, proven, proof, provenSeconds } = measurement;
  const { truth, missing, extra, isExact } = scoreOf(measurement);
  const found = truth.length - missing.length;
  const named = traced.map((name) => (extra.includes(name) ? `**${name}**` : name));
  return [
    scenario.title,
    setText(truth),
    `${setText(named)}${missing.length > 0 ? `; misses ${missing.join(" ")}` : ""}`,
    ratio(found, found + extra.length).toFixed(2),
    ratio(found, truth.length).toFixed(2),
    isExact ? "the same" : setText(proven),
    String(proof.runs),
    provenSeconds.toFixed(1),
  ];
}

function setText(names: readonly string[] | null): string {
  if (names === null) return "nothing proven";
  return names.length === 0 ? "none" : names.join(" ");
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return row(head) + row(head.map(() => "---")) + lines.map(row).join("");
}
