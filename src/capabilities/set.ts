// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES, capabilityName } from "./names.ts";

/** A set of capabilities as the kernel's 64-bit mask: bit n is capability number n. */
export type CapabilitySet = bigint;

export const EMPTY_SET: CapabilitySet = 0n;

/** The set of all capabilities up to and including number `last` (/proc/sys/kernel/cap_last_cap). */
export function allCapabilities(last: number): CapabilitySet {
  return (1n << BigInt(last + 1)) - 1n;
}

/** Decodes the hexadecimal mask of a `Cap*:` line of /proc/PID/status. */
export function parseMask(hexadecimal: string): CapabilitySet {
  if (!/^[0-9a-fA-F]{1,16}$/.test(hexadecimal)) {
    throw new RangeError(`not a capability mask: ${JSON.stringify(hexadecimal)}`);
  }
  return BigInt(`0x${hexadecimal}`);
}

/** The set with exactly these names; a name the table does not know is an error. */
export function setOf(...names: readonly string[]): CapabilitySet {
  let mask = EMPTY_SET;
  for (const name of names) {
    const number = CAPABILITY_NAMES.indexOf(name);
    if (number === -1) throw new RangeError(`unknown capability: ${JSON.stringify(name)}`);
    mask |= 1n << BigInt(number);
  }
  return mask;
}

/** True when `outer` holds everything that `inner` holds. */
export function includesAll(outer: CapabilitySet, inner: CapabilitySet): boolean {
  return (inner & ~outer) === EMPTY_SET;
}

const namesOfMask = new Map<CapabilitySet, readonly string[]>();

/** Names in number order. The same mask gives the same array, so that a report shares them. */
export function capabilityNames(set: CapabilitySet): readonly string[] {
  const known = namesOfMask.get(set);
  if (known !== undefined) return known;
  const names: string[] = [];
  for (let rest = set, number = 0; rest !== EMPTY_SET; rest >>= 1n, number++) {
    if ((rest & 1n) === 1n) names.push(capabilityName(number));
  }
  namesOfMask.set(set, names);
  return names;
}
