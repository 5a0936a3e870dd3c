// SPDX-License-Identifier: Apache-2.0
import { HOST_CONTROL } from "../../capabilities/privilege.ts";
import { givesRoot } from "../../capabilities/root-ways.ts";
import { type CapabilitySet, capabilityNames, EMPTY_SET } from "../../capabilities/set.ts";
import { capabilityNumber } from "../../capabilities/spelling.ts";
import type { Credentials } from "../../process/model.ts";
import type { ListedProcess } from "../model.ts";

/**
 * Most dangerous first: who holds what is the same as root; who can otherwise get control of the host,
 * of others' data or of the network; who holds something else there; who holds
 * something in a child user namespace only; who holds nothing. Among them by how many capabilities
 * that give control, then by how many others, which any thread may use; then by pid.
 */
export function sortByDanger(processes: readonly ListedProcess[]): readonly ListedProcess[] {
  return processes
    .map((process) => ({ process, key: keyOf(process) }))
    .toSorted((one, other) => compareKeys(one.key, other.key))
    .map(({ process }) => process);
}

function keyOf(process: ListedProcess): readonly number[] {
  const held = heldNames(process);
  const control = held.filter((name) => CONTROL_NAMES.has(name)).length;
  return [rankOf(process, held), -control, -held.length, process.pid];
}

function rankOf(
  { privilegedCaps, childUserNamespace }: ListedProcess,
  held: readonly string[],
): number {
  if (held.length === 0) return 4;
  if (privilegedCaps) return givesRoot(setOfNames(held)) ? 0 : 1;
  return childUserNamespace === true ? 3 : 2;
}

/** Numbers that are not known yet lead nowhere. */
function setOfNames(names: readonly string[]): CapabilitySet {
  return names.reduce((set, name) => {
    const number = capabilityNumber(name);
    return number === null ? set : set | (1n << BigInt(number));
  }, EMPTY_SET);
}

/** Names that some thread of a process holds or can raise, in the order in which they were met. */
export function heldNames(process: ListedProcess): readonly string[] {
  const [first = [], ...others] = tasksOf(process).map(
    ({ capabilities }) => capabilities.permitted,
  );
  return others.length === 0 ? first : [...new Set([...first, ...others.flat()])];
}

function tasksOf(process: ListedProcess): readonly Credentials[] {
  return [process, ...process.differingThreads.map(({ credentials }) => credentials)];
}

function compareKeys(one: readonly number[], other: readonly number[]): number {
  for (const [at, value] of one.entries()) {
    const difference = value - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const CONTROL_NAMES: ReadonlySet<string> = new Set(capabilityNames(HOST_CONTROL));
