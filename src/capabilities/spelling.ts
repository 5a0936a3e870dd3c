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

/** Orders names by their numbers; what has no number comes last. */
export function compareCapabilities(one: string, other: string): number {
  const numbers = [one, other].map((name) => capabilityNumber(name) ?? Infinity);
  const [first = 0, second = 0] = numbers;
  if (first !== second) return first < second ? -1 : 1;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
