// SPDX-License-Identifier: Apache-2.0
import { type Profile, type Verdict, VERDICTS } from "../../trace/model.ts";
import type { Line } from "../text/color.ts";
import { escapeText } from "../text/escape.ts";
import { BLANK, type Paragraph, paragraph } from "./layout.ts";
import { count } from "./phrases.ts";

/** The numbers of the report. */
export function summarySection({ runs, findings }: Profile): readonly Paragraph[] {
  const observations = runs.flatMap((run) => run.observations);
  if (observations.length === 0 && findings.length === 0) return [];
  const checks = (granted: boolean): number =>
    observations
      .filter((each) => each.granted === granted)
      .reduce((total, each) => total + each.count, 0);
  const verdicts = VERDICTS.flatMap((verdict) => {
    const number = findings.filter((finding) => finding.verdict === verdict).length;
    return number === 0 ? [] : [`${number} ${VERDICT_WORDS[verdict]}`];
  });
  return [
    BLANK,
    paragraph(0, "Summary"),
    paragraph(
      2,
      `${count(checks(true) + checks(false), "check")}: ${checks(true)} granted, ${checks(false)} denied`,
    ),
    paragraph(2, `${capabilitiesText(findings.length)}: ${verdicts.join(", ") || "none"}`),
  ];
}

function capabilitiesText(number: number): string {
  return `${number} ${number === 1 ? "capability" : "capabilities"}`;
}

const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  required: "required",
  conditional: "conditional",
  "self-confinement": "for self-confinement",
  denied: "denied",
  "capset-only": "only put into a set",
  opportunistic: "opportunistic",
  namespaced: "in a child user namespace",
  borrowed: "of other credentials",
};

/** What was lost or could not be seen; that nothing was is said too. */
export function coverageSection({ coverage, runs }: Profile): readonly Paragraph[] {
  const { checks, images, stacks } = coverage.lost;
  const attached = runs.flatMap((run) => run.images).filter((image) => image.attached).length;
  const losses = [
    ...(checks > 0 ? [`${count(checks, "check")} lost: a need may be missing`] : []),
    ...(images > 0 ? [`${count(images, "program")} lost, with all that they asked for`] : []),
    ...(stacks > 0 ? [`${count(stacks, "stack")} lost: who asked is not always known`] : []),
    ...(attached > 0
      ? [`${count(attached, "program")} ran before the trace began: the start was not seen`]
      : []),
    ...coverage.gaps.map(escapeText),
  ];
  return [
    BLANK,
    { indent: 0, line: coverageTitle(coverage.complete) },
    ...losses.map((loss) => paragraph(2, loss)),
  ];
}

function coverageTitle(complete: boolean): Line {
  return [
    { text: "Coverage: ", tone: null },
    complete
      ? { text: "complete, no check or program was lost", tone: "green" }
      : { text: "incomplete", tone: "orange" },
  ];
}
