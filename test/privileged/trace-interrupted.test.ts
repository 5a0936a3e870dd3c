// SPDX-License-Identifier: Apache-2.0
import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { type WayIn, WAYS_IN } from "../../src/linux/bpf/observation.ts";
import { testUnless } from "../skip.ts";
import { type Trace, traceCommand, whyClosed } from "./harness/followed-command.ts";
import { isLinuxSince } from "./harness/kernel-version.ts";
import { python } from "./harness/traced.ts";

const LONG = 120_000;
const CAP_SETGID = 6;

/** How often each of two processes does the same. */
interface Rivalry {
  readonly what: string;
  readonly first: number;
  readonly second: number;
}

const ASK: Rivalry = { what: "os.setgroups([])", first: 20_000, second: 400 };
const START: Rivalry = {
  what: "os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)",
  first: 500,
  second: 100,
};

/**
 * Both run on one processor: the first one all the time; the second one, which goes before all others, every half
 * millisecond. So it interrupts the first one, or a child of it, wherever the kernel lets it.
 */
function rivals({ what, first, second }: Rivalry): readonly string[] {
  return python(
    "import os, time",
    "os.sched_setaffinity(0, {0})",
    "child = os.fork()",
    "if child:",
    "  os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
    `  for _ in range(${second}):`,
    "    time.sleep(0.0005)",
    `    ${what}`,
    "  os.waitpid(child, 0)",
    "else:",
    `  for _ in range(${first}): ${what}`,
  );
}

function checksOf({ checks }: Trace, capability: number): number {
  return checks
    .filter((check) => check.capability === capability)
    .reduce((sum, { count }) => sum + count, 0);
}

/** Whether this kernel was told to interrupt what it does itself, and does so while the program runs. */
function isInterrupted(wayIn: WayIn): boolean {
  if (!readFileSync("/proc/cmdline", "utf8").includes("preempt=full")) return false;
  return wayIn === "fexit" || (wayIn === "tp_btf" && isLinuxSince(7, 0));
}

/** Earlier kernels do not find what a task carries while another one is interrupted in its own look-up. */
const LOOKS_UP_ALWAYS = isLinuxSince(6, 2);

for (const wayIn of WAYS_IN) {
  const reason = await whyClosed(wayIn);
  describe(`tasks that interrupt each other, through ${wayIn}`, () => {
    testUnless(
      reason,
      "each check is counted once, by a program or by its spare",
      async () => {
        const trace = await traceCommand(rivals(ASK), { wayIn, hasSpares: true });
        const missing = ASK.first + ASK.second - checksOf(trace, CAP_SETGID);
        expect(missing).toBeGreaterThanOrEqual(0);
        expect(missing).toBeLessThanOrEqual(
          wayIn === "fexit" && !LOOKS_UP_ALWAYS ? trace.lost.checks : 0,
        );
      },
      LONG,
    );

    testUnless(
      reason,
      "without spares, what was not counted is told of as lost",
      async () => {
        const trace = await traceCommand(rivals(ASK), { wayIn, hasSpares: false });
        const missing = ASK.first + ASK.second - checksOf(trace, CAP_SETGID);
        console.log(`through ${wayIn}, ${missing} checks were left out`);
        expect(missing > 0).toBe(isInterrupted(wayIn));
        expect(trace.lost.checks).toBeGreaterThanOrEqual(missing);
      },
      LONG,
    );
  });
}

testUnless(
  await whyClosed(),
  "children of tasks that interrupt each other are followed from their beginning to their end",
  async () => {
    const { images } = await traceCommand(rivals(START), { hasSpares: true });
    const children = images.filter(({ exe }) => exe === "/bin/true");
    expect(children).toHaveLength(START.first + START.second);
    expect(children.every(({ exitCode, endNs }) => exitCode === 0 && endNs > 0)).toBeTrue();
  },
  LONG,
);
