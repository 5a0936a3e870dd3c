// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:os";
import { SystemError } from "../../errors.ts";
import { errorName } from "../errno.ts";
import { findEndedImages, forgetImages, type KeyList } from "./forget-images.ts";
import { type KernelStack, KernelStackBook } from "./kernel-stack-book.ts";
import type { CheckChange, CheckFeed, CheckRecord, FedImage, FeedReading } from "./observation.ts";
import { type EvidenceSource, visitEvidence } from "./read-evidence.ts";
import { type RunningProgram, withProgram } from "./running-programs.ts";
import { decodeCheck, decodeRow } from "./wire-check.ts";
import * as wire from "./wire-format.ts";
import { decodeImage, decodeTaskStart } from "./wire-image.ts";
import { decodeSample } from "./wire-stack.ts";

/** Where a feed reads from. */
export interface FeedSource extends EvidenceSource {
  /** By pid: what ran before the trace. */
  readonly running: ReadonlyMap<number, RunningProgram>;
  readonly readState: () => wire.TraceState;
}

/** However little happens, all rows are read so often. */
const FULL_READING_NS = 1e9;

/** What was reported of a row. */
interface KnownRow {
  count: number;
  /** Kernel stacks. */
  stacks: number;
  /** It changed at the last reading: samples of its last checks may still be on their way. */
  isRecent: boolean;
}

type DecodedRow = ReturnType<typeof decodeCheck>;

/** Numbers of samples by stack id. */
type StackCounts = ReadonlyMap<number, number>;

/** Starts to read a trace by what changed. */
export function openCheckFeed(source: FeedSource): CheckFeed {
  return new BpfCheckFeed(source);
}

class BpfCheckFeed implements CheckFeed {
  readonly #source: FeedSource;
  readonly #stacks: KernelStackBook;
  readonly #rows = new Map<number, KnownRow>();
  readonly #images = new Map<number, FedImage>();
  /** Read into again and again: there may be thousands in a second. */
  readonly #image = new Uint8Array(wire.SIZES.image);
  #rowsMade = 0;
  #hasRecent = false;
  #fullReadingNs = 0;

  constructor(source: FeedSource) {
    this.#source = source;
    this.#stacks = new KernelStackBook(source);
  }

  read(nowNs: number): FeedReading {
    const state = this.#source.readState();
    const isDue = nowNs - this.#fullReadingNs >= FULL_READING_NS;
    const isQuiet = !this.#hasRecent && state.rowsMade === this.#rowsMade;
    if (isQuiet && !isDue) return { changes: [], forgotten: [] };
    this.#rowsMade = state.rowsMade;
    if (isDue) this.#fullReadingNs = nowNs;
    const ended = isDue ? findEndedImages(this.#source, nowNs) : new Set<number>();
    const { changed, doomed } = this.#findChangedRows(ended);
    const changes = this.#report(changed, doomed.rows);
    forgetImages(this.#source, ended, doomed);
    for (const row of doomed.rows) this.#rows.delete(row);
    for (const id of ended) this.#images.delete(id);
    this.#stacks.tidy(state.stacksMade);
    return { changes, forgotten: [...ended] };
  }

  #findChangedRows(ended: ReadonlySet<number>): {
    readonly changed: readonly DecodedRow[];
    readonly doomed: KeyList;
  } {
    const changed: DecodedRow[] = [];
    const doomed: KeyList = { keys: [], rows: new Set() };
    const { checkKey, checkCounters } = wire.SIZES;
    visitEvidence(this.#source, "checks", checkKey, checkCounters, (key, counters) => {
      const { row, count } = decodeRow(counters);
      // A row of which nothing was counted yet is being made.
      if (count === 0) return;
      if (ended.has(wire.decodeId(key))) {
        doomed.keys.push(key.slice());
        doomed.rows.add(row);
      }
      const known = this.#rows.get(row);
      if (known === undefined || known.count !== count || known.isRecent) {
        changed.push(decodeCheck(key, counters));
      }
    });
    return { changed, doomed };
  }

  #report(changed: readonly DecodedRow[], doomed: ReadonlySet<number>): readonly CheckChange[] {
    const samples = this.#readSamples(changed);
    const frames = this.#stacks.framesOf(samples);
    this.#hasRecent = false;
    return changed.flatMap((decoded) => {
      const stacks = samples.get(decoded.row) ?? new Map<number, number>();
      return this.#changeOf(decoded, stacks, frames, doomed.has(decoded.row));
    });
  }

  /** A row without a stack waits for its samples until the next reading, unless it is the last. */
  #changeOf(
    { row, check }: DecodedRow,
    stacks: StackCounts,
    frames: ReadonlyMap<number, KernelStack>,
    isLast: boolean,
  ): readonly CheckChange[] {
    const known = this.#rows.get(row);
    const seen = known ?? { count: 0, stacks: 0, isRecent: false };
    this.#rows.set(row, seen);
    seen.isRecent = seen.count !== check.count;
    this.#hasRecent ||= seen.isRecent;
    if (known === undefined && stacks.size === 0 && !isLast) return [];
    const hasNewStacks = stacks.size > seen.stacks || seen.count === 0;
    const added = check.count - seen.count;
    if (added === 0 && !hasNewStacks) return [];
    seen.count = check.count;
    seen.stacks = stacks.size;
    const kernelStacks = hasNewStacks ? stacksOf(stacks, frames) : [];
    return [
      {
        row,
        image: this.#imageOf(check.image),
        check: { ...check, stacks: kernelStacks, userStacks: [] },
        added,
        hasNewStacks,
      },
    ];
  }

  /** Of kernel stacks, by row; those that did not fit into the row as well. */
  #readSamples(changed: readonly DecodedRow[]): ReadonlyMap<number, StackCounts> {
    const samples = new Map(changed.map(({ row }) => [row, new Map<number, number>()]));
    if (changed.length === 0) return samples;
    const add = (row: number, stack: number, count: number): void => {
      if (stack < wire.FIRST_USER_STACK) samples.get(row)?.set(stack, count);
    };
    for (const each of changed) {
      for (const { row, stack, count } of each.samples) add(row, stack, count);
    }
    visitEvidence(
      this.#source,
      "samples",
      wire.SIZES.sampleKey,
      wire.SIZES.sampleCount,
      (key, value) => {
        if (!samples.has(wire.decodeId(key))) return;
        const { row, stack, count } = decodeSample(key, value);
        add(row, stack, count);
      },
    );
    return samples;
  }

  #imageOf(id: number): FedImage | null {
    const known = this.#images.get(id);
    if (known !== undefined) return known;
    const { libbpf, fdOf, running } = this.#source;
    const value = this.#image;
    const result = libbpf.lookup(fdOf("images"), wire.encodeId(id), value);
    if (result === -constants.errno.ENOENT) return null;
    if (result < 0) throw new SystemError("reading a program", errorName(-result));
    const record = decodeImage(id, value);
    const taskStartNs = decodeTaskStart(value);
    const program = record.origin === "attached" ? running.get(record.pid) : undefined;
    const image = { ...withProgram(record, taskStartNs, program ?? null), taskStartNs };
    this.#images.set(id, image);
    return image;
  }
}

function stacksOf(
  samples: StackCounts,
  frames: ReadonlyMap<number, KernelStack>,
): CheckRecord["stacks"] {
  return [...samples].flatMap(([id, count]) => {
    const found = frames.get(id);
    return found === undefined ? [] : [{ frames: found, samples: count }];
  });
}
