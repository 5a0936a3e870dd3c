// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import type { Profile } from "../../src/trace/model.ts";
import { profileOf } from "../../src/trace/profile.ts";
import { describeRun } from "../../src/trace/run.ts";
import {
  check,
  checkAt,
  CONTEXT,
  evidence,
  image,
  profile,
  stack,
  syscall,
} from "./build-check.ts";
import { chance, randomRun } from "./random-profile.ts";

const BIND = check({ syscall: syscall("bind"), stacks: stack("cap_capable", "__inet_bind") });

describe("the conclusion is", () => {
  const inconclusive = (facts: Parameters<typeof profile>[0]): void =>
    expect(profile(facts).conclusion).toBe("inconclusive");

  test("inconclusive when no exec was seen, as after a failed one", () => {
    inconclusive({ images: [], checks: [] });
    const held = [image({ origin: "held", exe: null })];
    inconclusive({ images: held, checks: [BIND] });
    expect(profile({ images: held }).coverage.complete).toBe(false);
  });

  test("inconclusive when something that ran already did nothing that asks", () => {
    inconclusive({ images: [image({ origin: "attached" })] });
  });

  test("inconclusive when checks were lost and no need was seen among the others", () => {
    const lost = { checks: 3, stacks: 0, images: 0 };
    inconclusive({ lost });
    expect(profile({ lost, checks: [BIND] })).toMatchObject({
      conclusion: "needs",
      coverage: { complete: false },
    });
  });

  test("that nothing was needed when a program ran and nothing decided", () => {
    const memory = checkAt("sys_admin", ["__vm_enough_memory"]);
    expect(profile({}).conclusion).toBe("needs-nothing-seen");
    expect(profile({ checks: [memory] }).conclusion).toBe("needs-nothing-seen");
    const attached = [image({ origin: "attached" })];
    expect(profile({ images: attached, checks: [memory] }).conclusion).toBe("needs-nothing-seen");
  });

  test("about the program alone: what was checked before its exec is left out", () => {
    const images = [image({ id: 1, origin: "held" }), image({ id: 2 })];
    const { runs, findings, conclusion } = profile({ images, checks: [BIND] });
    expect([runs[0]?.images.length, findings.length, conclusion]).toEqual([
      1,
      0,
      "needs-nothing-seen",
    ]);
  });
});

describe("profiles of several runs", () => {
  test("are the same in whatever order the runs are given", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const next = chance(seed);
      const [one, two, three] = [randomRun(next, 1), randomRun(next, 2), randomRun(next, 3)];
      const expected: Profile = profileOf([one, two, three]);
      expect(profileOf([three, two, one])).toEqual(expected);
      expect(profileOf([two, three, one])).toEqual(expected);
    }
  });

  test("do not depend on the order in which the kernel listed the checks", () => {
    const checks = [
      BIND,
      { ...BIND, granted: false, count: 2 },
      checkAt("kill", ["kill_ok_by_cred"], { count: 3 }),
      checkAt("kill", ["kill_ok_by_cred"], { count: 3, syscall: syscall("kill") }),
      checkAt("fsetid", ["setattr_prepare"]),
    ];
    expect(profile({ checks: checks.toReversed() })).toEqual(profile({ checks }));
  });

  test("tell reasons apart that differ by the system that a run was made on", () => {
    const asked = checkAt("sys_ptrace", ["yama_ptrace_access_check"]);
    const runs = ["1", "2"].map((scope) => {
      const context = { ...CONTEXT, sysctls: { "kernel.yama.ptrace_scope": scope } };
      return describeRun(evidence({ id: scope, checks: [asked], context }));
    });
    const [found] = profileOf([runs[0]!, runs[1]!]).findings;
    expect(found?.conditions).toEqual([
      "kernel.yama.ptrace_scope = 1",
      "kernel.yama.ptrace_scope = 2",
    ]);
    expect(found?.uses.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("kernel.yama.ptrace_scope = 1"),
      expect.stringContaining("kernel.yama.ptrace_scope = 2"),
    ]);
  });

  test("add up what each of them saw, and name those that saw a capability", () => {
    const runs = ["a", "b"].map((id) => describeRun(evidence({ id, checks: [BIND] })));
    const idle = describeRun(evidence({ id: "c" }));
    const [found] = profileOf([runs[1]!, idle, runs[0]!]).findings;
    expect(found).toMatchObject({ granted: 2, runs: ["a", "b"] });
  });
});
