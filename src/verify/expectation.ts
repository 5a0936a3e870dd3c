// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, capabilityNames } from "../capabilities/set.ts";
import type { UnitCredentials } from "../linux/systemd/unit-credentials.ts";
import { type Limits, limitsOfSet, limitsOfUnit } from "./limits.ts";
import type { CapabilitySets } from "../process/model.ts";
import type { Expectation } from "./model.ts";

/** What a profile or a list allows. */
export interface GivenSet {
  readonly source: "profile" | "list";
  /** The profile's file. */
  readonly file: string | null;
  readonly proven: boolean | null;
  readonly set: CapabilitySet;
  /** False when the profile may lack what is needed. */
  readonly complete: boolean;
  readonly before: CapabilitySets | null;
}

/**
 * What is expected: the given set, and from a unit what it says besides; without a given set, what
 * the unit says of its sets as well.
 */
export function limitsFor(
  given: GivenSet | null,
  unit: UnitCredentials | null,
  exact: boolean,
  known: CapabilitySet,
): Limits {
  const rules = unit === null ? NO_RULES : rulesOf(unit);
  if (given !== null) return limitsOfGiven(given, { ...rules, exact, ambient: null });
  if (unit === null) throw new RangeError("nothing is expected");
  // "+" before the command: it starts with all that root has.
  const bounding = (unit.prefix === "full" ? known : unit.bounding) & known;
  const expectation: Expectation = {
    source: "unit",
    file: null,
    proven: null,
    complete: true,
    capabilities: capabilityNames(bounding),
    ambient: capabilityNames(unit.ambient),
    before: null,
    exact,
    ...rules,
  };
  const isWithoutRoot = unit.securebits.includes("noroot");
  const startsAsRoot = unit.uid === null || unit.prefix !== "none";
  const { ambient, noNewPrivileges } = unit;
  return limitsOfUnit(
    { bounding, ambient, noNewPrivileges, startsAsRoot, isWithoutRoot },
    expectation,
  );
}

type Rules = Pick<Expectation, "securebits" | "noNewPrivileges" | "uid">;

const NO_RULES: Rules = { securebits: null, noNewPrivileges: null, uid: null };

function rulesOf({ securebits, noNewPrivileges, uid, prefix }: UnitCredentials): Rules {
  if (prefix === "full") return NO_RULES;
  return {
    securebits: securebits.length === 0 ? null : securebits,
    noNewPrivileges: noNewPrivileges ? true : null,
    uid: prefix === "none" ? uid : null,
  };
}

function limitsOfGiven(
  { source, file, proven, set, complete, before }: GivenSet,
  rest: Rules & Pick<Expectation, "exact" | "ambient">,
): Limits {
  const capabilities = capabilityNames(set);
  return limitsOfSet(set, {
    source,
    file,
    proven,
    complete,
    capabilities,
    before,
    ...rest,
  });
}
