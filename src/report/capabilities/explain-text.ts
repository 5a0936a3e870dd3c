// SPDX-License-Identifier: Apache-2.0
import type {
  Abuse,
  Alternative,
  CapabilityKnowledge,
  Gate,
  RootLevel,
} from "../../capabilities/knowledge/model.ts";
import type { ExplainedCapability, ExplainReport } from "../../capabilities/reports.ts";
import { constantName } from "../../capabilities/spelling.ts";
import { renderSpans, type Tone } from "../text/color.ts";
import type { TextOptions } from "../text-options.ts";
import { paragraph } from "./paragraph.ts";

const ROOT_TEXTS: Readonly<Record<RootLevel, string>> = {
  always: "yes",
  conditional: "on a condition",
  never: "no",
};

const ROOT_TONES: Readonly<Record<RootLevel, Tone>> = {
  always: "orange",
  conditional: "yellow",
  never: "green",
};

const SCOPE_TEXTS: Readonly<Record<CapabilityKnowledge["scope"], string>> = {
  initial: "counts in the initial user namespace only",
  "user-namespace": "counts in its user namespace, for what that owns",
  both: "counts in its user namespace for some of it, in the initial one only for the rest",
};

/** Renders what is known of each capability, one after another. */
export function renderExplainText(report: ExplainReport, options: TextOptions): string {
  return report.capabilities.map((each) => renderCapability(each, options)).join("\n");
}

function renderCapability(each: ExplainedCapability, options: TextOptions): string {
  const { name, number, mask, knowledge, defaultOf } = each;
  const title = `${constantName(name)} (${number}, 0x${BigInt(`0x${mask}`).toString(16)})`;
  if (knowledge === null) {
    return `${title}\n${paragraph("  ", "Nothing is known of it: it is newer than this version of capscope.", options.width)}`;
  }
  const { root, scope } = knowledge;
  const { width } = options;
  return [
    `${title}, since Linux ${knowledge.since}\n`,
    paragraph("  ", knowledge.summary, width),
    paragraph("  ", `It ${SCOPE_TEXTS[scope]}.`, width),
    defaultOf.length === 0
      ? ""
      : paragraph("  ", `Containers have it by default: ${defaultOf.join(", ")}.`, width),
    heading("Same as root", options, {
      text: ROOT_TEXTS[root.level],
      tone: ROOT_TONES[root.level],
    }),
    paragraph("    ", `${root.reason.charAt(0).toUpperCase()}${root.reason.slice(1)}.`, width),
    heading("Where the kernel asks", options),
    ...knowledge.gates.map((gate) => renderGate(gate, width)),
    heading("How it is abused", options),
    ...knowledge.abuses.map((abuse) => renderAbuse(abuse, width)),
    heading("What does instead", options),
    ...knowledge.alternatives.map((alternative) => renderAlternative(alternative, width)),
    paragraph("  Sources: ", knowledge.sources.join(", "), width),
  ].join("");
}

function heading(
  text: string,
  { color }: TextOptions,
  answer?: { readonly text: string; readonly tone: Tone },
): string {
  if (answer === undefined) return `  ${text}:\n`;
  return `  ${text}: ${renderSpans([answer], 0, answer.text.length, color)}\n`;
}

function renderGate({ kind, names, allows, source }: Gate, width: number | null): string {
  return paragraph("  - ", `${names} (${kind}): ${allows} [${source}]`, width);
}

function renderAbuse({ how, conditions, source }: Abuse, width: number | null): string {
  return (
    paragraph("  - ", `${how} [${source}]`, width) +
    conditions.map((condition) => paragraph("      if ", condition, width)).join("")
  );
}

function renderAlternative({ instead, purpose, since }: Alternative, width: number | null): string {
  const forWhat = purpose === "" ? "" : `: ${purpose}`;
  const from = since === null ? "" : ` (since ${/^\d/.test(since) ? "Linux " : ""}${since})`;
  return paragraph("  - ", `${instead}${forWhat}${from}`, width);
}
