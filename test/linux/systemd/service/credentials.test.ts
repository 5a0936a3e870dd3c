// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { setOf } from "../../../../src/capabilities/set.ts";
import { allBut, plan } from "./build-plan.ts";

describe("user and groups", () => {
  test("a service without them is root's, without further groups", () => {
    expect(plan("").user).toEqual({ uid: 0, gid: 0, groups: [] });
  });

  test("a user brings the groups of the database", () => {
    expect(plan("User=www").user).toEqual({ uid: 33, gid: 34, groups: [34, 113] });
    expect(plan("User=1000").user).toEqual({ uid: 1000, gid: 1000, groups: [4, 1000] });
  });

  test("Group= replaces the primary group", () => {
    expect(plan("User=www\nGroup=adm").user).toEqual({ uid: 33, gid: 4, groups: [4, 113] });
    expect(plan("Group=adm").user).toEqual({ uid: 0, gid: 4, groups: [] });
  });

  test("SupplementaryGroups= adds up and can be reset", () => {
    const lines = "User=www\nSupplementaryGroups=adm 7777\nSupplementaryGroups=1000";
    expect(plan(lines).user.groups).toEqual([4, 34, 113, 1000, 7777]);
    expect(plan(`${lines}\nSupplementaryGroups=`).user.groups).toEqual([34, 113]);
  });

  test("numbers are kept as they are", () => {
    const { user } = plan("User=0\nGroup=0\nSupplementaryGroups=1 2");
    expect(user).toEqual({ uid: 0, gid: 0, groups: [1, 2] });
  });

  test("a number without an account works, with the remark that systemd would not", () => {
    const { user, warnings } = plan("User=4711");
    expect(user).toEqual({ uid: 4711, gid: 4711, groups: [] });
    expect(warnings).toEqual([
      "User=4711: there is no such account, and systemd would not start the service",
    ]);
    expect(plan("User=2147483648\nGroup=5").user.uid).toBe(2147483648);
  });

  test.each([
    ["User", "-1"],
    ["User", "+1"],
    ["User", "65535"],
    ["User", "4294967295"],
    ["User", "4294967296"],
    ["User", "007"],
    ["User", "a:b"],
    ["User", "ghost"],
    ["Group", "-1"],
    ["Group", "65535"],
    ["Group", "4294967296"],
    ["Group", "ghost"],
    ["SupplementaryGroups", "-1"],
    ["SupplementaryGroups", "4294967296"],
    ["SupplementaryGroups", "adm ghost"],
  ])("%s=%s is refused", (key, value) => {
    expect(() => plan(`${key}=${value}`)).toThrow(`${key}=`);
  });

  test("specifiers are expanded, empty values reset", () => {
    expect(plan("User=%i", { unit: "job@alice.service" }).user.uid).toBe(1000);
    expect(plan("User=www\nUser=").user.uid).toBe(0);
  });
});

describe("DynamicUser=", () => {
  test.each([["DynamicUser=yes"], ["DynamicUser=1\nUser=ghost"], ["DynamicUser=on\nGroup=ghost"]])(
    "%s is a user that nobody else is, who can gain nothing",
    (lines) => {
      const { user, noNewPrivileges, unsupported } = plan(lines);
      expect(user.uid).toBeGreaterThanOrEqual(61184);
      expect(user.uid).toBeLessThanOrEqual(65519);
      expect(user).toEqual({ uid: user.uid, gid: user.uid, groups: [user.uid] });
      expect(noNewPrivileges).toBe(true);
      expect(unsupported[0]).toStartWith("DynamicUser=yes: PrivateTmp=");
    },
  );

  test("the same unit gets the same id, another one another", () => {
    const uidOf = (unit: string): number => plan("DynamicUser=yes", { unit }).user.uid;
    expect(uidOf("a.service")).toBe(uidOf("a.service"));
    expect(uidOf("a.service")).not.toBe(uidOf("b.service"));
  });

  test("an account of that name is used", () => {
    expect(plan("DynamicUser=yes\nUser=www").user.uid).toBe(33);
    expect(plan("DynamicUser=yes", { unit: "alice.service" }).user.uid).toBe(1000);
  });

  test("a malformed user stays an error", () => {
    expect(() => plan("DynamicUser=yes\nUser=-1")).toThrow("User=-1");
  });
});

