// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "../capabilities/names.ts";
import { allCapabilities, type CapabilitySet } from "../capabilities/set.ts";
import { readLastCapability } from "../linux/procfs/machine.ts";
import { readProcessStatus } from "../linux/procfs/task.ts";

/** What the sets of a process are measured against. */
export interface Yardstick {
  /** Everything that this kernel knows; what we know, where it does not tell. */
  readonly all: CapabilitySet;
  /** The bounding set of pid 1; everything, where that cannot be read. */
  readonly ceiling: CapabilitySet;
}

/** Reads it from this system. */
export function readYardstick(): Yardstick {
  const all = allCapabilities(readLastCapability() ?? CAPABILITY_NAMES.length - 1);
  const first = readProcessStatus(1);
  return { all, ceiling: first.kind === "status" ? first.status.bounding : all };
}
