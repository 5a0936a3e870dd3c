// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EMPTY_SET } from "../capabilities/set.ts";
import { capabilityNumber } from "../capabilities/spelling.ts";
import type { CapabilitySets } from "../process/model.ts";
import type { Profile } from "../trace/model.ts";
import { refusalOf } from "./advise.ts";
import { firstCredentials, grantOf } from "./grant.ts";

/** What a program that is confined as its profile says may have. */
export interface ExpectedSet {
  readonly set: CapabilitySet;
  readonly proven: boolean;
  /** False when checks or programs were lost: the set may lack what they needed. */
  readonly complete: boolean;
  /** Sets of the first program when the trace began; null where none was seen. */
  readonly before: CapabilitySets | null;
  /** Why the profile says nothing about what is needed; null where it does. */
  readonly refusal: string | null;
}

/** Reads it out of a profile: the same set as the configurations that follow from it grant. */
export function expectedOf(profile: Profile): ExpectedSet {
  const grant = grantOf(profile);
  const set = setOfNames(grant.all);
  return {
    set,
    proven: grant.isProven,
    complete: profile.coverage.complete,
    before: beforeOf(profile),
    refusal: refusalOf(profile, grant),
  };
}

/** The set of names as profiles have them; what has no number is left out. */
export function setOfNames(names: readonly string[]): CapabilitySet {
  const numbers = names.map(capabilityNumber).filter((number) => number !== null);
  return numbers.reduce((set, number) => set | (1n << BigInt(number)), EMPTY_SET);
}

function beforeOf({ runs }: Profile): CapabilitySets | null {
  const [run] = runs;
  const first = run === undefined ? null : firstCredentials(run);
  if (first === null) return null;
  const { permitted, effective, inheritable, bounding, ambient } = first;
  return { permitted, effective, inheritable, bounding, ambient };
}
