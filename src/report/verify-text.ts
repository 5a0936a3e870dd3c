// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "../capabilities/names.ts";
import type {
  Expectation,
  Holder,
  SetComparison,
  SetName,
  VerifyReport,
  VerifyTarget,
} from "../verify/model.ts";
import { nameSpans } from "./capability-text.ts";
import { lineText, renderSpans, type Tone } from "./text/color.ts";
import { escapeName, escapeText } from "./text/escape.ts";
import { cell, type Cell, renderTable } from "./text/table.ts";
import { wrapText } from "./text/wrap.ts";
import type { TextOptions } from "./text-options.ts";

/** Renders a comparison for people: the answer, then who has what, then what differs. */
export function renderVerifyText(report: VerifyReport, options: TextOptions): string {
  const { holders, differences, notes, coverage } = report;
  return [
    answer(report, options),
    paragraph(expectationText(report.expectation), 0, options),
    ...groupAlike(holders).map((group) => `\n${renderGroup(group, report, options)}`),
    list(
      "Differences:",
      differences.map(({ message }) => message),
      options,
    ),
    list("Notes:", notes, options),
    list(
      "Could not be seen:",
      coverage.gaps.map(({ message }) => message),
      options,
    ),
  ].join("");
}

/** What was looked at. */
function verifyTargetText(target: VerifyTarget): string {
  switch (target.kind) {
    case "process":
      return `pid ${target.pid}`;
    case "unit":
      return escapeName(target.unit);
    case "container":
      return `container ${escapeName(target.id)}`;
    case "manifest":
      return escapeName(target.file);
    case "command":
      return `${escapeName(target.program)}, run by uid ${target.uid}`;
  }
}

function answer({ target, verdict, differences }: VerifyReport, { color }: TextOptions): string {
  const [text, tone] = ANSWERS[verdict](differences.length);
  const span = { text, tone };
  return `${verifyTargetText(target)}: ${renderSpans([span], 0, text.length, color)}\n`;
}

const ANSWERS: Readonly<Record<VerifyReport["verdict"], (count: number) => [string, Tone]>> = {
  confined: () => ["as expected", "green"],
  differs: (count) => [`${count} difference${count === 1 ? "" : "s"}`, "orange"],
  "not-established": () => ["not established", "yellow"],
};

function expectationText(expectation: Expectation): string {
  const { source, file, proven, capabilities, ambient, exact } = expectation;
  const how = exact ? "Expected exactly" : "Expected at most";
  const set = setText(capabilities);
  const rest = rulesText(expectation);
  if (source === "unit") {
    return `${how}, as the unit declares: bounding set ${set}; ambient set ${setText(ambient ?? [])}${rest}.`;
  }
  if (source === "list") return `${how}, as given: ${set}${rest}.`;
  const basis = proven === true ? "proven by re-runs" : "by evidence, not proven";
  return `${how}, by the profile ${escapeName(file ?? "")} (${basis}): ${set}${rest}.`;
}

function rulesText({ noNewPrivileges, securebits, uid }: Expectation): string {
  const words = [
    ...(noNewPrivileges === true ? ["no_new_privs"] : []),
    ...(securebits === null ? [] : [`secure bits ${securebits.join(", ")}`]),
    ...(uid === null ? [] : [`uid ${uid}`]),
  ];
  return words.length === 0 ? "" : `; ${words.join("; ")}`;
}

/** Above this many, what is missing says more than what is there. */
const NEARLY_ALL = 32;

/** "none", "all 41", "all except sys_time", or the names. */
function setText(names: readonly string[]): string {
  if (names.length === 0) return "none";
  if (names.length <= NEARLY_ALL) return lineText(nameSpans(names));
  const missing = CAPABILITY_NAMES.filter((name) => !names.includes(name));
  return missing.length === 0 ? `all ${names.length}` : `all except ${missing.join(", ")}`;
}

/** More names than these make a column too wide. */
const SHORT_LIST = 3;

function shortText(names: readonly string[]): string {
  const isShort = names.length <= SHORT_LIST || names.length > NEARLY_ALL;
  return isShort ? setText(names) : `${names.length} capabilities`;
}

/** What the lines above the tables have said once. */
function limitText(names: readonly string[], { capabilities }: Expectation): string {
  const isSaid = names.length > SHORT_LIST && names.join() === capabilities.join();
  return isSaid ? `the ${names.length} above` : shortText(names);
}

