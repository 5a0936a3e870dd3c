// SPDX-License-Identifier: Apache-2.0
import type { Profile } from "../trace/model.ts";
import { adviceNotes } from "./advice-notes.ts";
import { recommendC } from "./c-program.ts";
import { recommendDocker, recommendPodman } from "./containers.ts";
import { recommendFileCapabilities } from "./file-capabilities.ts";
import { type Grant, grantOf } from "./grant.ts";
import { recommendKubernetes } from "./kubernetes.ts";
import type { Advice, Recommendation } from "./model.ts";
import { recommendPython } from "./python-program.ts";
import { recommendSystemd } from "./systemd.ts";

/**
 * Writes the configurations that follow from a profile: they grant what was needed, and what
 * programs insist on having in their sets. A profile that shows too little gets none.
 */
export function adviseOn(profile: Profile): Advice {
  const grant = grantOf(profile);
  const refusal = refusalOf(profile, grant);
  if (refusal !== null) return { notes: [refusal], recommendations: [] };
  const recommendations = RECOMMENDERS.map((recommend) => recommend(profile, grant));
  return {
    notes: adviceNotes(profile, grant),
    recommendations: recommendations.filter((each) => each !== null),
  };
}

type Recommender = (profile: Profile, grant: Grant) => Recommendation | null;

const RECOMMENDERS: readonly Recommender[] = [
  recommendSystemd,
  recommendFileCapabilities,
  recommendDocker,
  recommendPodman,
  recommendKubernetes,
  recommendC,
  recommendPython,
];

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
