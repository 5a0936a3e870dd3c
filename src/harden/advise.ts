// SPDX-License-Identifier: Apache-2.0
import type { Profile } from "../trace/model.ts";
import { adviceNotes } from "./advice-notes.ts";
import { GENERATORS } from "./generators.ts";
import type { Grant } from "./grant.ts";
import { isInterpreter, isPython } from "../capabilities/interpreters.ts";
import type { Advice, HardenTarget, Recommendation } from "./model.ts";
import { evidenceSentence } from "./wording.ts";
import { type Workload, workloadOf } from "./workload.ts";

/**
 * Writes the configurations that follow from a profile: they grant what was needed, and what
 * programs insist on having in their sets. A profile that shows too little gets none.
 */
export function adviseOn(profile: Profile): Advice {
  const workload = workloadOf(profile);
  const refusal = refusalOf(profile, workload.grant);
  if (refusal !== null) return { notes: [refusal], recommendations: [] };
  return {
    notes: adviceNotes(profile, workload.grant),
    recommendations: RECOMMENDED.filter(({ suits }) => suits(workload)).map(({ target }) =>
      recommend(target, workload),
    ),
  };
}

/** The others are for those who ask for them. */
const RECOMMENDED: readonly {
  readonly target: HardenTarget;
  readonly suits: (workload: Workload) => boolean;
}[] = [
  { target: "systemd", suits: () => true },
  { target: "file", suits: ({ programs }) => programs.length > 0 },
  { target: "docker", suits: () => true },
  { target: "podman", suits: () => true },
  { target: "kubernetes", suits: () => true },
  { target: "c", suits: ({ neededBy }) => neededBy.some((program) => !isInterpreter(program)) },
  { target: "python", suits: ({ neededBy }) => neededBy.some(isPython) },
];

function recommend(target: HardenTarget, workload: Workload): Recommendation {
  const { title, place, comment, lines, notes } = GENERATORS[target](workload, "brief");
  const header = [
    ...(place === null ? [] : [`${comment} ${place}`]),
    `${comment} ${evidenceSentence(workload.grant)}`,
  ];
  const text = lines.length === 0 ? "" : [...header, ...lines].join("\n");
  return { target, title, text, notes };
}

/** Why nothing can be recommended; null when something can. */
export function refusalOf(
  { conclusion, coverage: { lost } }: Profile,
  { needed, isProven }: Grant,
): string | null {
  if (isProven) return null;
  if (conclusion === "inconclusive") {
    return "Nothing is recommended: a trace without a program that was asked for anything says nothing about needs.";
  }
  if (conclusion === "needs" && needed.length === 0) {
    return "Nothing is recommended: what was needed is no capability that has a name or a number.";
  }
  if (conclusion === "needs-nothing-seen" && lost.checks + lost.images > 0) {
    return "Nothing is recommended: no need was seen, but checks or programs were lost, and what they needed with them.";
  }
  return null;
}
