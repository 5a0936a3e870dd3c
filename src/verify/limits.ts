// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EMPTY_SET } from "../capabilities/set.ts";
import type { SeenHolder, Sets } from "./compare.ts";
import type { Expectation } from "./model.ts";

/** What is expected, and how much of it each process may have. */
export interface Limits {
  readonly expectation: Expectation;
  readonly setsFor: (holder: Pick<SeenHolder, "uid">) => Sets;
}

/** Every set holds at most these: a profile's, or a list's. */
export function limitsOfSet(set: CapabilitySet, expectation: Expectation): Limits {
  const sets: Sets = {
    inheritable: set,
    permitted: set,
    effective: set,
    bounding: set,
    ambient: set,
  };
  return { expectation, setsFor: () => sets };
}

/** What a unit gives its processes. */
export interface UnitSets {
  readonly bounding: CapabilitySet;
  readonly ambient: CapabilitySet;
  readonly noNewPrivileges: boolean;
  /** Root has no privilege of its own: "noroot". */
  readonly isWithoutRoot: boolean;
}

/**
 * What follows from a unit's settings, by man 7 capabilities: at exec root is given the bounding
 * set, another user what is ambient, or what the file gives unless no_new_privs is set. A process
 * may itself raise what it has into the inheritable set.
 */
export function limitsOfUnit(unit: UnitSets, expectation: Expectation): Limits {
  const gains = (uid: number | null): boolean =>
    !unit.noNewPrivileges || (uid === 0 && !unit.isWithoutRoot);
  return {
    expectation,
    setsFor: ({ uid }) => {
      const own = gains(uid) ? unit.bounding : unit.ambient & unit.bounding;
      const ambient = unit.ambient & unit.bounding;
      return {
        inheritable: unit.bounding,
        permitted: own,
        effective: own,
        bounding: unit.bounding,
        ambient,
      };
    },
  };
}

/** A set that nothing is in. */
export const NO_SETS: Sets = {
  inheritable: EMPTY_SET,
  permitted: EMPTY_SET,
  effective: EMPTY_SET,
  bounding: EMPTY_SET,
  ambient: EMPTY_SET,
};
