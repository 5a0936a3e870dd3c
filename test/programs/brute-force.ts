// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "../../src/capabilities/names.ts";
import { onlyWith, perform } from "./perform.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/index.ts";

/**
 * Finds out by trying which capabilities each scenario needs: one after the other is taken away, for
 * good when the job is done without it. What is left suffices, and each of it is needed beside the
 * others. Of two that both would do the first to be tried goes: dac_override before
 * dac_read_search. Takes minutes; no test runs it.
 * Usage: bun test/programs/brute-force.ts [WORD-OF-A-TITLE...]
 */
if (import.meta.main) {
  const words = process.argv.slice(2);
  for (const scenario of SCENARIOS) {
    if (words.length === 0 || words.some((word) => scenario.title.includes(word))) {
      console.log(`${scenario.title}: ${await describeTruth(scenario)}`);
    }
  }
}

async function describeTruth(scenario: Scenario): Promise<string> {
  const failure = await perform(scenario, onlyWith(CAPABILITY_NAMES));
  if (failure !== null) return `does not work at all: ${failure}`;
  let kept: readonly string[] = CAPABILITY_NAMES;
  for (const capability of CAPABILITY_NAMES) {
    const rest = kept.filter((each) => each !== capability);
    const failed = await perform(scenario, onlyWith(rest));
    if (failed === null) kept = rest;
    else console.log(`  ${capability}: ${failed.replaceAll(/\s+/g, " ").slice(-300)}`);
  }
  return kept.join(" ") || "nothing";
}
