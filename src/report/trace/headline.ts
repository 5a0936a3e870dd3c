// SPDX-License-Identifier: Apache-2.0
import { compareCapabilities } from "../../capabilities/spelling.ts";
import {
  type CapabilityFinding,
  NEEDED_VERDICTS,
  type Profile,
  type Run,
} from "../../trace/model.ts";
import { capabilityTone, plain, type Span } from "../text/color.ts";
import { escapeText } from "../text/escape.ts";
import { type Paragraph, paragraph } from "./layout.ts";
import { count, durationText, printedConstant, subjectText } from "./phrases.ts";

/** What was traced, when and where. */
export function titleParagraphs({ subject, runs }: Profile): readonly Paragraph[] {
  const [first] = runs;
  const title = paragraph(0, `Capabilities of ${subjectText(subject)}`);
  if (first === undefined) return [title];
  if (runs.length === 1) return [title, paragraph(0, runText(first))];
  return [
    title,
    paragraph(0, `${count(runs.length, "run")}:`),
    ...runs.flatMap((run, index) => [
      paragraph(2, `[${index + 1}] ${escapeText(run.id)}: ${subjectText(run.subject)}`),
      paragraph(6, runText(run)),
    ]),
  ];
}

function runText({ time, host, durationNs, images, wayIn }: Run): string {
  return [
    escapeText(time),
    escapeText(host.name),
    `Linux ${escapeText(host.kernel)}`,
    durationText(durationNs),
    count(images.length, "program"),
    `seen through ${wayIn}`,
  ].join(", ");
}

/** What the reader came for, in two or three lines. */
export function answerParagraphs(profile: Profile): readonly Paragraph[] {
  const caution = paragraph(0, cautionText(profile));
  const failing = failingParagraphs(profile);
  if (profile.conclusion === "inconclusive") {
    return [
      { indent: 0, line: [{ text: `Inconclusive: ${silenceReason(profile)}`, tone: "orange" }] },
    ];
  }
  if (profile.conclusion === "needs-nothing-seen") {
    const text = "Nothing needed was seen: no granted capability decided anything.";
    return [{ indent: 0, line: [{ text, tone: "green" }] }, ...failing, caution];
  }
  const needed = profile.findings.filter(({ verdict }) => NEEDED_VERDICTS.includes(verdict));
  return [{ indent: 0, line: [...plain("Needed:"), ...nameSpans(needed)] }, ...failing, caution];
}

/** What was refused, with consequences; an answer without it would mislead. */
function failingParagraphs({ findings }: Profile): readonly Paragraph[] {
  const failing = findings.filter(
    ({ verdict, denial }) => verdict === "denied" && denial === "failing",
  );
  if (failing.length === 0) return [];
  return [{ indent: 0, line: [...plain("Refused, and calls failed:"), ...nameSpans(failing)] }];
}

function nameSpans(findings: readonly CapabilityFinding[]): readonly Span[] {
  return findings
    .map(({ capability }) => capability)
    .toSorted(compareCapabilities)
    .flatMap((capability): Span[] => [
      { text: " ", tone: null },
      { text: printedConstant(capability), tone: capabilityTone(capability) },
    ]);
}

function cautionText({ coverage: { lost }, runs, proven }: Profile): string {
  const losses =
    lost.checks + lost.images > 0 ? " Checks or programs were lost: see Coverage." : "";
  if (proven !== null) {
    const set = proven.length === 0 ? "no capability" : proven.map(printedConstant).join(" ");
    return `Proven by re-runs: it works with ${set}.${losses}`;
  }
  return `Seen in ${runs.length === 1 ? "this run" : "these runs"}, not yet proven: what was not exercised was not seen.${losses}`;
}

function silenceReason({ runs }: Profile): string {
  return runs.every(({ images }) => images.length === 0)
    ? "no program ran, so nothing can be said about its needs."
    : "what was followed ran before the trace began and was asked for nothing meanwhile, so nothing can be said about its needs.";
}
