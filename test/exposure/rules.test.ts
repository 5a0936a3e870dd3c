// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { CAPABILITY_NAMES } from "../../src/capabilities/names.ts";
import { allCapabilities, EMPTY_SET, setOf } from "../../src/capabilities/set.ts";
import { FLAGS, type PlaneName, type Reach } from "../../src/exposure/model.ts";
import {
  assessFlags,
  assessPrivilege,
  type FlagFacts,
  isOpenEnded,
  isPrivileged,
} from "../../src/exposure/rules.ts";

const ALL = allCapabilities(40);

function on(plane: PlaneName): Reach {
  return { plane, interface: null, state: "reachable", addresses: [], scope: null };
}

const PLAIN: FlagFacts = {
  protocol: "tcp",
  port: 80,
  role: "service",
  bind: { addresses: ["10.0.0.1"], wildcard: false, device: null, v6only: null },
  reach: [on("inet-external")],
  reuseport: false,
  privilegedOwner: false,
};

describe("the flags of an endpoint", () => {
  const wildcard = { ...PLAIN.bind, wildcard: true };
  const endpoints: readonly (readonly [string, Partial<FlagFacts>, readonly string[]])[] = [
    ["nothing special", {}, []],
    ["Bluetooth", { protocol: "rfcomm", reach: [on("bluetooth")] }, ["proximity-plane"]],
    ["VSOCK", { protocol: "vsock", reach: [on("vsock")] }, ["hypervisor-plane"]],
    [
      "VSOCK port 22",
      { protocol: "vsock", port: 22, reach: [on("vsock")] },
      ["hypervisor-plane", "ssh-on-vsock-port-22"],
    ],
    ["TCP port 22", { port: 22 }, []],
    ["a wildcard bind", { bind: wildcard }, ["wildcard-bind"]],
    ["SO_REUSEPORT", { reuseport: true }, ["reuseport"]],
    ["SO_REUSEPORT that could not be checked", { reuseport: null }, []],
    ["a privileged owner", { privilegedOwner: true }, ["privileged-caps"]],
    [
      "everything, in printing order",
      {
        protocol: "vsock",
        port: 22,
        reach: [on("vsock"), on("bluetooth")],
        bind: wildcard,
        reuseport: true,
        privilegedOwner: true,
      },
      FLAGS,
    ],
  ];
  test.each(endpoints)("%s", (_, parts, flags) => {
    expect(assessFlags({ ...PLAIN, ...parts })).toEqual([...flags] as ReturnType<
      typeof assessFlags
    >);
  });
});

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
