// SPDX-License-Identifier: Apache-2.0
import { SystemError } from "../../errors.ts";
import { type Libbpf, openLibbpf } from "../ffi/libbpf.ts";
import { errorName } from "../errno.ts";
import { type Libc, openLibc } from "../ffi/libc.ts";
import { openCheckFeed } from "./check-feed.ts";
import {
  canFollowThreads,
  followedImage,
  followProcess,
  type FollowMaps,
} from "./follow-process.ts";
import { isInitialPidNamespace } from "../procfs/namespaces.ts";
import { readPids } from "../procfs/socket-holders.ts";
import { countLeftOut } from "./left-out-runs.ts";
import { findMap, loadPrograms, type LoadedPrograms, unloadPrograms } from "./load-programs.ts";
import type {
  CapabilityTracer,
  CheckFeed,
  CheckRecord,
  CredentialsRecord,
  FollowScope,
  ImageRecord,
  LostCounters,
  OutcomeRecord,
  WayIn,
} from "./observation.ts";
import {
  type EvidenceSource,
  readChecks,
  readCredentials,
  readOutcomes,
  visitEvidence,
} from "./read-evidence.ts";
import { readRunningProgram, type RunningProgram, withProgram } from "./running-programs.ts";
import { signalFollowed } from "./signal-followed.ts";
import * as wire from "./wire-format.ts";
import { decodeImage, decodeTaskStart } from "./wire-image.ts";

/**
 * Starts to count capability checks. A tree is empty until `follow`. Rejects with
 * UnsupportedError when this kernel or these privileges do not allow it.
 */
export async function openCapabilityTracer(options: TracerOptions): Promise<CapabilityTracer> {
  const [libbpf, libc] = await Promise.all([openLibbpf(), openLibc()]);
  const { scope, wayIn, watchesExits = false, hasSpares, onBegin } = options;
  const beganNs = libc.readBootClock();
  const programs = await loadPrograms(libbpf, libc, {
    scope,
    beganNs,
    watchesExits,
    asksLeader: !canFollowThreads(libc),
    ...(wayIn === undefined ? {} : { wayIn }),
    ...(hasSpares === undefined ? {} : { hasSpares }),
    ...(onBegin === undefined ? {} : { onBegin }),
  });
  const tracer = new BpfCapabilityTracer(libbpf, libc, programs, watchesExits);
  if (scope.kind !== "tree") tracer.rememberRunningPrograms();
  return tracer;
}

export interface TracerOptions {
  readonly scope: FollowScope;
  /** The best one that the kernel lets us have where it is left out. */
  readonly wayIn?: WayIn;
  /**
   * See how system calls with denied checks end also before Linux 6.18, at a price: every system
   * call of the machine becomes slower.
   */
  readonly watchesExits?: boolean;
  /**
   * Attach a second program beside each one, for what is left out where the kernel lets tasks be
   * interrupted by others. Where it is left out, the kernel is looked at.
   */
  readonly hasSpares?: boolean;
  /** Called when the kernel is at work, and nothing is known to be missing; the rest takes a while. */
  readonly onBegin?: () => void;
}

const NEW_PIDS_AT_MOST = 64;

class BpfCapabilityTracer implements CapabilityTracer {
  readonly wayIn: WayIn;
  readonly #libbpf: Libbpf;
  readonly #libc: Libc;
  readonly #programs: LoadedPrograms;
  readonly #maps: FollowMaps;
  readonly #source: EvidenceSource;
  readonly #watchesExits: boolean;
  readonly #running = new Map<number, RunningProgram>();
  /** By image; null where the kernel's pids are those of /proc. */
  readonly #runningImages: Map<number, RunningProgram> | null;
  #lastImage = 0;
  #tasksFollowed = 0;
  #imagesTaken = 0;
  #isOpen = true;

