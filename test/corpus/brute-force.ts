// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "../../src/capabilities/names.ts";
import { onlyWith, perform } from "./perform.ts";
import type { Scenario } from "./scenario.ts";

/**
 * Finds out by trying which capabilities a scenario needs: one after the other is taken away, for good
 * when the job is done without it. What is left suffices, and each of it is needed beside the others.
 * Of two that both would do the first to be tried goes: dac_override before dac_read_search. Returns
 * null when the job is not even done with all.
 */
export async function bruteForce(
  scenario: Scenario,
  tell: (line: string) => void,
): Promise<readonly string[] | null> {
  const failure = await perform(scenario, onlyWith(CAPABILITY_NAMES));
  if (failure !== null) {
    tell(`does not work at all: ${failure}`);
    return null;
  }
  let kept: readonly string[] = CAPABILITY_NAMES;
  for (const capability of CAPABILITY_NAMES) {
    const rest = kept.filter((each) => each !== capability);
    const failed = await perform(scenario, onlyWith(rest));
    if (failed === null) kept = rest;
    else tell(`not without ${capability}: ${failed.replaceAll(/\s+/g, " ").slice(-200)}`);
  }
  return kept.toSorted();
}

/**
 * Tries a set that is said to be minimal, with what counts on some machines only beside it. Returns
 * what is wrong with it: words, none where the job is done with it and not with one less.
 */
export async function findFaults(
  scenario: Scenario,
  set: readonly string[],
): Promise<readonly string[]> {
  const beside = Object.keys(scenario.onSomeMachines ?? {});
  const failure = await perform(scenario, onlyWith([...set, ...beside]));
  if (failure !== null) return [`does not work with ${set.join(" ") || "nothing"}: ${failure}`];
  const faults: string[] = [];
  for (const capability of set) {
    const rest = set.filter((each) => each !== capability);
    const failed = await perform(scenario, onlyWith([...rest, ...beside]));
    if (failed === null) faults.push(`works without ${capability}`);
  }
  return faults;
}
