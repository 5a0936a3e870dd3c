// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import {
  parseUnitArgument,
  parseUnitProperties,
  readUnit,
  restartUnit,
  slicePath,
  unitControlGroup,
} from "../../../src/linux/systemd/unit.ts";
import { testUnless } from "../../skip.ts";

describe("the name of a unit", () => {
  test.each([
    ["nginx", "nginx.service"],
    ["nginx.service", "nginx.service"],
    ["php8.2-fpm", "php8.2-fpm.service"],
    ["getty@tty1", "getty@tty1.service"],
    ["session-1.scope", "session-1.scope"],
    ["system.slice", "system.slice"],
    ["a\\x2db", "a\\x2db.service"],
  ])("%s is %s", (text, unit) => {
    expect(parseUnitArgument(text)).toBe(unit);
  });

  test.each([
    ["", "not the name of a unit"],
    ["-H", "not the name of a unit"],
    ["a b", "not the name of a unit"],
    ["*", "not the name of a unit"],
    ["../x", "not the name of a unit"],
    ["getty@", "is a template"],
    ["a.target", "has no processes"],
    ["a.timer", "has no processes"],
  ])("%p is refused", (text, message) => {
    expect(() => parseUnitArgument(text)).toThrow(message);
  });
});

describe("what systemctl shows", () => {
  const TEXT = `MainPID=42
ControlGroup=/system.slice/nginx.service
Id=nginx.service
LoadState=loaded
ActiveState=active
FragmentPath=/lib/systemd/system/nginx.service
Slice=system.slice
LoadError=
`;

  test("of an active unit is read", () => {
    expect(parseUnitProperties(TEXT)).toMatchObject({
      unit: "nginx.service",
      loadState: "loaded",
      activeState: "active",
      controlGroup: "/system.slice/nginx.service",
      slice: "system.slice",
      mainPid: 42,
      fragmentPath: "/lib/systemd/system/nginx.service",
    });
  });

  test("of an inactive unit leads to how to start it", () => {
    const unit = parseUnitProperties(
      "Id=a.service\nActiveState=inactive\nMainPID=0\nControlGroup=\n",
    );
    expect(unit).toMatchObject({ mainPid: null, controlGroup: null, fragmentPath: null });
    expect(() => unitControlGroup(unit)).toThrow("a.service has no processes: it is inactive");
  });
});

test.each([
  ["system.slice", "/system.slice"],
  ["user-1000.slice", "/user.slice/user-1000.slice"],
  ["-.slice", ""],
])("%s is at %p", (slice, path) => {
  expect(slicePath(slice)).toBe(path);
});

const booted = existsSync("/run/systemd/system") ? "systemd runs this machine" : null;

testUnless(booted, "without systemd a unit cannot be asked for, nor restarted", async () => {
  expect(() => readUnit("nginx")).toThrow("systemd is not pid 1 here");
  await expect(restartUnit("nginx")).rejects.toThrow("restarting nginx.service: ");
});
