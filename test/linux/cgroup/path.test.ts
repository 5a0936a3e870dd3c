// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { parseCgroupIdentity, parseCgroupPath } from "../../../src/linux/cgroup/path.ts";

const ID = "4f9e".repeat(16);

describe("the path of a process", () => {
  const files: readonly (readonly [string, readonly string[], string])[] = [
    ["v2", ["0::/system.slice/nginx.service"], "/system.slice/nginx.service"],
    ["v2 root", ["0::/"], "/"],
    [
      "v1 with systemd",
      ["12:cpu,cpuacct:/", "3:devices:/user.slice", "1:name=systemd:/user.slice/session-1.scope"],
      "/user.slice/session-1.scope",
    ],
    [
      "hybrid: systemd's hierarchy before v2",
      ["9:name=systemd:/system.slice/a.service", "4:memory:/x/y/z/longer/than/that", "0::/other"],
      "/system.slice/a.service",
    ],
    [
      "hybrid in which systemd has its tree in v2",
      ["1:name=systemd:/", "0::/system.slice/a.service"],
      "/system.slice/a.service",
    ],
    [
      "v1 without systemd: the deepest",
      ["4:memory:/docker/abc", "3:cpuset:/", "2:cpu:/docker"],
      "/docker/abc",
    ],
    ["no hierarchy", [], "/"],
    ["an empty path", ["0::"], "/"],
    ["colons in a name", ["0::/a.slice/b:c:d.scope"], "/a.slice/b:c:d.scope"],
    [
      "a named hierarchy that is not systemd's",
      ["2:name=elogind:/3", "0::/a.service"],
      "/a.service",
    ],
    ["another cgroup namespace", ["0::/../../init.scope"], "/../../init.scope"],
  ];
  test.each(files)("%s", (_, lines, path) => {
    expect(parseCgroupPath(lines.map((line) => `${line}\n`).join(""))).toBe(path);
  });
});

describe("unit, user and slice", () => {
  const USER = "/user.slice/user-1000.slice";
  const MANAGER = `${USER}/user@1000.service`;
  /** Path, unit, uid of the user manager, innermost slice. */
  const paths: readonly (readonly [string, string, string | null, number | null, string | null])[] =
    [
      ["root", "/", null, null, null],
      ["init", "/init.scope", "init.scope", null, null],
      ["a system service", "/system.slice/nginx.service", "nginx.service", null, "system.slice"],
      [
        "an instance in the slice of its template",
        String.raw`/system.slice/system-getty.slice/getty@tty1.service`,
        "getty@tty1.service",
        null,
        "system-getty.slice",
      ],
      [
        "an escaped instance",
        String.raw`/system.slice/system-a\x2db.slice/a-b@x\x2dy.service`,
        String.raw`a-b@x\x2dy.service`,
        null,
        String.raw`system-a\x2db.slice`,
      ],
      [
        "a cgroup that a service made below itself",
        "/system.slice/a.service/payload/b.service",
        "a.service",
        null,
        "system.slice",
      ],
      ["a slice of one's own", "/my-own.slice/a.service", "a.service", null, "my-own.slice"],
      ["a service without slice", "/a.service", "a.service", null, null],
      ["a socket unit", "/system.slice/a.socket", "a.socket", null, "system.slice"],
      ["a mount", "/system.slice/mnt-x.mount", "mnt-x.mount", null, "system.slice"],
      ["a swap", "/system.slice/dev-sda2.swap", "dev-sda2.swap", null, "system.slice"],
      ["a slice alone", "/system.slice", null, null, "system.slice"],
      ["a session", `${USER}/session-2.scope`, "session-2.scope", null, "user-1000.slice"],
      ["a user manager", `${MANAGER}/init.scope`, "init.scope", 1000, null],
      ["a user manager's own cgroup", MANAGER, "user@1000.service", null, "user-1000.slice"],
      ["a user service", `${MANAGER}/app.slice/dbus.service`, "dbus.service", 1000, "app.slice"],
      [
        "a user instance",
        `${MANAGER}/app.slice/app-foot.slice/foot@1.service`,
        "foot@1.service",
        1000,
        "app-foot.slice",
      ],
      [
        "an application scope",
        String.raw`${MANAGER}/app.slice/app-gnome-x\x2dy-99.scope`,
        String.raw`app-gnome-x\x2dy-99.scope`,
        1000,
        "app.slice",
      ],
      ["a user service without slice", `${MANAGER}/dbus.service`, "dbus.service", 1000, null],
      [
        "a service that looks like a user manager but has no uid",
        "/system.slice/user@web.service/a.service",
        "user@web.service",
        null,
        "system.slice",
      ],
      [
        "a machine",
        "/machine.slice/systemd-nspawn@web.service/payload/system.slice/a.service",
        "systemd-nspawn@web.service",
        null,
        "machine.slice",
      ],
      ["an escaped name", "/system.slice/_cpu.service", "cpu.service", null, "system.slice"],
      ["a name with its own underscore", "/__a.service", "_a.service", null, null],
      ["an escaped slice", "/_cpu.slice/a.service", "a.service", null, "cpu.slice"],
      ["a name that is not a unit", "/docker/abc", null, null, null],
      ["a unit below what is none", "/lxc.payload.web/system.slice/a.service", null, null, null],
      ["outside this cgroup namespace", "/../system.slice/a.service", null, null, null],
      ["a name that only ends like a unit", "/system.slice/a-service", null, null, "system.slice"],
    ];
  test.each(paths)("of %s", (_, path, unit, userUnitOf, slice) => {
    const identity = parseCgroupIdentity(path);
    expect([identity.unit, identity.userUnitOf, identity.slice]).toEqual([unit, userUnitOf, slice]);
  });

  test("of a rootless container are those of the user manager", () => {
    const path = `${MANAGER}/user.slice/libpod-${ID}.scope/container`;
    expect(parseCgroupIdentity(path)).toMatchObject({
      unit: `libpod-${ID}.scope`,
      userUnitOf: 1000,
      slice: "user.slice",
    });
  });
});
