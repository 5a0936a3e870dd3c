// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { allCapabilities, EMPTY_SET, setOf } from "../../../src/capabilities/set.ts";
import { parseStatus, type TaskStatus } from "../../../src/linux/procfs/status.ts";
import { readFixture } from "./fixtures.ts";

function recorded(task: string): TaskStatus {
  return parseStatus(readFixture(`tasks/${task}/status`));
}

/** A recorded status in which one line reads otherwise. */
function withLine(key: string, value: string): TaskStatus {
  const text = readFixture("tasks/blank/status");
  return parseStatus(text.replace(new RegExp(`^${key}:.*$`, "m"), `${key}:\t${value}`));
}

describe("the name of a task", () => {
  const names: readonly (readonly [string, string])[] = [
    ["blank", " two words "],
    ["brackets", "x) ( R 1 (y"],
    ["newline", "a\nUid:\t0\\n)"],
    ["empty", ""],
    ["kernel-thread", "kthreadd"],
  ];
  test.each(names)("%s is what was set", (task, comm) => {
    expect(recorded(task).comm).toBe(comm);
  });

  test("cannot pretend to be another line", () => {
    expect(recorded("newline").uids).toEqual([1000, 1001, 1002, 1001]);
  });

  test.each([
    ["a backslash and an n", String.raw`a\\nb`, String.raw`a\nb`],
    ["a backslash at the end", String.raw`a\\`, "a\\"],
    ["a newline after a backslash", String.raw`\\\n`, "\\\n"],
    ["an escape that the kernel does not write", String.raw`\t`, String.raw`\t`],
    ["a colon", "a: b:", "a: b:"],
    ["a byte that is not UTF-8", "\udcff", "\udcff"],
  ])("with %s reads back", (_, written, comm) => {
    expect(withLine("Name", written.replaceAll("$", "$$$$")).comm).toBe(comm);
  });
});

describe("a status", () => {
  test("has real, effective, saved and file system ids", () => {
    const { uids, gids } = recorded("newline");
    expect(uids).toEqual([1000, 1001, 1002, 1001]);
    expect(gids).toEqual([100, 100, 100, 100]);
  });

  test("has state, parent and number of threads", () => {
    const { state, parentPid, threads } = recorded("newline");
    expect({ state, parentPid, threads }).toEqual({ state: "S", parentPid: 21002, threads: 1 });
  });

  test("has the five sets", () => {
    const all = allCapabilities(40) & ~setOf("sys_resource");
    const { permitted, effective, inheritable, bounding, ambient } = recorded("newline");
    expect({ permitted, effective, inheritable, bounding, ambient }).toEqual({
      permitted: EMPTY_SET,
      effective: EMPTY_SET,
      inheritable: EMPTY_SET,
      bounding: all,
      ambient: EMPTY_SET,
    });
    expect(recorded("blank").effective).toBe(all);
  });

  const sets: readonly (readonly [keyof TaskStatus, string])[] = [
    ["inheritable", "CapInh"],
    ["permitted", "CapPrm"],
    ["effective", "CapEff"],
    ["bounding", "CapBnd"],
    ["ambient", "CapAmb"],
  ];
  test.each(sets)("has the %s set in %s", (set, key) => {
    expect(withLine(key, "8000000000003000")[set]).toBe(0x8000000000003000n);
  });

  test("has a zombie's state", () => {
    expect(withLine("State", "Z (zombie)").state).toBe("Z");
  });

  test.each([
    ["0", false],
    ["1", true],
  ])("with NoNewPrivs %s", (text, noNewPrivs) => {
    expect(withLine("NoNewPrivs", text).noNewPrivs).toBe(noNewPrivs);
  });

  test.each([
    ["0", "disabled"],
    ["1", "strict"],
    ["2", "filter"],
    ["3", "filter"],
  ] as const)("with Seccomp %s is in mode %s", (text, mode) => {
    expect(withLine("Seccomp", text).seccomp).toBe(mode);
  });

  test("has the number of seccomp filters", () => {
    expect(withLine("Seccomp_filters", "3").seccompFilters).toBe(3);
  });

  test("counts its PID namespaces", () => {
    expect(recorded("newline").namespacePids).toBe(1);
    expect(withLine("NSpid", "812\t33\t1").namespacePids).toBe(3);
  });

  test("refuses a set that is no mask", () => {
    expect(() => withLine("CapEff", "everything")).toThrow(RangeError);
  });
});

describe("the status of a kernel without the lines of later ones", () => {
  const status = recorded("linux-3.8");

  test("leaves unknown what it does not tell", () => {
    const { noNewPrivs, seccomp, seccompFilters } = status;
    expect({ noNewPrivs, seccomp, seccompFilters }).toEqual({
      noNewPrivs: null,
      seccomp: null,
      seccompFilters: null,
    });
  });

  test("has no ambient capabilities, as there were none", () => {
    expect(status.ambient).toBe(EMPTY_SET);
  });

  test("has the sets that it knows", () => {
    expect(status.permitted).toBe(allCapabilities(36));
  });

  test("is in one PID namespace as far as it tells", () => {
    expect(status.namespacePids).toBe(1);
  });
});