/** Holders that differ in their ids alone, such as workers, are shown once. */
function groupAlike(holders: readonly Holder[]): readonly (readonly Holder[])[] {
  const groups = new Map<string, Holder[]>();
  for (const holder of holders) {
    const { pid, tids, ...rest } = holder;
    const key = JSON.stringify([rest, tids.length === 0 ? null : pid]);
    groups.set(key, [...(groups.get(key) ?? []), holder]);
  }
  return [...groups.values()];
}

function renderGroup(
  group: readonly Holder[],
  { expectation }: VerifyReport,
  options: TextOptions,
): string {
  const [first] = group;
  if (first === undefined) return "";
  // It is what the first program began with: its workers began with what it left them.
  const before = first.main && first.tids.length === 0 ? expectation.before : null;
  const now = first.pid === null ? "would have" : "now";
  const header = ["set", ...(before === null ? [] : ["before"]), "at most", now, "result"];
  const rows = first.sets.map((comparison) => [
    cell(`  ${comparison.set}`),
    ...(before === null ? [] : [cell(shortText(before[comparison.set]))]),
    cell(first.compared ? limitText(comparison.expected, expectation) : "-"),
    cell(actualText(comparison, first)),
    resultCell(comparison, first),
  ]);
  const table = renderTable([`  ${header[0] ?? ""}`, ...header.slice(1)], rows, {
    width: options.width,
    color: options.color,
  });
  return `${groupTitle(group)}\n${table}${flagsLine(first)}`;
}

function groupTitle(group: readonly Holder[]): string {
  const [first] = group;
  if (first === undefined) return "";
  const name = escapeName(first.name);
  const uid = first.uid === null ? "" : `, uid ${first.uid}`;
  if (first.pid === null) return `${name}${uid}`;
  const pids = group.map(({ pid }) => String(pid));
  const where = `${pids.length === 1 ? "pid" : "pids"} ${pids.join(", ")}`;
  const threads =
    first.tids.length === 0
      ? ""
      : `${first.tids.length === 1 ? "thread" : "threads"} ${first.tids.join(", ")} of `;
  return `${threads}${where}: ${name}${uid}`;
}

function actualText({ actual, expected, verdict }: SetComparison, { compared }: Holder): string {
  if (compared && verdict === "same" && expected.length > 0) return "the same";
  return setText(actual);
}

function resultCell(comparison: SetComparison, { compared, pid, line }: Holder): Cell {
  const { set, verdict, extra, missing } = comparison;
  if (!compared) return cell("not compared");
  if (verdict === "wider") return { text: `wider: ${extraText(extra)}`, tone: "orange" };
  // Of a program that would be executed, what it holds counts; of a container, what it may hold.
  if (pid === null && set === (line === null ? "permitted" : "bounding") && missing.length > 0) {
    return { text: `lacking: ${extraText(missing)}`, tone: "orange" };
  }
  return { text: verdict === "same" || isUsuallyEmpty(set) ? "ok" : "narrower", tone: "green" };
}

/** The column before it shows them all. */
function extraText(extra: readonly string[]): string {
  return extra.length > LISTED_EXTRA ? `${extra.length} more` : lineText(nameSpans(extra));
}

const LISTED_EXTRA = 8;

/** Programs rarely have anything in them: that they are empty says nothing. */
function isUsuallyEmpty(set: SetName): boolean {
  return set === "inheritable" || set === "ambient";
}

function flagsLine({ noNewPrivileges, securebits, pid }: Holder): string {
  const flag = noNewPrivileges === null ? "unknown" : yesNo(noNewPrivileges);
  // Of containers, nothing is declared of them.
  if (securebits === null && pid === null) return `  no_new_privs: ${flag}\n`;
  return `  no_new_privs: ${flag}; secure bits: ${securebitsText(securebits)}\n`;
}

function securebitsText(bits: readonly string[] | null): string {
  if (bits === null) return "not visible";
  return bits.length === 0 ? "none" : bits.join(", ");
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

function list(title: string, items: readonly string[], options: TextOptions): string {
  if (items.length === 0) return "";
  return `\n${title}\n${items.map((item) => paragraph(escapeText(item), 2, options)).join("")}`;
}

/** Text is not wrapped into less than this. */
const NARROWEST = 20;

function paragraph(text: string, indent: number, { width }: TextOptions): string {
  const lines = width === null ? [text] : wrapText(text, Math.max(width - indent - 2, NARROWEST));
  const [first = "", ...others] = lines;
  const blanks = " ".repeat(indent);
  return [`${blanks}${first}\n`, ...others.map((line) => `${blanks}  ${line}\n`)].join("");
}