  constructor(libbpf: Libbpf, libc: Libc, programs: LoadedPrograms, watchesExits: boolean) {
    this.wayIn = programs.wayIn;
    this.#libbpf = libbpf;
    this.#libc = libc;
    this.#programs = programs;
    this.#watchesExits = watchesExits;
    this.#runningImages = isInitialPidNamespace() ? null : new Map();
    this.#source = {
      libbpf,
      fdOf: (name) => this.#fdOf(name),
      symbolProgram: programs.symbolProgram,
    };
    this.#maps = {
      followed: this.#fdOf("followed"),
      images: this.#fdOf("images"),
    };
  }

  /** Of what is not named when it is attached to. */
  rememberRunningPrograms(): void {
    for (const pid of readPids()) this.#remember(pid);
  }

  follow(pid: number, origin: "held" | "attached"): void {
    if (origin === "attached") this.#remember(pid);
    const image = this.#lastImage + 1;
    if (image >= wire.FIRST_KERNEL_IMAGE) throw new Error("too many processes to follow");
    this.#lastImage = image;
    this.#tasksFollowed += followProcess(
      this.#libbpf,
      this.#libc,
      this.#maps,
      pid,
      image,
      origin === "attached",
    );
  }

  takeNewPids(): readonly number[] {
    const { images } = this.#readState();
    const first = Math.max(this.#imagesTaken, images - NEW_PIDS_AT_MOST);
    this.#imagesTaken = images;
    const fd = this.#fdOf("images");
    const image = new Uint8Array(wire.SIZES.image);
    const pids = new Set<number>();
    for (let id = wire.FIRST_KERNEL_IMAGE + first; id < wire.FIRST_KERNEL_IMAGE + images; id++) {
      // One that was lost, or is being made.
      if (this.#libbpf.lookup(fd, wire.encodeId(id), image) < 0) continue;
      const record = decodeImage(id, image);
      pids.add(record.pid);
      // Found while it runs.
      this.#programOf(record);
    }
    return [...pids];
  }

  hasLiveTasks(): boolean {
    return this.#tasksFollowed + this.#readState().liveTasks > 0;
  }

  signalFollowed(signal: number): number {
    return signalFollowed(this.#libbpf, this.#libc, this.#maps, signal);
  }

  readImages(): readonly ImageRecord[] {
    const images: ImageRecord[] = [];
    visitEvidence(this.#source, "images", wire.SIZES.imageId, wire.SIZES.image, (key, value) => {
      const image = decodeImage(wire.decodeId(key), value);
      images.push(withProgram(image, decodeTaskStart(value), this.#programOf(image)));
    });
    return images.sort((a, b) => a.startNs - b.startNs || a.id - b.id);
  }

  readChecks(): readonly CheckRecord[] {
    return readChecks(this.#source);
  }

  readCredentials(): readonly CredentialsRecord[] {
    return readCredentials(this.#source);
  }

  readOutcomes(): readonly OutcomeRecord[] {
    return readOutcomes(this.#source);
  }

  get seesOutcomes(): boolean {
    return this.#watchesExits || this.#programs.asksForReports;
  }

  readLost(): LostCounters {
    const { lost } = this.#readState();
    const { checking, following } = this.#programs;
    return {
      ...lost,
      checks: lost.checks + countLeftOut(this.#libbpf, checking),
      images: lost.images + countLeftOut(this.#libbpf, following),
    };
  }

  openFeed(): CheckFeed {
    return openCheckFeed({
      ...this.#source,
      running: this.#running,
      readState: () => this.#readState(),
    });
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    unloadPrograms(this.#libbpf, this.#programs);
  }

  #remember(pid: number): void {
    const program = readRunningProgram(pid);
    if (program !== null) this.#running.set(pid, program);
  }

  /** What a process ran that was not named when it was attached to. */
  #programOf(image: ImageRecord): RunningProgram | null {
    if (image.origin !== "attached") return null;
    const images = this.#runningImages;
    if (images === null || image.id < wire.FIRST_KERNEL_IMAGE) {
      return this.#running.get(image.pid) ?? null;
    }
    if (!images.has(image.id)) {
      for (const [pid, program] of this.#running) {
        images.set(followedImage(this.#libbpf, this.#libc, this.#maps, pid), program);
      }
    }
    return images.get(image.id) ?? null;
  }

  #readState(): wire.TraceState {
    const value = new Uint8Array(wire.SIZES.state);
    const result = this.#libbpf.lookup(this.#fdOf(".bss"), new Uint8Array(4), value);
    orThrow("reading the counters", result);
    return wire.decodeState(value);
  }

  #fdOf(name: string): number {
    if (!this.#isOpen) throw new Error("the tracer is closed");
    return this.#libbpf.mapFd(findMap(this.#libbpf, this.#programs.object, name));
  }
}

function orThrow(step: string, result: number): void {
  if (result < 0) throw new SystemError(step, errorName(-result));
}
