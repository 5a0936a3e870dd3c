// SPDX-License-Identifier: Apache-2.0
import type { Advice } from "../../harden/model.ts";
import type { Profile } from "../../trace/model.ts";
import type { TextOptions } from "../text-options.ts";
import { proofSections } from "../proof-section.ts";
import { capabilitySections } from "./capabilities.ts";
import { coverageSection, summarySection } from "./closing.ts";
import { contextSection } from "./context.ts";
import { credentialsSection } from "./credentials.ts";
import { answerParagraphs, titleParagraphs } from "./headline.ts";
import { BLANK, renderParagraphs } from "./layout.ts";
import { programSection } from "./programs.ts";
import { recommendationSection } from "./recommendations.ts";

/**
 * Renders a profile for people: what was traced, the answer, the evidence for it, and what follows.
 * Without advice (null) the last part is left out.
 */
export function renderTraceText(
  profile: Profile,
  advice: Advice | null,
  options: TextOptions,
): string {
  const paragraphs = [
    ...titleParagraphs(profile),
    BLANK,
    ...answerParagraphs(profile),
    ...proofSections(profile),
    ...capabilitySections(profile),
    ...programSection(profile),
    ...credentialsSection(profile),
    ...contextSection(profile),
    ...summarySection(profile),
    ...coverageSection(profile),
    ...recommendationSection(advice),
  ];
  return renderParagraphs(paragraphs, options);
}
