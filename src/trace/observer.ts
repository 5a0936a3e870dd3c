// SPDX-License-Identifier: Apache-2.0
import type { CapabilityTracer, CheckRecord, ImageRecord } from "../linux/bpf/observation.ts";
import { UserSymbols } from "../linux/elf/user-symbols.ts";
import type { Libc } from "../linux/ffi/libc.ts";
import { readFileCapabilities } from "../linux/procfs/executable.ts";
import { readHost } from "../linux/procfs/machine.ts";
import { isInitialPidNamespace } from "../linux/procfs/namespaces.ts";
import { readLink, textOrNull } from "../linux/procfs/read-text.ts";
import { readSystemContext } from "../linux/procfs/system-context.ts";
import type { Run, Subject, UserFunction } from "./model.ts";
import { describeRun } from "./run.ts";

/** What is known about a trace besides what the kernel saw. */
export interface RunFacts {
  readonly id: string;
  /** When it began. */
  readonly time: Date;
  /** Boot clock at the start and at the end. */
  readonly beganNs: number;
  readonly endedNs: number;
  readonly subjectOf: (images: readonly ImageRecord[]) => Subject;
  readonly gaps: readonly string[];
}

/** Looks at what is followed while it runs, so that it can be named when it is gone. */
export interface Observer {
  /** To be called every few milliseconds. */
  look(): void;
  /** What was seen until now. */
  describe(facts: RunFacts): Run;
}

/** Programs load libraries and compile code after their start: so many looks later, again. */
const LOOKS_AGAIN = [5, 50, 500];
const WATCHED_AT_MOST = 256;

export function observe(tracer: CapabilityTracer, libc: Libc): Observer {
  const symbols = new UserSymbols();
  const context = readSystemContext();
  const firstLooks = new Map<number, number>();
  let looks = 0;
  return {
    look: () => {
      looks++;
      for (const pid of tracer.takeNewPids()) {
        symbols.observe(pid);
        if (firstLooks.size < WATCHED_AT_MOST) firstLooks.set(pid, looks);
      }
      for (const [pid, first] of firstLooks) {
        if (LOOKS_AGAIN.includes(looks - first)) symbols.observe(pid);
        if (looks - first > Math.max(...LOOKS_AGAIN)) firstLooks.delete(pid);
      }
    },
    describe: (facts) => {
      const seen = tracer.readImages();
      const images = withoutTracer(seen, ownPid());
      const live = images.filter(({ origin, endNs }) => origin !== "held" && endNs === 0);
      for (const { pid } of live.slice(-WATCHED_AT_MOST)) symbols.observe(pid);
      return describeRun({
        id: facts.id,
        subject: facts.subjectOf(images),
        host: readHost(),
        time: facts.time,
        wayIn: tracer.wayIn,
        context,
        beganNs: facts.beganNs,
        endedNs: facts.endedNs,
        images,
        checks: tracer.readChecks(),
        credentials: tracer.readCredentials(),
        outcomes: tracer.readOutcomes(),
        lost: tracer.readLost(),
        gaps: [
          ...facts.gaps,
          ...(images.length < seen.length ? [LEFT_OUT] : []),
          ...(tracer.seesOutcomes ? [] : [NO_OUTCOMES]),
        ],
        insistedOnBy: fileReader(libc),
        nameUserStack: stackNamer(symbols, images),
      });
    },
  };
}

const NO_OUTCOMES =
  "how system calls with denied checks ended was not seen: needs Linux 6.18, or --syscall-exits";

const LEFT_OUT = "capscope itself runs in what was followed, and was left out";

/** Null where /proc has other pids than the kernel. */
function ownPid(): number | null {
  const pid = Number(textOrNull(readLink("/proc/self")) ?? "");
  return isInitialPidNamespace() && pid > 0 ? pid : null;
}

/** Without the program that traces, and without what it runs, where it is among those followed. */
export function withoutTracer(
  images: readonly ImageRecord[],
  tracerPid: number | null,
): readonly ImageRecord[] {
  if (tracerPid === null || images.every(({ pid }) => pid !== tracerPid)) return images;
  return images.filter(({ pid, parentPid }) => pid !== tracerPid && parentPid !== tracerPid);
}

/** Reads each file once, as it is found from here under the path that was executed. */
function fileReader(libc: Libc): (image: ImageRecord) => bigint {
  const known = new Map<string, bigint>();
  return ({ exe }) => {
    if (exe === null || !exe.startsWith("/")) return 0n;
    const read = known.get(exe);
    if (read !== undefined) return read;
    const file = readFileCapabilities(libc, exe);
    const insistedOn = file !== null && file !== "none" && file.effective ? file.permitted : 0n;
    known.set(exe, insistedOn);
    return insistedOn;
  };
}

/** Names the stack that was seen most often. */
function stackNamer(
  symbols: UserSymbols,
  images: readonly ImageRecord[],
): (check: CheckRecord) => readonly UserFunction[] {
  const owners = new Map(images.map((image) => [image.id, image]));
  return ({ image, userStacks: [stack] }) => {
    const owner = owners.get(image);
    return owner === undefined || stack === undefined ? [] : symbols.name(stack.frames, owner);
  };
}