describe("capability sets", () => {
  const [chown, kill, net] = [setOf("chown"), setOf("kill"), setOf("net_raw")];

  test.each([
    ["none", "", null],
    ["one", "CAP_CHOWN", chown],
    ["any case and a number", "cap_chown Cap_Kill 13", chown | kill | net],
    ["quoted", '"CAP_CHOWN" CAP_KILL', chown | kill],
    ["all but some", "~CAP_CHOWN CAP_KILL", allBut("chown", "kill")],
    ["several lines add up", "CAP_CHOWN|CAP_KILL", chown | kill],
    ["taken away again", "CAP_CHOWN CAP_KILL|~CAP_KILL", chown],
    ["taken away twice", "~CAP_CHOWN|~CAP_KILL", allBut("chown", "kill")],
    ["emptied", "CAP_CHOWN|", 0n],
    ["filled again", "CAP_CHOWN|~", null],
    ["unknown ones are left out", "CAP_CHOWN CAP_NEW", chown],
  ])("bounding: %s", (_, values, expected) => {
    const lines =
      values === "" ? "" : values.split("|").map((each) => `CapabilityBoundingSet=${each}`);
    expect(plan([lines].flat().join("\n")).bounding).toBe(expected);
  });

  test.each([
    ["none", "", 0n],
    ["several lines add up", "CAP_CHOWN|CAP_KILL", chown | kill],
    ["emptied", "CAP_CHOWN|", 0n],
    ["replaced after that", "CAP_CHOWN||CAP_KILL", kill],
    ["all but one", "~CAP_CHOWN", allBut("chown")],
    ["taken away again", "CAP_CHOWN CAP_KILL|~CAP_CHOWN", kill],
  ])("ambient: %s", (_, values, expected) => {
    const lines = values.split("|").map((each) => `AmbientCapabilities=${each}`);
    expect(plan(values === "" ? "" : lines.join("\n")).ambient).toBe(expected);
  });

  test("a name that systemd ignores is ignored, and said to be", () => {
    const { ambient, warnings } = plan("AmbientCapabilities=net_raw CAP_FOO");
    expect(ambient).toBe(0n);
    expect(warnings).toEqual([
      "AmbientCapabilities=: systemd does not know the capability net_raw and ignores it: it has to be CAP_NET_RAW",
      "AmbientCapabilities=: systemd does not know the capability CAP_FOO and ignores it",
    ]);
  });

  test.each([
    ["PrivateDevices", ["mknod", "sys_rawio"]],
    ["ProtectKernelModules", ["sys_module"]],
    ["ProtectKernelLogs", ["syslog"]],
    ["ProtectClock", ["sys_time", "wake_alarm"]],
  ])("%s= takes its capabilities out of the bounding set", (key, names) => {
    const { bounding, unsupported } = plan(`${key}=yes`);
    expect(bounding).toBe(allBut(...names));
    expect(unsupported).toEqual([`${key}=yes is not applied`]);
    expect(plan(`${key}=yes\n${key}=no`)).toMatchObject({ bounding: null, unsupported: [] });
  });
});

describe("NoNewPrivileges=", () => {
  test.each(["yes", "YES", "y", "true", "t", "on", "1"])("%s is yes", (value) => {
    expect(plan(`NoNewPrivileges=${value}`).noNewPrivileges).toBe(true);
  });

  test.each(["no", "n", "false", "f", "off", "0"])("%s is no", (value) => {
    expect(plan(`NoNewPrivileges=yes\nNoNewPrivileges=${value}`).noNewPrivileges).toBe(false);
  });

  test("what is no boolean is ignored", () => {
    const { noNewPrivileges, warnings } = plan("NoNewPrivileges=yes\nNoNewPrivileges=maybe");
    expect(noNewPrivileges).toBe(true);
    expect(warnings).toEqual(["NoNewPrivileges=: maybe is not a boolean, ignored"]);
  });

  test("a filter of system calls implies it for users other than root", () => {
    const line = "SystemCallFilter=@system-service";
    expect(plan(`User=www\n${line}`).noNewPrivileges).toBe(true);
    expect(plan(line).noNewPrivileges).toBe(false);
    expect(plan(`ExecStart=!/bin/a\nUser=www\n${line}`).noNewPrivileges).toBe(false);
    expect(plan("User=www").noNewPrivileges).toBe(false);
  });
});

test("the last SecureBits= counts, unknown bits are left out", () => {
  const { securebits, warnings } = plan(
    "SecureBits=keep-caps\nSecureBits=noroot noroot-locked tight",
  );
  expect(securebits).toEqual(["noroot", "noroot-locked"]);
  expect(warnings).toEqual(["SecureBits=: unknown secure bit tight, ignored"]);
  expect(plan("SecureBits=noroot\nSecureBits=").securebits).toEqual([]);
});
