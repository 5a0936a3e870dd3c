// SPDX-License-Identifier: Apache-2.0
import {
  type Finding,
  type LintGap,
  type LintReport,
  type RuleText,
  SEVERITIES,
  type Severity,
} from "../lint/model.ts";
import { renderSpans, type Tone } from "./text/color.ts";
import { escapeText } from "./text/escape.ts";
import { wrapText } from "./text/wrap.ts";
import type { TextOptions } from "./text-options.ts";

const TONES: Readonly<Record<Severity, Tone | null>> = {
  error: "orange",
  warning: "yellow",
  note: null,
};

/** Renders the findings as compilers do, `FILE:LINE:COLUMN: severity: message [rule]`. */
export function renderLintText(report: LintReport, options: TextOptions): string {
  const { findings, coverage } = report;
  const shown = findings.filter(({ suppressed }) => !suppressed);
  return [
    ...shown.map((finding) => findingText(finding, options)),
    ...coverage.gaps
      .filter(isTold)
      .map((gap) => `${placeOf(gap.file, gap.start)}: ${gapText(gap)}\n`),
    summaryOf(report),
  ].join("");
}

function findingText(finding: Finding, { color }: TextOptions): string {
  const { file, start, severity, message, rule, fix, edits } = finding;
  const word = { text: severity, tone: TONES[severity] };
  const level = renderSpans([word], 0, severity.length, color);
  const mark = edits.length > 0 ? " (--fix does it)" : "";
  return (
    `${placeOf(file, start)}: ${level}: ${escapeText(message)} [${rule}]\n` +
    `    ${escapeText(fix)}${mark}\n`
  );
}

function placeOf(file: string, start: Finding["start"] | null): string {
  const name = file === "-" ? "standard input" : escapeText(file);
  return start === null ? name : `${name}:${start.line}:${start.column}`;
}

/** Pieces of guides that leave things out are counted, no more: most readers of one know. */
function isTold({ incomplete }: LintGap): boolean {
  return incomplete;
}

function gapText({ message }: LintGap): string {
  return `not read: ${escapeText(message)}`;
}

function summaryOf({ findings, coverage }: LintReport): string {
  const shown = findings.filter(({ suppressed }) => !suppressed);
  const counts = SEVERITIES.flatMap((severity) => {
    const number = shown.filter((finding) => finding.severity === severity).length;
    return number === 0 ? [] : [count(number, severity)];
  });
  const files = count(coverage.files.length, "file");
  const hidden = findings.length - shown.length;
  const unread = coverage.gaps.filter(isTold).length;
  const pieces = coverage.gaps.length - unread;
  return [
    `${counts.length === 0 ? "no findings" : counts.join(", ")} in ${files}`,
    ...(hidden > 0 ? [`${hidden} ignored by comments`] : []),
    ...(pieces > 0 ? [`${count(pieces, "piece")} of guides not read`] : []),
    ...(unread > 0 ? [`incomplete: ${unread} not read`] : []),
  ]
    .join("; ")
    .concat("\n");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Renders what a rule is about. */
export function renderRule(rule: RuleText, { width }: TextOptions): string {
  const columns = Math.max((width ?? 100) - INDENT, 40);
  const parts: readonly (readonly [string, string])[] = [
    ["why", rule.why],
    ["to do", rule.fix],
    ["source", rule.source],
  ];
  return [
    `${rule.id} (${rule.severity}): ${rule.title}\n`,
    ...parts.map(([name, text]) => {
      const lines = wrapText(text, columns).join(`\n${" ".repeat(INDENT)}`);
      return `  ${name.padEnd(INDENT - 2)}${lines}\n`;
    }),
  ].join("");
}

const INDENT = 10;

/** One line for each rule. */
export function renderRuleList(rules: readonly RuleText[]): string {
  const columns = Math.max(...rules.map(({ id }) => id.length));
  return rules
    .map(({ id, severity, title }) => `${id.padEnd(columns)}  ${severity.padEnd(7)}  ${title}\n`)
    .join("");
}
