// SPDX-License-Identifier: Apache-2.0
import { setOf } from "../../src/capabilities/set.ts";
import { describe, expect, test } from "bun:test";
import { errorName } from "../../src/linux/errno.ts";
import { assessDenial } from "../../src/trace/denial.ts";
import type { Denial } from "../../src/trace/model.ts";
import { check, finding, outcome, syscall } from "./build-check.ts";

const EPERM = 1;
const ENOENT = 2;
const EINTR = 4;
const EBADF = 9;
const EACCES = 13;
const EBADFD = 77;
const ERESTARTSYS = 512;

/** What is said of one denied system call that ended so, each as often as given. */
const assess = (...ends: readonly (readonly [number, number])[]): Denial | null =>
  assessDenial([
    {
      outcomes: ends.map(([errno, count]) => ({
        syscall: "setuid",
        errno: errno === 0 ? null : errorName(errno),
        count,
      })),
    },
  ]);

describe("denials are told by the ends of their system calls:", () => {
  test.each<readonly [string, readonly (readonly [number, number])[], Denial]>([
    ["EPERM alone", [[EPERM, 1]], "failing"],
    ["EACCES alone", [[EACCES, 1]], "failing"],
    [
      "EPERM besides success and ENOENT",
      [
        [EPERM, 1],
        [0, 9],
        [ENOENT, 1],
      ],
      "failing",
    ],
    ["EBADFD alone", [[EBADFD, 2]], "not-established"],
    ["three successes", [[0, 3]], "harmless"],
    [
      "successes and ENOENT",
      [
        [0, 2],
        [ENOENT, 1],
      ],
      "mixed",
    ],
    [
      "EINTR and ERESTARTSYS alone",
      [
        [EINTR, 1],
        [ERESTARTSYS, 1],
      ],
      "inconclusive",
    ],
    [
      "twenty successes and one EINTR",
      [
        [0, 20],
        [EINTR, 1],
      ],
      "mixed",
    ],
    [
      "EINTR and EBADF",
      [
        [EINTR, 1],
        [EBADF, 1],
      ],
      "inconclusive",
    ],
    ["none seen", [], "inconclusive"],
  ])("%s", (_ends, ends, denial) => {
    expect(assess(...ends)).toBe(denial);
  });

  test("without a denial there is nothing to tell", () => {
    expect(assessDenial([])).toBeNull();
  });

  test("one system call whose end was not seen leaves the others' successes inconclusive", () => {
    const success = { outcomes: [{ syscall: "setuid", errno: null, count: 5 }] };
    expect(assessDenial([success, { outcomes: [] }])).toBe("inconclusive");
    expect(assessDenial([success, success])).toBe("harmless");
  });
});

describe("a denied check", () => {
  const denied = check({ capability: 7, granted: false, syscall: syscall("setuid") });

  test("gets the ends of its own system call with its own capability", () => {
    const outcomes = [
      outcome("setuid", 0, ["setuid"], 3),
      outcome("setuid", EPERM, ["setgid"]),
      outcome("setgid", EPERM, ["setuid"]),
      { ...outcome("setuid", EPERM, ["setuid"]), image: 2 },
    ];
    const found = finding("setuid", { checks: [denied], outcomes });
    expect(found?.denial).toBe("harmless");
    expect(found?.uses[0]?.outcomes).toEqual([{ syscall: "setuid", errno: null, count: 3 }]);
  });

  test("with credentials of two kinds has each end once", () => {
    const checks = [
      { ...denied, credentials: 1 },
      { ...denied, credentials: 2 },
    ];
    const found = finding("setuid", { checks, outcomes: [outcome("setuid", 0, ["setuid"], 2)] });
    expect(found?.uses[0]?.outcomes).toEqual([{ syscall: "setuid", errno: null, count: 2 }]);
  });

  test("is told from a granted one whose call failed all the same", () => {
    const granted = { ...denied, granted: true };
    const refused = { ...outcome("setuid", EPERM, []), granted: setOf("setuid") };
    const found = finding("setuid", { checks: [granted], outcomes: [refused] });
    expect(found).toMatchObject({ verdict: "required", denial: null });
    expect(found?.uses[0]?.outcomes).toEqual([{ syscall: "setuid", errno: "EPERM", count: 1 }]);
  });

  test("without an end of its own takes none from another capability in the same call", () => {
    const outcomes = [outcome("setuid", 0, ["setgid"])];
    expect(finding("setuid", { checks: [denied], outcomes })?.denial).toBe("inconclusive");
  });

  test("keeps all ends in the report, with the kernel's own errors by name", () => {
    const outcomes = [EPERM, 0, ENOENT, ERESTARTSYS].map((errno) =>
      outcome("setuid", errno, ["setuid"]),
    );
    const found = finding("setuid", { checks: [denied], outcomes });
    expect(found?.denial).toBe("failing");
    expect(found?.uses[0]?.outcomes.map(({ errno }) => errno)).toEqual([
      "ENOENT",
      "EPERM",
      "ERESTARTSYS",
      null,
    ]);
  });

  test("besides a granted one leaves the capability required, and keeps what became of it", () => {
    const checks = [denied, { ...denied, granted: true, count: 2 }];
    const outcomes = [outcome("setuid", 0, ["setuid"])];
    const found = finding("setuid", { checks, outcomes });
    expect(found).toMatchObject({ verdict: "required", granted: 2, denied: 1, denial: "harmless" });
  });

  test("outside a system call is inconclusive", () => {
    const fault = { ...denied, syscall: null };
    expect(finding("setuid", { checks: [fault] })?.denial).toBe("inconclusive");
  });

  test("at a place with a fallback is no denial to look into", () => {
    const fsetid = check({ capability: 4, granted: false });
    const stacks = [{ frames: ["cap_capable", "setattr_should_drop_sgid"], samples: 1 }];
    expect(finding("fsetid", { checks: [{ ...fsetid, stacks }] })?.denial).toBeNull();
  });
});
