// SPDX-License-Identifier: Apache-2.0
import type { Advice } from "../harden/model.ts";
import { NEEDED_VERDICTS, type Profile, type Proof } from "../trace/model.ts";
import { proofSections, setText } from "./proof-section.ts";
import type { TextOptions } from "./text-options.ts";
import { plain } from "./text/color.ts";
import { titleParagraphs } from "./trace/headline.ts";
import { BLANK, type Paragraph, paragraph, renderParagraphs } from "./trace/layout.ts";
import { recommendationSection } from "./trace/recommendations.ts";

/** Renders what a search has proven, for people, and what follows from it. */
export function renderMinimizeText(
  profile: Profile,
  advice: Advice | null,
  options: TextOptions,
): string {
  const proof = profile.runs[0]?.proof ?? null;
  return renderParagraphs(
    [
      ...titleParagraphs(profile),
      BLANK,
      ...(proof === null ? [] : answer(proof, profile)),
      ...proofSections(profile),
      ...recommendationSection(advice),
    ],
    options,
  );
}

/** What is granted, used and proven are three things. */
function answer(proof: Proof, { findings }: Profile): readonly Paragraph[] {
  const [first] = proof.minimalSets;
  const granted = proof.capabilities.filter(({ reason }) => reason !== NOT_GRANTED).length;
  const used = findings
    .filter(({ verdict }) => NEEDED_VERDICTS.includes(verdict))
    .map(({ capability }) => capability);
  return [
    {
      indent: 0,
      line:
        first === undefined
          ? [{ text: "Not proven: the search did not come to its end.", tone: "orange" }]
          : [...plain("Proven: "), { text: setText(first), tone: "green" }],
    },
    paragraph(0, `Used in the first run, by the trace: ${setText(used)}`),
    paragraph(0, `Granted in the first run: ${granted} capabilities`),
    ...(first === undefined ? [] : [paragraph(0, SCOPE)]),
  ];
}

const NOT_GRANTED = "capscope does not have it itself";
const SCOPE = "Proven for what these runs did: what was not exercised was not tested.";
