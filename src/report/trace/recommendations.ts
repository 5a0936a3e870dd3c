// SPDX-License-Identifier: Apache-2.0
import type { Advice, Recommendation } from "../../harden/model.ts";
import { plain } from "../text/color.ts";
import { escapeJson, escapeText } from "../text/escape.ts";
import { BLANK, type Paragraph, paragraph } from "./layout.ts";

/** The configurations that follow, each under its title, and what to know about them. */
export function recommendationSection(advice: Advice | null): readonly Paragraph[] {
  if (advice === null) return [];
  return [
    BLANK,
    paragraph(0, "Recommendations"),
    ...advice.notes.map((note) => paragraph(2, escapeText(note))),
    ...advice.recommendations.flatMap(describe),
    ...(advice.recommendations.length === 0 ? [] : [BLANK, paragraph(2, MORE)]),
  ];
}

const MORE =
  "capscope harden writes whole files of a profile, for these and for quadlet, compose, kyverno, " +
  "auditd, libcap, Go, Rust, Nix and Ansible.";

function describe({ title, text, notes }: Recommendation): readonly Paragraph[] {
  return [
    BLANK,
    paragraph(2, `${title}:`),
    ...notes.map((note) => paragraph(4, escapeText(note))),
    ...(text === "" ? [] : text.split("\n").map(copied)),
  ];
}

/** A line to be copied: what a terminal would act on is escaped, backslashes stay single. */
function copied(line: string): Paragraph {
  return { indent: 6, line: plain(escapeJson(line)), verbatim: true };
}
