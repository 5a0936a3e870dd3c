// SPDX-License-Identifier: Apache-2.0
import { capabilityName } from "../../capabilities/names.ts";
import { type CapabilitySet, capabilityNames, EMPTY_SET } from "../../capabilities/set.ts";
import type { CapabilityProof, Proof, RefusedCall } from "../model.ts";
import { keyOf } from "./outcome.ts";
import type { SearchResult } from "./search.ts";
import { numbersOf } from "./start-set.ts";
import type { Trials } from "./trials.ts";

export interface ProofFacts extends Pick<
  Proof,
  "method" | "uid" | "criterion" | "runsPerAnswer" | "notes"
> {
  /** What the command had in the reference run. */
  readonly granted: CapabilitySet;
  /** What this kernel has and the command could not be given. */
  readonly lacking: CapabilitySet;
  /** What was not tried to be dropped, because the runs did not use it alike. */
  readonly kept: CapabilitySet;
}

/** What the search and its runs say of each capability. */
export function proofOf(facts: ProofFacts, result: SearchResult, trials: Trials): Proof {
  const { method, uid, criterion, runsPerAnswer, notes, granted, lacking } = facts;
  const isProven = result.isMinimal && facts.kept === EMPTY_SET;
  const sets = isProven ? [result.working, ...result.alternatives] : [];
  return {
    method,
    uid,
    criterion,
    runsPerAnswer,
    capabilities: numbersOf(granted | lacking).map((number) =>
      proveOne(number, facts, result, trials),
    ),
    minimalSets: sets.map(capabilityNames),
    workingSet: capabilityNames(result.working),
    runs: trials.runs,
    durationNs: trials.durationNs,
    notes,
  };
}

function proveOne(
  number: number,
  { lacking, kept, runsPerAnswer }: ProofFacts,
  { working, isStopped }: SearchResult,
  trials: Trials,
): CapabilityProof {
  const mask = 1n << BigInt(number);
  const capability = capabilityName(number);
  const common = { capability, failure: null, reason: null, refused: [] };
  if ((lacking & mask) !== EMPTY_SET) {
    return { ...common, proof: "untested", reason: "capscope does not have it itself" };
  }
  if ((kept & mask) !== EMPTY_SET) {
    return { ...common, proof: "untested", reason: "the first run used it, and the next did not" };
  }
  if ((working & mask) === EMPTY_SET) {
    return { ...common, proof: "droppable", refused: refusedIn(trials, working, capability) };
  }
  const without = working & ~mask;
  const { worked, tried } = trials.tallyOf(without);
  const failure = trials.failuresOf(without).findLast((each) => each !== null) ?? null;
  const refused = refusedIn(trials, without, capability);
  if (tried >= runsPerAnswer && worked === 0) {
    return { ...common, proof: "needed", failure, refused };
  }
  const reason =
    worked > 0 && worked < tried
      ? `it worked ${worked} of ${tried} times without it`
      : isStopped
        ? "the search was stopped before"
        : "it was not tried";
  return { ...common, proof: "untested", failure, reason, refused };
}

/** Of all runs with a set, each call once; those that failed for lack of permission first. */
function refusedIn(trials: Trials, set: CapabilitySet, capability: string): readonly RefusedCall[] {
  const calls = trials
    .outcomesOf(set)
    .flatMap(({ refused }) => refused)
    .filter((each) => each.capability === capability);
  const known = new Map(calls.map((call) => [keyOf(call), call]));
  const rank = ({ end, errno }: RefusedCall): number => {
    if (errno === "EPERM" || errno === "EACCES") return 0;
    return end === "failed" ? 1 : 2;
  };
  return [...known.values()].toSorted((one, other) => rank(one) - rank(other));
}
