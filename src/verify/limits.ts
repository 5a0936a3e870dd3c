// SPDX-License-Identifier: Apache-2.0
import type { CapabilitySet } from "../capabilities/set.ts";
import type { Sets } from "./compare.ts";
import type { Expectation } from "./model.ts";

/** What is expected, and what each set may hold at most. */
export interface Limits {
  readonly expectation: Expectation;
  readonly sets: Sets;
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
  return { expectation, sets };
}

/** What a unit gives its processes. */
export interface UnitSets {
  readonly bounding: CapabilitySet;
  readonly ambient: CapabilitySet;
  readonly noNewPrivileges: boolean;
  /** Its command is started as root, and may keep what root has when it becomes another user. */
  readonly startsAsRoot: boolean;
  /** Root has no privilege of its own: "noroot". */
  readonly isWithoutRoot: boolean;
}

/**
 * What follows from a unit's settings, by man 7 capabilities: at exec root is given the bounding
 * set, another user what is ambient, or what the file gives unless no_new_privs is set. A process
 * may itself raise what it has into the inheritable set.
 */
export function limitsOfUnit(unit: UnitSets, expectation: Expectation): Limits {
  const ambient = unit.ambient & unit.bounding;
  const hasRoot = unit.startsAsRoot && !unit.isWithoutRoot;
  const own = hasRoot || !unit.noNewPrivileges ? unit.bounding : ambient;
  const sets: Sets = {
    inheritable: unit.bounding,
    permitted: own,
    effective: own,
    bounding: unit.bounding,
    ambient,
  };
  return { expectation, sets };
}
