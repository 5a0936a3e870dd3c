// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { capabilityTone, lsmTone, renderSpans, type Tone } from "../../../src/report/text/color.ts";

describe("the tone of a security label", () => {
  const cases: readonly (readonly [string, Tone | null])[] = [
    ["", null],
    ["unconfined", "orange"],
    ["/usr/bin/foo//unconfined (unconfined)", "orange"],
    ["/usr/sbin/cupsd (complain)", "yellow"],
    ["docker-default (enforce)", "green"],
    ["system_u:system_r:sshd_t:s0-s0:c0.c1023", "green"],
    ["unconfined_u:unconfined_r:unconfined_t:s0", "orange"],
    ["system_u:system_r:unconfined_service_t:s0", "orange"],
    ["system_u:system_r:virt_qemu_ga_unconfined_t:s0", "orange"],
    ["system_u:system_r:kernel_t:s0", "orange"],
    ["unconfined_u:unconfined_r:mozilla_t:s0", "green"],
  ];
  test.each(cases)("%p is %p", (label, tone) => {
    expect(lsmTone(label)).toBe(tone);
  });
});

test("capabilities that lead to root at once are orange", () => {
  expect(["sys_ptrace", "sys_admin", "kill"].map(capabilityTone)).toEqual([
    "orange",
    "yellow",
    null,
  ]);
});

test("a colour is closed at the end of a line and opened again on the next", () => {
  const line = [
    { text: "caps: ", tone: null },
    { text: "(full)", tone: "orange" },
  ] as const;
  expect(renderSpans(line, 0, 8, true)).toBe("caps: \x1b[38;5;208m(f\x1b[0m");
  expect(renderSpans(line, 8, 12, true)).toBe("\x1b[38;5;208mull)\x1b[0m");
  expect(renderSpans(line, 0, 12, false)).toBe("caps: (full)");
});
