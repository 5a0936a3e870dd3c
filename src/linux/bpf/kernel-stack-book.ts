// SPDX-License-Identifier: Apache-2.0
import { deleteEntries } from "./forget-images.ts";
import { type KernelSymbols, readKernelSymbols } from "./kernel-symbols.ts";
import { type EvidenceSource, visitEvidence } from "./read-evidence.ts";
import { addressesOf, nameFrames } from "./stack-frames.ts";
import { decodeCheck } from "./wire-check.ts";
import * as wire from "./wire-format.ts";
import { decodeSample, decodeStack } from "./wire-stack.ts";

/** Functions, innermost first. */
export type KernelStack = readonly string[];

/** The maps of stacks are emptied when so many were added. They have room for four times that. */
const TIDY_AFTER = 4096;

/** Return addresses of a kernel that loads and unloads modules; then they are asked for again. */
const SYMBOL_LIMIT = 65_536;

/** The kernel stacks of a trace by id. Each is read and named once. */
export class KernelStackBook {
  readonly #source: EvidenceSource;
  #frames = new Map<number, KernelStack>();
  #symbols = new Map<bigint, string>();
  #tidiedAt = 0;

  constructor(source: EvidenceSource) {
    this.#source = source;
  }

  /** Those that the samples of some rows need; a stack that was not kept is left out. */
  framesOf(
    samples: ReadonlyMap<number, ReadonlyMap<number, number>>,
  ): ReadonlyMap<number, KernelStack> {
    for (const ofRow of samples.values()) {
      for (const id of ofRow.keys()) {
        if (this.#frames.has(id)) continue;
        this.#readNew();
        return this.#frames;
      }
    }
    return this.#frames;
  }

  /** Makes room for stacks that are to come. `stacksMade` counts all that ever were. */
  tidy(stacksMade: number): void {
    if (stacksMade - this.#tidiedAt < TIDY_AFTER) return;
    this.#tidiedAt = stacksMade;
    const known = new Set(this.#frames.keys());
    const keys = this.#readNew();
    deleteEntries(this.#source, "stacks", keys);
    const { userStack, stackId } = wire.SIZES;
    const userKeys: Uint8Array[] = [];
    visitEvidence(this.#source, "user_stacks", userStack, stackId, (key) =>
      userKeys.push(key.slice()),
    );
    deleteEntries(this.#source, "user_stacks", userKeys);
    // A stack that is new may be on its way into a row.
    const used = this.#idsInUse();
    const kept = [...this.#frames].filter(([id]) => used.has(id) || !known.has(id));
    this.#frames = new Map(kept);
  }

  /** Returns the keys of all that the map holds. */
  #readNew(): readonly Uint8Array[] {
    const keys: Uint8Array[] = [];
    const fresh = new Map<number, bigint[]>();
    visitEvidence(this.#source, "stacks", wire.SIZES.stack, wire.SIZES.stackId, (key, value) => {
      const id = wire.decodeId(value);
      if (!this.#frames.has(id)) fresh.set(id, decodeStack(key));
      keys.push(key.slice());
    });
    const symbols = this.#name(addressesOf(fresh.values()));
    for (const [id, stack] of fresh) this.#frames.set(id, nameFrames(stack, symbols));
    return keys;
  }

  #name(addresses: readonly bigint[]): KernelSymbols {
    if (this.#symbols.size > SYMBOL_LIMIT) this.#symbols = new Map();
    const unknown = addresses.filter((address) => !this.#symbols.has(address));
    const { libbpf, fdOf, symbolProgram: program } = this.#source;
    const named = readKernelSymbols(libbpf, { program, map: fdOf("symbols") }, unknown);
    for (const [address, name] of named) this.#symbols.set(address, name);
    return this.#symbols;
  }

  /** Ids that rows of the maps name. */
  #idsInUse(): ReadonlySet<number> {
    const ids = new Set<number>();
    const { checkKey, checkCounters, sampleKey, sampleCount } = wire.SIZES;
    visitEvidence(this.#source, "checks", checkKey, checkCounters, (key, counters) => {
      for (const { stack } of decodeCheck(key, counters).samples) ids.add(stack);
    });
    visitEvidence(this.#source, "samples", sampleKey, sampleCount, (key, value) => {
      ids.add(decodeSample(key, value).stack);
    });
    return ids;
  }
}
