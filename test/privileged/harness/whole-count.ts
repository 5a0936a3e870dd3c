// SPDX-License-Identifier: Apache-2.0
import { expect } from "bun:test";
import { mayInterruptPrograms } from "../../../src/linux/bpf/preemption.ts";
import type { Traced } from "./traced.ts";

/**
 * Expects that the capability was granted so often, and nothing lost. Where tasks that do nothing but ask are
 * interrupted in the kernel's programs, by several others on the same processor, some checks may be told of as lost.
 */
export function expectWholeCount(
  { findings, profile, run }: Traced,
  name: string,
  count: number,
): void {
  const granted = findings.get(name)?.granted ?? 0;
  const { complete, lost } = profile.coverage;
  if (!mayInterruptPrograms(run.wayIn)) {
    expect([granted, complete, lost]).toEqual([count, true, { checks: 0, images: 0, stacks: 0 }]);
    return;
  }
  expect(granted).toBeLessThanOrEqual(count);
  expect(granted + lost.checks).toBeGreaterThanOrEqual(count);
  expect(lost.images).toBe(0);
}
