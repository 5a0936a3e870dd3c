// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { CAPABILITY_NAMES } from "../../src/capabilities/names.ts";
import { assessPrivilege, isOpenEnded, isPrivileged } from "../../src/capabilities/privilege.ts";
import { allCapabilities, EMPTY_SET, setOf } from "../../src/capabilities/set.ts";

const ALL = allCapabilities(40);

describe("privileged", () => {
  const HARMLESS = [
    "fsetid kill linux_immutable net_bind_service net_broadcast ipc_lock ipc_owner",
    "sys_pacct sys_nice sys_resource sys_time sys_tty_config lease audit_write wake_alarm",
    "block_suspend audit_read",
  ].flatMap((line) => line.split(" "));
  const harmful = CAPABILITY_NAMES.filter((name) => !HARMLESS.includes(name));

  test.each(harmful)("is who has %s", (name) => {
    expect(isPrivileged(setOf(name), false)).toBe(true);
  });

  test("is nobody who has all the others", () => {
    expect(isPrivileged(setOf(...HARMLESS), false)).toBe(false);
  });

  test("is nobody without capabilities", () => {
    expect(isPrivileged(EMPTY_SET, false)).toBe(false);
  });

  test("is nobody in a user namespace below the initial one", () => {
    expect(isPrivileged(ALL, true)).toBe(false);
  });

  test("is who has capabilities that may count, where the user namespace is not known", () => {
    expect(isPrivileged(ALL, null)).toBe(true);
  });
});

describe("privilege", () => {
  test.each([
    ["nothing", EMPTY_SET, "none"],
    ["one capability", setOf("lease"), "partial"],
    ["all but one", ALL & ~setOf("sys_admin"), "partial"],
    ["all", ALL, "full"],
    ["all and some that are unknown", ALL | (1n << 63n), "full"],
  ] as const)("of %s is %p", (_, permitted, privilege) => {
    expect(assessPrivilege(permitted, ALL)).toBe(privilege);
  });

  test("is full with all that an older kernel knows", () => {
    expect(assessPrivilege(allCapabilities(36), allCapabilities(36))).toBe("full");
  });
});

describe("a bounding set", () => {
  const ceiling = ALL & ~setOf("sys_resource");
  test.each([
    ["the same as that of pid 1", ceiling, ceiling, true],
    ["larger than that of pid 1", ALL, ceiling, true],
    ["trimmed by one", ceiling & ~setOf("sys_admin"), ceiling, false],
    ["empty", EMPTY_SET, ceiling, false],
    ["empty like that of pid 1", EMPTY_SET, EMPTY_SET, false],
  ] as const)("%s", (_, bounding, of, openEnded) => {
    expect(isOpenEnded(bounding, of)).toBe(openEnded);
  });
});
