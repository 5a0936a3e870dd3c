// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EMPTY_SET } from "../../capabilities/set.ts";
import { capabilityNumber, compareCapabilities } from "../../capabilities/spelling.ts";
import {
  NEEDED_VERDICTS,
  type Observation,
  type ProofCriterion,
  type RefusedCall,
  type Run,
  type Verdict,
} from "../model.ts";
import type { TrialEnd } from "./attend.ts";
import type { Trial } from "./trial.ts";

/** What is kept of a run of the command. */
export interface Outcome {
  readonly end: TrialEnd;
  /** What was asked for and granted, and decided something. */
  readonly used: readonly string[];
  readonly refused: readonly RefusedCall[];
  readonly durationNs: number;
}

export function outcomeOf({ end, run }: Trial): Outcome {
  const used = run.observations
    .filter((each) => each.granted && isUse(each))
    .map(({ capability }) => capability);
  return {
    end,
    used: [...new Set(used)].toSorted(compareCapabilities),
    refused: refusedCalls(run),
    durationNs: run.durationNs,
  };
}

/** Whether a broader capability makes up for one differs with what else a run does. */
function isUse({ verdict, alternatives }: Observation): boolean {
  return USED_VERDICTS.includes(verdict) || alternatives.length > 0;
}

const USED_VERDICTS: readonly Verdict[] = [...NEEDED_VERDICTS, "self-confinement"];

/** The command worked: null. Otherwise what was wrong, in a few words. */
export function failureOf(
  { end, refused }: Outcome,
  criterion: ProofCriterion,
  reference: Outcome | null,
): string | null {
  const failure = failureOfEnd(end, criterion);
  if (failure !== null || !criterion.strict || reference === null) return failure;
  const known = new Set(reference.refused.map(keyOf));
  const fresh = refused.find((each) => each.end === "failed" && !known.has(keyOf(each)));
  return fresh === undefined
    ? null
    : `${fresh.syscall ?? "a call"} was refused ${fresh.capability}`;
}

function failureOfEnd({ kind, status, check }: TrialEnd, wanted: ProofCriterion): string | null {
  switch (kind) {
    case "ended":
      if (status !== wanted.status) return `ended with status ${status}, not ${wanted.status}`;
      return failureOfCheck(check);
    case "served":
      return failureOfCheck(check);
    case "ended-early": {
      const when = check === null ? "before it was ready" : "while it was checked";
      return status === null || status === 0
        ? `ended ${when}`
        : `ended with status ${status} ${when}`;
    }
    case "not-ready":
      return "was not ready in time";
    case "timed-out":
      return "did not end in time";
    case "not-executed":
      return "could not be executed";
    case "interrupted":
      return "was interrupted";
  }
}

/** 124 is what the check ends with at its limit; see runHealthCommand. */
function failureOfCheck(check: number | null): string | null {
  if (check === null || check === 0) return null;
  return check === 124 ? "the check did not end in time" : `the check ended with status ${check}`;
}

/** What calls may have failed for, so that it may do instead of what is missing. */
export function refusedSet({ refused }: Outcome): CapabilitySet {
  const failed = refused.filter(({ end }) => end !== "succeeded");
  return setOfNames(failed.map(({ capability }) => capability));
}

/** Names without a number are left out. */
export function setOfNames(names: readonly string[]): CapabilitySet {
  return names.reduce((set, name) => {
    const number = capabilityNumber(name);
    return number === null ? set : set | (1n << BigInt(number));
  }, EMPTY_SET);
}

/** Each once, in the order of time. */
function refusedCalls({ observations, images }: Run): readonly RefusedCall[] {
  const programs = new Map(images.map(({ id, exe }) => [id, exe]));
  const calls = observations
    .filter(({ verdict }) => verdict === "denied")
    .flatMap((row) => callsOf(row, programs.get(row.image) ?? "[unknown]"));
  return [...new Map(calls.toReversed().map((call) => [keyOf(call), call])).values()].toReversed();
}

function callsOf(row: Observation, program: string): readonly RefusedCall[] {
  const { capability, syscall, gate, userStack, outcomes } = row;
  const common = { capability, program, syscall, gate, userStack };
  if (outcomes.length === 0) return [{ ...common, end: "not-seen", errno: null }];
  return outcomes.map(({ errno }) => ({
    ...common,
    end: errno === null ? "succeeded" : "failed",
    errno,
  }));
}

/** Equal for calls that tell the same. */
export function keyOf({ capability, program, syscall, end, errno, gate }: RefusedCall): string {
  return JSON.stringify([capability, program, syscall, end, errno, gate]);
}
