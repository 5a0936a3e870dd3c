// SPDX-License-Identifier: Apache-2.0
import { expect } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { openCapabilityTracer } from "../../src/linux/bpf/capability-tracer.ts";
import { traced } from "./harness/followed-command.ts";

traced("following a process that ended fails", async () => {
  using tracer = await openCapabilityTracer({ scope: { kind: "tree" } });
  const child = Bun.spawn(["/bin/true"]);
  await child.exited;
  expect(() => tracer.follow(child.pid, "attached")).toThrow(/ESRCH/);
  expect(tracer.hasLiveTasks()).toBeFalse();
  expect(tracer.readImages()).toEqual([]);
});

traced("disposing leaves no program, map or link of this process behind", async () => {
  const before = kernelObjects();
  const tracer = await openCapabilityTracer({ scope: { kind: "tree" } });
  expect(kernelObjects()).toBeGreaterThan(before);
  tracer[Symbol.dispose]();
  tracer[Symbol.dispose]();
  expect(kernelObjects()).toBe(before);
});

traced("a way in that this kernel does not have is refused with the reason", async () => {
  // At least one of the three is missing on most kernels; those that are there must work.
  for (const wayIn of ["tp_btf", "fexit", "kprobe"] as const) {
    const before = kernelObjects();
    try {
      using tracer = await openCapabilityTracer({ scope: { kind: "tree" }, wayIn });
      expect(tracer.wayIn).toBe(wayIn);
    } catch (error) {
      expect(String(error)).toContain(`${wayIn}: `);
    }
    expect(kernelObjects()).toBe(before);
  }
});

/** Descriptors of this process that keep something in the kernel's BPF. */
function kernelObjects(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return /bpf[-_](prog|map|link)|^anon_inode:bpf/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
  }).length;
}
