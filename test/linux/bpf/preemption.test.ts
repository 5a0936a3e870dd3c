// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { type KernelTexts, mayInterruptPrograms } from "../../../src/linux/bpf/preemption.ts";

const DYNAMIC = "#1 SMP PREEMPT_DYNAMIC Debian 6.12.43-1 (2025-08-27)\n";
const NOTHING: KernelTexts = { release: null, version: null, preemption: null };

function waysOf(texts: Partial<KernelTexts>): Record<string, boolean> {
  const ask = (wayIn: "tp_btf" | "fexit" | "kprobe"): boolean =>
    mayInterruptPrograms(wayIn, { ...NOTHING, ...texts });
  return { tracepoint: ask("tp_btf"), fexit: ask("fexit"), kprobe: ask("kprobe") };
}

const NEVER = { tracepoint: false, fexit: false, kprobe: false };
const AT_FUNCTIONS = { tracepoint: false, fexit: true, kprobe: false };
const EVERYWHERE = { tracepoint: true, fexit: true, kprobe: true };

test("a kernel that does not interrupt its own work interrupts no program", () => {
  const release = "7.3.4+deb13-amd64\n";
  expect(waysOf({ release, version: "#1 SMP Debian 7.3.4-1\n" })).toEqual(NEVER);
  for (const preemption of ["none (voluntary) full\n", "(none) voluntary full lazy\n"]) {
    expect(waysOf({ release, version: DYNAMIC, preemption })).toEqual(NEVER);
  }
});

test("before Linux 7, programs at the end of functions can be interrupted, those at tracepoints cannot", () => {
  const release = "6.12.43+deb12-amd64\n";
  for (const preemption of ["none voluntary (full)\n", "none voluntary full (lazy)\n", null]) {
    expect(waysOf({ release, version: DYNAMIC, preemption })).toEqual(AT_FUNCTIONS);
  }
  expect(waysOf({ release, version: "#1 SMP PREEMPT_RT\n" })).toEqual(AT_FUNCTIONS);
});

test("since Linux 7, tasks can be interrupted in all programs that follow them", () => {
  for (const release of ["7.0.0\n", "7.3.4+deb13-amd64\n", "10.1.0\n"]) {
    const version = "#1 SMP PREEMPT(lazy)\n";
    expect(waysOf({ release, version, preemption: "full (lazy)\n" })).toEqual(EVERYWHERE);
    expect(waysOf({ release, version })).toEqual(EVERYWHERE);
  }
});

test("where nothing is known, programs may be interrupted", () => {
  expect(waysOf({})).toEqual(EVERYWHERE);
  expect(waysOf({ release: "unreadable", version: "" })).toEqual(NEVER);
});
