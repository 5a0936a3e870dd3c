// SPDX-License-Identifier: Apache-2.0
import type {
  CapabilityFinding,
  CapabilityProof,
  Profile,
  Proof,
  ProofCriterion,
  RefusedCall,
} from "../trace/model.ts";
import { plain } from "./text/color.ts";
import { escapeText } from "./text/escape.ts";
import { BLANK, type Paragraph, paragraph } from "./trace/layout.ts";
import {
  capabilitySpans,
  count,
  durationText,
  printedConstant,
  stackText,
} from "./trace/phrases.ts";

/** More calls than these are left to the other formats. */
const CALLS_AT_MOST = 3;

/** What re-runs have proven, for each run of the profile that has a proof. */
export function proofSections(profile: Profile): readonly Paragraph[] {
  const { runs } = profile;
  return runs.flatMap((run, index) => {
    if (run.proof === null) return [];
    const title = runs.length === 1 ? "Proof" : `Proof of run ${index + 1}`;
    return [
      BLANK,
      paragraph(0, `${title}: ${effortText(run.proof)}`),
      paragraph(2, methodText(run.proof)),
      paragraph(2, `counts as working when it ${criterionText(run.proof.criterion)}`),
      ...run.proof.notes.map((note) => paragraph(2, escapeText(note))),
      ...setParagraphs(run.proof),
      ...provenParagraphs(run.proof, profile.findings),
    ];
  });
}

function effortText({ runs, durationNs, runsPerAnswer, minimalSets }: Proof): string {
  const each = `each answer from ${count(runsPerAnswer, "run")}`;
  const effort = `${count(runs, "run")} in ${durationText(durationNs)}, ${each}`;
  return minimalSets.length === 0 ? `not complete; ${effort}` : effort;
}

function methodText({ method, uid }: Proof): string {
  return method === "root"
    ? "run as root, limited by the bounding set"
    : `run as uid ${uid}, with ambient capabilities and nothing beyond them in the bounding set`;
}

/** "ends with status 0 and `test -e x` succeeds". */
export function criterionText({ status, ready, check, strict }: ProofCriterion): string {
  return [
    ready === null
      ? `ends with status ${status}`
      : `gets ready (${escapeText(ready)}) and lives on`,
    ...(check === null ? [] : [`the check succeeds (${escapeText(check)})`]),
    ...(strict ? ["no further system call is refused"] : []),
  ].join(" and ");
}

function setParagraphs({ minimalSets, workingSet }: Proof): readonly Paragraph[] {
  const [first, ...others] = minimalSets;
  if (first === undefined) {
    return [paragraph(2, `the smallest set that was seen to work: ${setText(workingSet)}`)];
  }
  return others.map((set) => paragraph(2, `works as well, with ${setText(set)} alone`));
}

/** "CAP_CHOWN CAP_KILL", or "no capability". */
export function setText(set: readonly string[]): string {
  return set.length === 0 ? "no capability" : set.map(printedConstant).join(" ");
}

/** Those that were neither used nor refused are told in one line. */
function provenParagraphs(
  { capabilities }: Proof,
  findings: readonly CapabilityFinding[],
): readonly Paragraph[] {
  const used = new Map(findings.map((each) => [each.capability, each]));
  const dropped = capabilities.filter(({ proof }) => proof === "droppable");
  const isTold = ({ capability, refused }: CapabilityProof): boolean =>
    used.has(capability) || refused.some(({ end }) => end === "failed");
  const untold = dropped.filter((each) => !isTold(each));
  const needed = capabilities.filter(({ proof }) => proof === "needed");
  const untested = capabilities.filter(({ proof }) => proof === "untested");
  return [
    ...section("Needed: it does not work without", needed, (each) => neededParagraphs(each)),
    ...section("Droppable: it works without", dropped.filter(isTold), (each) =>
      droppedParagraphs(each, used.get(each.capability)),
    ),
    ...(untold.length === 0
      ? []
      : [BLANK, paragraph(0, `Never asked for, and droppable: ${untold.length} others`)]),
    ...section("Untested: nothing is proven of", untested, (each) => [
      { indent: 2, line: [...capabilitySpans(each.capability), ...plain(untestedText(each))] },
    ]),
  ];
}

function section(
  title: string,
  members: readonly CapabilityProof[],
  describe: (member: CapabilityProof) => readonly Paragraph[],
): readonly Paragraph[] {
  return members.length === 0 ? [] : [BLANK, paragraph(0, title), ...members.flatMap(describe)];
}

function neededParagraphs(each: CapabilityProof): readonly Paragraph[] {
  const text = each.failure === null ? "" : `: ${escapeText(each.failure)}`;
  return [
    { indent: 2, line: [...capabilitySpans(each.capability), ...plain(text)] },
    ...callParagraphs(each.refused),
  ];
}

function droppedParagraphs(
  { capability, refused }: CapabilityProof,
  finding: CapabilityFinding | undefined,
): readonly Paragraph[] {
  const evidence = finding === undefined ? "" : `: ${finding.verdict} by the trace`;
  const failed = refused.filter(({ end }) => end === "failed");
  return [
    { indent: 2, line: [...capabilitySpans(capability), ...plain(evidence)] },
    ...(failed.length === 0
      ? []
      : [paragraph(4, "calls that fail without it, which neither status nor check notice:")]),
    ...callParagraphs(failed),
  ];
}

function untestedText({ reason, failure }: CapabilityProof): string {
  const why = reason === null ? "" : `: ${escapeText(reason)}`;
  return failure === null ? why : `${why}; it ${escapeText(failure)}`;
}

function callParagraphs(calls: readonly RefusedCall[]): readonly Paragraph[] {
  const hidden = calls.length - CALLS_AT_MOST;
  return [
    ...calls.slice(0, CALLS_AT_MOST).map((call) => paragraph(4, callText(call))),
    ...(hidden > 0 ? [paragraph(4, `and ${count(hidden, "more call")}`)] : []),
  ];
}

function callText(call: RefusedCall): string {
  const { program, syscall, gate, userStack } = call;
  const where = syscall === null ? "a check outside a system call" : escapeText(syscall);
  const stack = stackText(userStack);
  return [
    `${where} ${endText(call)} in ${escapeText(program)}`,
    ...(gate === null ? [] : [`asked by ${escapeText(gate)}`]),
    ...(stack === null ? [] : [stack]),
  ].join("; ");
}

function endText({ end, errno }: RefusedCall): string {
  switch (end) {
    case "failed":
      return `failed with ${escapeText(errno ?? "an error")}`;
    case "succeeded":
      return "was refused it and went on";
    case "not-seen":
      return "was refused it";
  }
}
