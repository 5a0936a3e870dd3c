// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "./names.ts";

/** The number of a name as `capabilityName` gives it; null when it is none. */
export function capabilityNumber(name: string): number | null {
  const index = CAPABILITY_NAMES.indexOf(name);
  if (index !== -1) return index;
  const number = /^cap_([0-9]{1,2})$/.exec(name)?.[1];
  return number === undefined ? null : Number(number);
}

/** The name as C, systemd and Kyverno spell it: CAP_NET_RAW; `cap_41` becomes CAP_41. */
export function constantName(name: string): string {
  const upper = name.toUpperCase();
  return upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
}

/** As container runtimes spell it: NET_RAW; what has only a number stays CAP_41. */
export function containerName(name: string): string {
  return constantName(name).replace(/^CAP_(?!\d)/, "");
}

/** As cap_from_text(3) and setcap(8) read it: cap_net_raw; what has no name is a bare number. */
export function libcapName(number: number): string {
  const name = CAPABILITY_NAMES[number];
  return name === undefined ? String(number) : `cap_${name}`;
}

/** As systemd reads it: CAP_NET_RAW; what has no name is a bare number. */
export function systemdName(number: number): string {
  const name = CAPABILITY_NAMES[number];
  return name === undefined ? String(number) : `CAP_${name.toUpperCase()}`;
}

/** Masks and sets of the kernel have 64 bits. */
export const HIGHEST_NUMBER = 63;

/** The number of one word in any spelling: `net_raw`, `CAP_NET_RAW`, `13`, `cap_41`; else null. */
export function parseCapabilityWord(word: string): number | null {
  const name = word.toLowerCase().replace(/^cap_/, "");
  const number = /^[0-9]{1,2}$/.test(name) ? Number(name) : CAPABILITY_NAMES.indexOf(name);
  return number === -1 || number > HIGHEST_NUMBER ? null : number;
}

/** Orders names by their numbers; what has no number comes last. */
export function compareCapabilities(one: string, other: string): number {
  const numbers = [one, other].map((name) => capabilityNumber(name) ?? Infinity);
  const [first = 0, second = 0] = numbers;
  if (first !== second) return first < second ? -1 : 1;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
