// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EMPTY_SET } from "../../capabilities/set.ts";
import { CAPABILITY_NAMES } from "../../capabilities/names.ts";
import { capabilityNumber } from "../../capabilities/spelling.ts";
import type { CapabilityFinding, Verdict } from "../model.ts";
import type { SearchPlan } from "./search.ts";

/** Verdicts that speak for a need, the weakest first. */
const START_VERDICTS: readonly Verdict[] = [
  "capset-only",
  "self-confinement",
  "conditional",
  "required",
];

/** What allows most: of two that both would do, the other is to be kept. */
const BROADEST = ["sys_admin", "dac_override", "net_admin", "sys_ptrace", "setpcap"];

/** From so many on, those of one verdict are tried to be dropped together first. */
const BISECTED_FROM = 12;

/** Where the search begins. */
export interface StartSet {
  readonly plan: SearchPlan;
  /** What the evidence speaks for. */
  readonly set: CapabilitySet;
}

/**
 * What a trace shows to be used is dropped one by one, the weakest evidence first; everything else
 * before it, at once. In that, what was never asked for comes first.
 */
export function startSetOf(
  findings: readonly CapabilityFinding[],
  granted: CapabilitySet,
): StartSet {
  const verdicts = new Map<number, Verdict>();
  for (const { capability, verdict } of findings) {
    const number = capabilityNumber(capability);
    if (number !== null) verdicts.set(number, verdict);
  }
  const all = numbersOf(granted);
  const started = all.filter((number) => START_VERDICTS.includes(verdicts.get(number) ?? "denied"));
  const others = all.filter((number) => !started.includes(number));
  const outside = [
    ...others.filter((number) => !verdicts.has(number)),
    ...others.filter((number) => verdicts.has(number)),
  ];
  const groups = START_VERDICTS.flatMap((verdict) =>
    grouped(broadestFirst(started.filter((number) => verdicts.get(number) === verdict))),
  );
  return {
    plan: { all: granted, groups: outside.length === 0 ? groups : [outside, ...groups], kept: 0n },
    set: started.reduce((set, number) => set | (1n << BigInt(number)), EMPTY_SET),
  };
}

/** The plan that leaves some capabilities alone. */
export function keeping(kept: CapabilitySet, { all, groups }: SearchPlan): SearchPlan {
  const isFree = (number: number): boolean => (kept & (1n << BigInt(number))) === EMPTY_SET;
  const free = groups.map((group) => group.filter(isFree)).filter(({ length }) => length > 0);
  return { all, groups: free, kept };
}

function grouped(numbers: readonly number[]): readonly (readonly number[])[] {
  return numbers.length < BISECTED_FROM ? numbers.map((number) => [number]) : [numbers];
}

function broadestFirst(numbers: readonly number[]): readonly number[] {
  const rank = (number: number): number => {
    const at = BROADEST.indexOf(CAPABILITY_NAMES[number] ?? "");
    return at === -1 ? BROADEST.length : at;
  };
  return numbers.toSorted((one, other) => rank(one) - rank(other) || one - other);
}

/** Ascending. */
export function numbersOf(set: CapabilitySet): readonly number[] {
  const numbers: number[] = [];
  for (let rest = set, number = 0; rest !== EMPTY_SET; rest >>= 1n, number++) {
    if ((rest & 1n) === 1n) numbers.push(number);
  }
  return numbers;
}
