// SPDX-License-Identifier: Apache-2.0
import type { ApplyReport, Step } from "../apply/model.ts";
import { renderSpans, type Tone } from "./text/color.ts";
import { escapeName, escapeText } from "./text/escape.ts";
import type { TextOptions } from "./text-options.ts";
import { renderVerifyText } from "./verify-text.ts";

/**
 * Renders what became of a drop-in for people: the answer, what was not done, who has what now. Steps
 * that were done have been told meanwhile.
 */
export function renderApplyText(report: ApplyReport, options: TextOptions): string {
  const { dropIn, outcome, verification } = report;
  const steps = report.steps.filter(({ done }) => done !== true);
  return [
    answer(report, options),
    ...(outcome === "planned" ? [`\n${escapeLines(dropIn.text)}`] : []),
    ...(steps.length === 0 ? [] : ["\n", ...steps.map((step) => `  ${stepLine(step)}\n`)]),
    ...(verification === null ? [] : ["\n", renderVerifyText(verification, options)]),
  ].join("");
}

/** "restart: done", "check: failed: status 1". */
export function stepLine({ name, done, detail }: Step): string {
  const what = detail === null ? "" : `: ${escapeText(detail)}`;
  if (done === null) return `${name}${what}`;
  return `${name}: ${done ? "done" : "failed"}${what}`;
}

function answer(report: ApplyReport, { color }: TextOptions): string {
  const [text, tone] = ANSWERS[report.outcome](report);
  return `${escapeName(report.unit)}: ${renderSpans([{ text, tone }], 0, text.length, color)}\n`;
}

const ANSWERS: Readonly<
  Record<ApplyReport["outcome"], (report: ApplyReport) => readonly [string, Tone | null]>
> = {
  planned: ({ dropIn }) => [
    `would ${dropIn.replaces ? "replace" : "write"} ${escapeText(dropIn.path)}, restart and verify`,
    null,
  ],
  applied: ({ dropIn }) => [`works under ${escapeText(dropIn.path)}`, "green"],
  "rolled-back": ({ failure }) => [
    `rolled back, and as before: ${escapeText(failure ?? "")}`,
    "orange",
  ],
  "rollback-failed": ({ failure }) => [
    `NOT as before: ${escapeText(failure ?? "")}; then the roll back failed, see below`,
    "orange",
  ],
};

function escapeLines(text: string): string {
  const lines = text.replace(/\n$/, "").split("\n");
  return lines.map((line) => `  ${escapeText(line)}`.trimEnd() + "\n").join("");
}
