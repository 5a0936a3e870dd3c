// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import type { CredentialsRecord } from "../../src/linux/bpf/observation.ts";
import { phasesOf } from "../../src/trace/phases.ts";
import { ALL, check, credentials, finding, history, only } from "./build-check.ts";

const phases = (...steps: readonly Partial<CredentialsRecord>[]): readonly string[] => [
  ...phasesOf(history(...steps)).values(),
];

describe("a process has given up privileges", () => {
  test("since it lost permitted capabilities, whoever it is", () => {
    expect(
      phases({}, { permitted: only("net_raw") }, { permitted: only("net_raw"), effective: 0n }),
    ).toEqual(["start-up", "after-drop", "after-drop"]);
  });

  test("since root's user id was gone, by setuid alone", () => {
    const few = { permitted: only("net_raw"), effective: only("net_raw") };
    expect(phases(few, { ...few, uid: 33, effectiveUid: 33 })).toEqual(["start-up", "after-drop"]);
  });

  test("until it got everything back", () => {
    expect(phases({}, { permitted: only("kill") }, {})[2]).toBe("start-up");
  });
});

describe("a process has not given up privileges", () => {
  test("by a change that leaves the sets as they were", () => {
    expect(phases({}, {}, { inheritable: only("kill") })).toEqual([
      "start-up",
      "start-up",
      "start-up",
    ]);
  });

  test("by lowering its effective set or its effective user id for a while", () => {
    expect(phases({}, { effective: 0n }, { effectiveUid: 33 })).toEqual([
      "start-up",
      "start-up",
      "start-up",
    ]);
  });

  test("when its program starts without any", () => {
    const user = { uid: 1000, effectiveUid: 1000, permitted: 0n, effective: 0n };
    expect(phases(user, user)).toEqual(["start-up", "start-up"]);
  });

  test("because the program that executed it had: that one's start is not its own", () => {
    const rows = [
      credentials({ id: 1, image: 1 }),
      credentials({ id: 2, image: 2, previous: 1, permitted: only("kill"), uid: 33 }),
    ];
    expect([...phasesOf(rows).values()]).toEqual(["start-up", "start-up"]);
  });

  test("because another process did", () => {
    const rows = [
      ...history({}, { permitted: 0n, uid: 33 }),
      credentials({ id: 9, image: 2, permitted: ALL }),
    ];
    expect(phasesOf(rows).get(9)).toBe("start-up");
  });
});

test("rows that follow each other in a ring are not followed for ever", () => {
  const rows = [credentials({ id: 1, previous: 2 }), credentials({ id: 2, previous: 1 })];
  expect([...phasesOf(rows).values()]).toEqual(["start-up", "start-up"]);
});

test("a capability has the phases in which it was needed", () => {
  const rows = history({}, { permitted: ALL & ~only("sys_boot"), uid: 33, effectiveUid: 33 });
  const bind = check({ credentials: 1 });
  const later = check({ credentials: 2, firstNs: 300 });
  expect(finding("net_bind_service", { credentials: rows, checks: [bind] })?.phases).toEqual([
    "start-up",
  ]);
  expect(finding("net_bind_service", { credentials: rows, checks: [bind, later] })?.phases).toEqual(
    ["after-drop", "start-up"],
  );
});
