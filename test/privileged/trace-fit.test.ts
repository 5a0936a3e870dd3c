// SPDX-License-Identifier: Apache-2.0
import { describe, expect } from "bun:test";
import {
  callReportFunction,
  type KernelFit,
  readKernelFit,
} from "../../src/linux/bpf/kernel-fit.ts";
import {
  loadPrograms,
  type LoadedPrograms,
  unloadPrograms,
} from "../../src/linux/bpf/load-programs.ts";
import { type FollowScope, type WayIn, WAYS_IN } from "../../src/linux/bpf/observation.ts";
import { FOLLOWING, programsToAttach, SYMBOL_PROGRAM } from "../../src/linux/bpf/program-table.ts";
import { openLibbpf } from "../../src/linux/ffi/libbpf.ts";
import { openLibc } from "../../src/linux/ffi/libc.ts";
import { testUnless } from "../skip.ts";
import { NO_TRACE } from "./harness/traced.ts";

const [libbpf, libc] = await Promise.all([openLibbpf(), openLibc()]);
const group = { hierarchy: "unified", id: 1n };
interface Followed {
  readonly scope: FollowScope;
  readonly asksLeader: boolean;
}
const TREE: Followed = { scope: { kind: "tree" }, asksLeader: false };
const FOLLOWED: Readonly<Record<string, Followed>> = {
  "a tree": TREE,
  "a tree of which the leaders are known": { ...TREE, asksLeader: true },
  everything: { scope: { kind: "everything" }, asksLeader: false },
  "a control group": { scope: { kind: "cgroup", group }, asksLeader: false },
};

type Changes = { readonly wayIn?: WayIn; readonly fit?: KernelFit | null };

const ALL = { beganNs: 1, watchesExits: true, hasSpares: true };

async function load(followed: Followed, changes: Changes): Promise<LoadedPrograms> {
  return loadPrograms(libbpf, libc, { ...followed, ...ALL, ...changes });
}

const CLOSED = new Map<WayIn, string | null>();
for (const wayIn of WAYS_IN) CLOSED.set(wayIn, NO_TRACE ?? (await whyClosed(wayIn)));

async function whyClosed(wayIn: WayIn): Promise<string | null> {
  try {
    unloadPrograms(libbpf, await load(TREE, { wayIn }));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const LOAD_ADDRESS = 0x18;
const CALL = 0x85;
const KERNEL_CALL = 0x20;

/** What is loaded, without descriptors of maps and without what stands for a function. */
function instructionsOf(
  { object, wayIn }: LoadedPrograms,
  followed: Followed,
): Record<string, string> {
  const names = [...programsToAttach(wayIn, { ...followed, ...ALL }), SYMBOL_PROGRAM];
  return Object.fromEntries(
    names.map((name) => {
      const loaded = libbpf.instructions(libbpf.findProgram(object, name)!);
      // The function by which a task is asked for a report is known to us alone.
      const bytes = Buffer.from(callReportFunction(loaded, 0));
      for (let at = 0; at < bytes.length; at += 8) {
        const isKernelCall = bytes[at] === CALL && bytes[at + 1] === KERNEL_CALL;
        if (bytes[at] === LOAD_ADDRESS || isKernelCall) bytes.writeInt32LE(0, at + 4);
      }
      return [name, bytes.toString("hex")];
    }),
  );
}

for (const wayIn of WAYS_IN) {
  describe(`by ${wayIn}`, () => {
    for (const [name, followed] of Object.entries(FOLLOWED)) {
      testUnless(
        CLOSED.get(wayIn) ?? null,
        `the programs for ${name} are fitted to this kernel as libbpf fits them`,
        async () => {
          const ours = await load(followed, { wayIn });
          const fitted = instructionsOf(ours, followed);
          expect([ours.isFitted, ours.wayIn]).toEqual([true, wayIn]);
          unloadPrograms(libbpf, ours);
          const others = await load(followed, { wayIn, fit: null });
          expect(instructionsOf(others, followed)).toEqual(fitted);
          expect([others.isFitted, others.asksForReports]).toEqual([false, false]);
          unloadPrograms(libbpf, others);
        },
      );
    }
  });
}

const BROKEN: Readonly<Record<string, (fit: KernelFit) => KernelFit>> = {
  "types that are none": (fit) => ({ ...fit, types: new Uint8Array(64) }),
  "no types": (fit) => ({ ...fit, types: new Uint8Array() }),
  "a number that is no tracepoint's": (fit) => ({
    ...fit,
    targets: new Map([...fit.targets].map(([target]) => [target, 1] as const)),
  }),
  "a number that no type has": (fit) => ({
    ...fit,
    targets: new Map([...fit.targets].map(([target]) => [target, 0x7ffffff] as const)),
  }),
  "a function that is none": (fit) => ({ ...fit, reportFunction: 1 }),
};

describe("where our way of fitting fails", () => {
  for (const [name, broken] of Object.entries(BROKEN)) {
    testUnless(NO_TRACE, `libbpf fits the programs: ${name}`, async () => {
      const programs = await load(TREE, { fit: broken(readKernelFit(libc)!) });
      expect(programs.isFitted).toBeFalse();
      expect(programs.links.length).toBeGreaterThan(FOLLOWING.length);
      unloadPrograms(libbpf, programs);
    });
  }
});
