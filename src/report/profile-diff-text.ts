// SPDX-License-Identifier: Apache-2.0
import type {
  CapabilityChange,
  ComparedProfile,
  Conclusion,
  ContextChange,
  ProfileDiff,
} from "../trace/model.ts";
import { NEEDED_VERDICTS } from "../trace/model.ts";
import { escapeText, escapeWord } from "./text/escape.ts";
import { count, subjectText } from "./trace/phrases.ts";

const CONCLUSIONS: Readonly<Record<Conclusion, string>> = {
  needs: "capabilities are needed",
  "needs-nothing-seen": "no capability decided anything",
  inconclusive: "inconclusive",
};

/** Renders a comparison for people: + came, - went, ~ changed. */
export function renderProfileDiffText(diff: ProfileDiff): string {
  const lines = [`old: ${profileText(diff.old)}`, `new: ${profileText(diff.new)}`];
  if (!diff.sameSubject) lines.push("These are not profiles of the same thing.");
  const { capabilities, context } = diff;
  if (capabilities.length > 0) {
    lines.push("", "Capabilities:", ...capabilities.flatMap(capabilityLines));
  }
  if (context.length > 0) lines.push("", "Systems:", ...context.map(contextLine));
  lines.push("", conclusionLine(diff));
  lines.push(...coverageLines("old", diff.old), ...coverageLines("new", diff.new));
  return `${lines.join("\n")}\n`;
}

function profileText({ subject, times }: ComparedProfile): string {
  const [first = "", ...others] = times;
  const last = others.at(-1);
  const when = last === undefined ? first : `${times.length} runs, ${first} to ${last}`;
  return `${subjectText(subject)} (${when})`;
}

function capabilityLines(change: CapabilityChange): readonly string[] {
  const { capability, oldVerdict, newVerdict } = change;
  const needed = newVerdict !== null && NEEDED_VERDICTS.includes(newVerdict);
  const details: readonly (readonly [string, readonly string[]])[] = needed
    ? [
        ["program", change.newPrograms],
        ["system call", change.newSyscalls],
        ["asked by", change.newGates],
      ]
    : [];
  return [
    `  ${headline(escapeText(capability), change.change, oldVerdict, newVerdict)}`,
    ...details.flatMap(([what, names]) =>
      names.map((name) => `      + ${what} ${escapeText(name)}`),
    ),
  ];
}

function headline(
  capability: string,
  change: CapabilityChange["change"],
  oldVerdict: CapabilityChange["oldVerdict"],
  newVerdict: CapabilityChange["newVerdict"],
): string {
  switch (change) {
    case "added":
      return `+ ${capability}: ${newVerdict}`;
    case "gone":
      return `- ${capability}: was ${oldVerdict}`;
    case "verdict":
      return `~ ${capability}: ${oldVerdict} -> ${newVerdict}`;
    case "uses":
      return `~ ${capability}: ${newVerdict}, used in new ways`;
  }
}

function contextLine({ setting, oldValues, newValues }: ContextChange): string {
  return `  ~ ${escapeText(setting)}: ${valuesText(oldValues)} -> ${valuesText(newValues)}`;
}

function valuesText(values: readonly (string | null)[]): string {
  if (values.length === 0) return "not recorded";
  return values
    .map((value) => (value === null ? "unknown" : escapeWord(value) || '""'))
    .join(" or ");
}

function conclusionLine({ old, new: current, differs }: ProfileDiff): string {
  if (!differs) return `No differences: ${CONCLUSIONS[current.conclusion]}.`;
  if (old.conclusion === current.conclusion) {
    return `Conclusion as before: ${CONCLUSIONS[current.conclusion]}.`;
  }
  return `Conclusion: ${CONCLUSIONS[old.conclusion]} -> ${CONCLUSIONS[current.conclusion]}.`;
}

/** What one of the two did not see may look like a change. */
function coverageLines(name: "old" | "new", { coverage }: ComparedProfile): readonly string[] {
  if (coverage.complete && coverage.gaps.length === 0) return [];
  const { checks, stacks, images } = coverage.lost;
  const losses = [
    ...(checks > 0 ? [`${count(checks, "check")} lost`] : []),
    ...(images > 0 ? [`${count(images, "program")} lost`] : []),
    ...(stacks > 0 ? [`${count(stacks, "stack")} lost`] : []),
    ...coverage.gaps.map(escapeText),
  ];
  return [`incomplete (${name}): ${losses.join("; ") || "not everything was seen"}`];
}
