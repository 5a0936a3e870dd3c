// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES, capabilityName } from "./names.ts";

/** A set of capabilities as the kernel's 64-bit mask: bit n is capability number n. */
export type CapabilitySet = bigint;

export const EMPTY_SET: CapabilitySet = 0n;

/** All 64 bits, known or not: what the kernel does not know is left out when a set is applied. */
export const EVERYTHING: CapabilitySet = (1n << 64n) - 1n;

/** The set of all capabilities up to and including number `last` (/proc/sys/kernel/cap_last_cap). */
export function allCapabilities(last: number): CapabilitySet {
  return (1n << BigInt(last + 1)) - 1n;
}

/** Every capability that has a name here: what `ALL` means where no kernel was asked. */
export const NAMED_CAPABILITIES: CapabilitySet = allCapabilities(CAPABILITY_NAMES.length - 1);

/** The set as /proc/PID/status writes it: 16 hexadecimal digits. */
export function formatMask(set: CapabilitySet): string {
  return set.toString(16).padStart(16, "0");
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

/** Numbers of the capabilities in a set, in order. */
export function capabilityNumbers(set: CapabilitySet): readonly number[] {
  const numbers: number[] = [];
  for (let rest = set, number = 0; rest !== EMPTY_SET; rest >>= 1n, number++) {
    if ((rest & 1n) === 1n) numbers.push(number);
  }
  return numbers;
}

const namesOfMask = new Map<CapabilitySet, readonly string[]>();

/** Names in number order. The same mask gives the same array, so that a report shares them. */
export function capabilityNames(set: CapabilitySet): readonly string[] {
  const known = namesOfMask.get(set);
  if (known !== undefined) return known;
  const names = capabilityNumbers(set).map(capabilityName);
  namesOfMask.set(set, names);
  return names;
}
