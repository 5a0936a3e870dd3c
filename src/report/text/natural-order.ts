// SPDX-License-Identifier: Apache-2.0

/** Orders strings so that numbers in them count as numbers: `eth2` before `eth10`. */
export function compareNatural(one: string, other: string): number {
  if (one === other) return 0;
  const left = one.match(/\d+|\D+/g) ?? [];
  const right = other.match(/\d+|\D+/g) ?? [];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const order = compareParts(left[index] ?? "", right[index] ?? "");
    if (order !== 0) return order;
  }
  // "01" and "1" count as equal above: the order must still be total.
  return left.length - right.length || compareText(one, other);
}

/** Orders strings by UTF-16 unit: the same on every machine, whatever its locale. */
export function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function compareParts(one: string, other: string): number {
  const numeric = /^\d/.test(one) && /^\d/.test(other);
  return (numeric ? Number(one) - Number(other) : 0) || (numeric ? 0 : compareText(one, other));
}
