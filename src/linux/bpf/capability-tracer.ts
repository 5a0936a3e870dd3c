// SPDX-License-Identifier: Apache-2.0
import { SystemError } from "../../errors.ts";
import { type Libbpf, openLibbpf } from "../ffi/libbpf.ts";
import { errorName, type Libc, openLibc } from "../ffi/libc.ts";
import { followProcess, type FollowMaps } from "./follow-process.ts";
import { readKernelSymbols } from "./kernel-symbols.ts";
import { findMap, loadPrograms, type LoadedPrograms, unloadPrograms } from "./load-programs.ts";
import type {
  CapabilityTracer,
  CheckRecord,
  FollowScope,
  ImageRecord,
  LostCounters,
  WayIn,
} from "./observation.ts";
import { visitMap } from "./read-map.ts";
import { addressesOf, groupSamples, nameFrames, type StackSample } from "./stack-frames.ts";
import * as wire from "./wire-format.ts";

/**
 * Starts to count capability checks. A tree is empty until `follow`. Rejects with
 * UnsupportedError when this kernel or these privileges do not allow it.
 */
export async function openCapabilityTracer(options: {
  readonly scope: FollowScope;
  readonly wayIn?: WayIn;
}): Promise<CapabilityTracer> {
  const [libbpf, libc] = await Promise.all([openLibbpf(), openLibc()]);
  return new BpfCapabilityTracer(libbpf, libc, loadPrograms(libbpf, options));
}

class BpfCapabilityTracer implements CapabilityTracer {
  readonly wayIn: WayIn;
  readonly #libbpf: Libbpf;
  readonly #libc: Libc;
  readonly #programs: LoadedPrograms;
  readonly #maps: FollowMaps;
  #lastImage = 0;
  #tasksFollowed = 0;
  #isOpen = true;

  constructor(libbpf: Libbpf, libc: Libc, programs: LoadedPrograms) {
    this.wayIn = programs.wayIn;
    this.#libbpf = libbpf;
    this.#libc = libc;
    this.#programs = programs;
    this.#maps = {
      followed: this.#fdOf("followed"),
      images: this.#fdOf("images"),
      switches: this.#fdOf(".data.switches"),
    };
  }

  follow(pid: number): void {
    const image = this.#lastImage + 1;
    if (image >= wire.FIRST_KERNEL_IMAGE) throw new Error("too many processes to follow");
    this.#lastImage = image;
    this.#tasksFollowed += followProcess(this.#libbpf, this.#libc, this.#maps, pid, image);
  }

  hasLiveTasks(): boolean {
    return this.#tasksFollowed + this.#readState().liveTasks > 0;
  }

  readImages(): readonly ImageRecord[] {
    const images: ImageRecord[] = [];
    this.#visit("images", wire.SIZES.imageId, wire.SIZES.image, (key, value) => {
      images.push(wire.decodeImage(wire.decodeId(key), value));
    });
    return images.sort((a, b) => a.startNs - b.startNs || a.id - b.id);
  }

  readChecks(): readonly CheckRecord[] {
    const rows: ReturnType<typeof wire.decodeCheck>[] = [];
    this.#visit("checks", wire.SIZES.checkKey, wire.SIZES.checkCounters, (key, value) => {
      rows.push(wire.decodeCheck(key, value));
    });
    const stacks = rows.length === 0 ? null : this.#readStacks();
    // A row of which nothing was counted yet is being made.
    return rows
      .filter(({ check }) => check.count > 0)
      .map(({ row, check }) => ({ ...check, stacks: stacks?.get(row) ?? [] }))
      .sort((a, b) => a.firstNs - b.firstNs || a.image - b.image || a.capability - b.capability);
  }

  readLost(): LostCounters {
    const { lost } = this.#readState();
    let missed = 0;
    for (const fd of this.#programs.checkPrograms) {
      const info = new Uint8Array(wire.PROGRAM_INFO_SIZE);
      orThrow("asking for missed runs", this.#libbpf.readProgramInfo(fd, info));
      missed += wire.decodeMissedRuns(info);
    }
    return { ...lost, checks: lost.checks + missed };
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    unloadPrograms(this.#libbpf, this.#programs);
  }

  /** The stacks of each row. */
  #readStacks(): ReadonlyMap<number, CheckRecord["stacks"]> {
    const samples: StackSample[] = [];
    this.#visit("samples", wire.SIZES.sampleKey, wire.SIZES.sampleCount, (key, value) => {
      samples.push(wire.decodeSample(key, value));
    });
    const stacks = new Map<number, bigint[]>();
    this.#visit("stacks", wire.SIZES.stack, wire.SIZES.stackId, (key, value) => {
      stacks.set(wire.decodeId(value), wire.decodeStack(key));
    });
    const source = { program: this.#programs.symbolProgram, map: this.#fdOf("symbols") };
    const symbols = readKernelSymbols(this.#libbpf, source, addressesOf(stacks.values()));
    const frames = [...stacks].map(([id, stack]) => [id, nameFrames(stack, symbols)] as const);
    return groupSamples(samples, new Map(frames));
  }

  #readState(): wire.TraceState {
    const value = new Uint8Array(wire.SIZES.state);
    const result = this.#libbpf.lookup(this.#fdOf(".bss"), new Uint8Array(4), value);
    orThrow("reading the counters", result);
    return wire.decodeState(value);
  }

  #visit(
    name: string,
    keySize: number,
    valueSize: number,
    visit: (key: Uint8Array, value: Uint8Array) => void,
  ): void {
    visitMap(this.#libbpf, { fd: this.#fdOf(name), keySize, valueSize }, visit);
  }

  #fdOf(name: string): number {
    if (!this.#isOpen) throw new Error("the tracer is closed");
    return this.#libbpf.mapFd(findMap(this.#libbpf, this.#programs.object, name));
  }
}

function orThrow(step: string, result: number): void {
  if (result < 0) throw new SystemError(step, errorName(-result));
}
