// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { judgeCheck } from "../../src/trace/verdicts.ts";
import { check, stack } from "./build-check.ts";

const SYS_ADMIN = 21;
const SETPCAP = 8;
const MEMORY = stack("cap_capable", "security_vm_enough_memory_mm", "mmap_region", "do_mmap");

describe("a check", () => {
  test("that was granted and has no excuse is required", () => {
    expect(judgeCheck(check()).verdict).toBe("required");
  });

  test("that was refused is denied", () => {
    expect(judgeCheck(check({ granted: false })).verdict).toBe("denied");
  });

  test("of credentials that are not the program's own is borrowed, whatever it asked", () => {
    const foreign = check({ borrowedCredentials: true, capability: SYS_ADMIN });
    expect(judgeCheck(foreign).verdict).toBe("borrowed");
  });

  test("in a child user namespace is no need on the host", () => {
    expect(judgeCheck(check({ targetNamespace: 4026532500 })).verdict).toBe("namespaced");
  });

  test("without audit is opportunistic", () => {
    expect(judgeCheck(check({ silent: true })).verdict).toBe("opportunistic");
  });
});

describe("memory accounting", () => {
  test("is opportunistic for sys_admin", () => {
    const { verdict, reason } = judgeCheck(check({ capability: SYS_ADMIN, stacks: MEMORY }));
    expect(verdict).toBe("opportunistic");
    expect(reason).toStartWith("memory accounting");
  });

  test("excuses no other capability", () => {
    expect(judgeCheck(check({ stacks: MEMORY })).verdict).toBe("required");
  });

  test("does not excuse a check that was also made from elsewhere", () => {
    const stacks = [...MEMORY, ...stack("cap_capable", "capable", "path_mount")];
    expect(judgeCheck(check({ capability: SYS_ADMIN, stacks })).verdict).toBe("required");
  });
});

describe("setpcap", () => {
  test("in capset is opportunistic", () => {
    const stacks = stack("cap_capable", "cap_capset", "security_capset", "__do_sys_capset");
    expect(judgeCheck(check({ capability: SETPCAP, stacks })).verdict).toBe("opportunistic");
  });

  test("to drop from the bounding set is required", () => {
    const stacks = stack("cap_capable", "ns_capable", "cap_task_prctl", "__do_sys_prctl");
    expect(judgeCheck(check({ capability: SETPCAP, stacks })).verdict).toBe("required");
  });
});

describe("the gate", () => {
  test("is the innermost function that is no wrapper", () => {
    const stacks = stack(
      "cap_capable",
      "security_capable",
      "ns_capable",
      "__inet_bind",
      "inet_bind",
    );
    expect(judgeCheck(check({ stacks })).gate).toBe("__inet_bind");
  });

  test("is that of the stack which was sampled most", () => {
    const stacks = [
      { frames: ["cap_capable", "rare"], samples: 1 },
      { frames: ["cap_capable", "usual"], samples: 5 },
    ];
    expect(judgeCheck(check({ stacks })).gate).toBe("usual");
  });

  test("has the name that its source has", () => {
    const stacks = stack("cap_capable", "capable", "__set_oom_adj.isra.0");
    expect(judgeCheck(check({ stacks })).gate).toBe("__set_oom_adj");
  });

  test("is unknown where the kernel hides its symbols", () => {
    expect(judgeCheck(check()).gate).toBeNull();
  });
});
