// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, capabilityNames, includesAll, setOf } from "../capabilities/set.ts";
import type { GrantedCapability } from "./model.ts";

/** What a unit declares, and what its processes hold. */
export interface UnitState {
  readonly unit: string;
  readonly bounding: CapabilitySet;
  readonly ambient: CapabilitySet;
  /** Permitted sets of all its processes together; null where none runs. */
  readonly held: CapabilitySet | null;
  /** Its processes are given root's user id when they start. */
  readonly startsAsRoot: boolean;
  /** One of its processes is of another user than root. */
  readonly hasOtherUser: boolean;
}

/** What to grant a unit so that it can go on as it is; `gaps` says what that does not tell. */
export interface UnitSet {
  readonly capabilities: readonly GrantedCapability[];
  readonly gaps: readonly string[];
}

/**
 * The set that a unit's processes hold, and what they must have held to give up the rest. `ceiling`
 * is what root has on this system.
 */
export function unitSetOf(state: UnitState, ceiling: CapabilitySet): UnitSet {
  const { held, bounding, ambient, startsAsRoot } = state;
  const base = held ?? (startsAsRoot ? bounding : ambient);
  const lacking = changeOfUser(state) & bounding & ~base;
  const all = base | lacking;
  const inferred = capabilityNames(lacking);
  return {
    capabilities: capabilityNames(all).map((capability) => ({
      capability,
      basis: "untested",
      reason: reasonOf(state, inferred.includes(capability)),
    })),
    gaps: [
      "What a process holds is not what it needs: capscope trace --unit UNIT --restart tells.",
      ...(includesAll(all, ceiling)
        ? ["It holds every capability that root has here: this limits nothing."]
        : []),
      ...(held === null ? [] : ["What it gave up since it started is not in it."]),
    ],
  };
}

/** A service that starts as root and works as another user had these. */
function changeOfUser({ startsAsRoot, hasOtherUser }: UnitState): CapabilitySet {
  return startsAsRoot && hasOtherUser ? setOf("setgid", "setuid") : 0n;
}

function reasonOf({ held }: UnitState, isInferred: boolean): string {
  if (isInferred) return "it starts as root, and a process of it is of another user";
  return held === null ? "declared by the unit" : "held by a process of the unit";
}
