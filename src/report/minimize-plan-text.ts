// SPDX-License-Identifier: Apache-2.0
import type { Proof, ProofCriterion } from "../trace/model.ts";
import { namesText } from "./minimize-progress.ts";
import { criterionText } from "./proof-section.ts";
import { escapeText } from "./text/escape.ts";

/** What a search would do. */
export interface PlanFacts extends Pick<Proof, "method" | "uid" | "runsPerAnswer"> {
  readonly argv: readonly string[];
  /** What stands before the command to limit it, here to nothing. */
  readonly launcher: readonly string[];
  readonly granted: readonly string[];
  readonly lacking: readonly string[];
  readonly criterion: ProofCriterion;
  readonly preparation: string | null;
  readonly runLimit: number;
  readonly jobs: number;
  readonly limitSeconds: number;
  readonly stateFile: string | null;
}

/** Renders a plan, for people; nothing was run. */
export function renderPlanText(facts: PlanFacts): string {
  const { runsPerAnswer: runs, granted, lacking, limitSeconds } = facts;
  const lines = [
    "Nothing was run. This would be done:",
    `  run ${words(facts.argv)} once, traced, with ${granted.length} capabilities`,
    `  run it again with what was used alone, then with one capability less each time, ${runs} times each`,
    `  with n capabilities used, that is about ${runs} * (n + 2) - 1 runs; ${facts.runLimit} at most${facts.jobs > 1 ? `, ${facts.jobs} at the same time where they do not disturb each other` : ""}`,
    `  each run does whatever the command does, in a session of its own, for ${limitSeconds} s at most; what it leaves behind is ended`,
    `Limited by: ${words(facts.launcher)}`,
    `Run as: ${facts.method === "root" ? "root, limited by the bounding set" : `uid ${facts.uid}, with ambient capabilities`}`,
    `It works when it ${criterionText(facts.criterion)}`,
    ...(facts.preparation === null ? [] : [`Before each run: ${escapeText(facts.preparation)}`]),
    ...(lacking.length === 0
      ? []
      : [`Cannot be tested, as capscope lacks it: ${namesText(lacking)}`]),
    `State: ${facts.stateFile === null ? "not kept; --resume FILE keeps it" : `kept in ${escapeText(facts.stateFile)}`}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function words(argv: readonly string[]): string {
  return argv.map((word) => escapeText(/^[^\s'"]+$/.test(word) ? word : `'${word}'`)).join(" ");
}
