// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { CAPABILITY_NAMES } from "../../src/capabilities/names.ts";
import { FALLBACKS } from "../../src/trace/fallback-places.ts";
import { GATE_PLACES } from "../../src/trace/gate-places.ts";
import { check, checkAt, finding, judged, stack, syscall } from "./build-check.ts";

describe("the reason of a check that decided something", () => {
  test("says what it let the program do", () => {
    const bind = checkAt("net_bind_service", [
      "ns_capable",
      "__inet_bind",
      "inet_bind",
      "sys_bind",
    ]);
    expect(judged(bind)).toMatchObject({
      verdict: "required",
      reason: "it let the program bind a port below net.ipv4.ip_unprivileged_port_start",
      confidence: "high",
      kernelStack: [],
    });
  });

  test("says what it would have let the program do when it was refused", () => {
    const reason = "it would have let the program open a raw socket";
    expect(judged(checkAt("net_raw", ["inet_create"], { granted: false })).reason).toBe(reason);
  });

  test("is found where the compiler put the function into another", () => {
    const frames = ["ns_capable", "inet_bind_sk", "__sys_bind"];
    expect(judged(checkAt("net_bind_service", frames)).reason).toContain("bind a port");
  });

  test("is not taken from a function that is further out", () => {
    const frames = ["new_function", "helper", "another", "inet_create"];
    expect(judged(checkAt("net_raw", frames)).confidence).toBe("low");
  });

  test("is not that of another capability at the same place", () => {
    expect(judged(checkAt("sys_time", ["inet_create"])).confidence).toBe("low");
  });

  test("is that no rule explains it, with the stack, where none does; it is a need all the same", () => {
    const frames = ["cap_capable", "capable", "new_gate", "sys_new"];
    const unknown = check({ capability: 12, stacks: stack(...frames) });
    expect(judged(unknown)).toMatchObject({
      verdict: "required",
      reason: "no rule explains why new_gate() in the kernel asks for it: taken as a need",
      confidence: "low",
      kernelStack: frames,
    });
    expect(judged({ ...unknown, granted: false })).toMatchObject({
      verdict: "denied",
      reason: "no rule explains why new_gate() in the kernel asks for it",
    });
  });

  test("is that nothing was seen where the kernel hides its symbols", () => {
    expect(judged(check())).toMatchObject({
      verdict: "required",
      reason: "where in the kernel it was asked for was not seen: taken as a need",
      confidence: "low",
    });
  });
});

describe("the confidence", () => {
  test("is medium where one way of two is explained", () => {
    const stacks = [
      { frames: ["inet_create"], samples: 5 },
      { frames: ["new_gate"], samples: 1 },
    ];
    expect(judged(check({ capability: 13, stacks }))).toMatchObject({
      confidence: "medium",
      kernelStack: ["new_gate"],
    });
  });

  test("is medium where the system call alone tells", () => {
    const silent = check({ capability: 21, silent: true, syscall: syscall("mmap") });
    expect(judged(silent)).toMatchObject({ verdict: "opportunistic", confidence: "medium" });
  });

  test("of a need is that of its best explained use, of all else that of its worst", () => {
    const known = checkAt("net_raw", ["inet_create"]);
    const unknown = checkAt("net_raw", ["new_gate"], { firstNs: 300 });
    expect(finding("net_raw", { checks: [known, unknown] })?.confidence).toBe("high");
    const refused = [known, unknown].map((each) => ({ ...each, granted: false }));
    expect(finding("net_raw", { checks: refused })?.confidence).toBe("low");
  });
});

describe("the rules", () => {
  test("name capabilities, functions and files of the kernel's source", () => {
    for (const { functions, capabilities, source } of [...FALLBACKS, ...GATE_PLACES]) {
      for (const name of capabilities) expect(CAPABILITY_NAMES).toContain(name);
      for (const name of functions) expect(name).toMatch(/^[a-z_]\w+$/);
      for (const file of source.split(", ")) expect(file).toMatch(/^[\w/-]+\.[ch]$/);
      expect(functions.length * capabilities.length).toBeGreaterThan(0);
    }
  });

  test("that explain complete the sentence", () => {
    for (const { purpose } of GATE_PLACES) expect(purpose).toMatch(/^[a-z][^;]+\w$/);
  });
});
