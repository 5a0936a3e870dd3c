// SPDX-License-Identifier: Apache-2.0
import type { KernelSymbols } from "./kernel-symbols.ts";

/** What lies between the program that looks at the stack and the function that it looks at. */
const OWN_FRAMES = /^(bpf_|__bpf_|__traceiter_|arch_rethook_|kretprobe_|__kretprobe_|rethook_)/;

/** A return address may lie behind the end of a function that ends with a call. */
function addressInCaller(returnAddress: bigint): bigint {
  return returnAddress - 1n;
}

/** The addresses that have to be named for these stacks, each once. */
export function addressesOf(stacks: Iterable<readonly bigint[]>): bigint[] {
  const addresses = new Set<bigint>();
  for (const stack of stacks) for (const each of stack) addresses.add(addressInCaller(each));
  return [...addresses];
}

/**
 * Names a stack of return addresses, innermost first, without the tracer's own frames. Empty when
 * no function is known.
 */
export function nameFrames(stack: readonly bigint[], symbols: KernelSymbols): string[] {
  if (symbols.size === 0) return [];
  const names = stack.map((each) => symbols.get(addressInCaller(each)) ?? "[unknown]");
  const first = names.findIndex((name) => !OWN_FRAMES.test(name));
  return first === -1 ? [] : names.slice(first);
}

/** How often the stack with this id was seen in a row of checks. */
export interface StackSample {
  readonly row: number;
  readonly stack: number;
  readonly count: number;
}

/** A stack with the number of its samples. */
export interface SampledStack<Frame> {
  readonly frames: readonly Frame[];
  readonly samples: number;
}

/**
 * The stacks of each row, the most frequent first. Those whose frames have the same texts are one;
 * `framesOf` has the frames by stack id, and a stack that it lacks is left out.
 */
export function groupSamples<Frame>(
  samples: readonly StackSample[],
  framesOf: ReadonlyMap<number, readonly Frame[]>,
  textOf: (frame: Frame) => string,
): Map<number, readonly SampledStack<Frame>[]> {
  const rows = new Map<number, Map<string, SampledStack<Frame>>>();
  for (const { row, stack, count } of samples) {
    const frames = framesOf.get(stack);
    if (frames === undefined) continue;
    const ofRow = rows.get(row) ?? new Map<string, SampledStack<Frame>>();
    const name = frames.map(textOf).join(" ");
    ofRow.set(name, { frames, samples: (ofRow.get(name)?.samples ?? 0) + count });
    rows.set(row, ofRow);
  }
  const stacks = new Map<number, readonly SampledStack<Frame>[]>();
  for (const [row, ofRow] of rows) {
    stacks.set(
      row,
      [...ofRow.values()].sort((a, b) => b.samples - a.samples),
    );
  }
  return stacks;
}
