// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import {
  CONTEXT_SYSCTLS,
  parseLockdown,
  parseSecurityModules,
  readSystemContext,
} from "../../../src/linux/procfs/system-context.ts";

test("the settings are those of this system", () => {
  const { sysctls } = readSystemContext();
  expect(Object.keys(sysctls)).toEqual([...CONTEXT_SYSCTLS]);
  expect(sysctls["vm.overcommit_memory"]).toBe(
    readFileSync("/proc/sys/vm/overcommit_memory", "utf8").trim(),
  );
});

test("a setting that this kernel does not have is null, and so is what securityfs would tell", () => {
  const { sysctls, securityModules, lockdown } = readSystemContext();
  for (const name of CONTEXT_SYSCTLS) {
    if (!existsSync(`/proc/sys/${name.replaceAll(".", "/")}`)) expect(sysctls[name]).toBeNull();
  }
  if (!existsSync("/sys/kernel/security/lsm")) expect(securityModules).toBeNull();
  if (!existsSync("/sys/kernel/security/lockdown")) expect(lockdown).toBeNull();
});

test("security modules keep the kernel's order", () => {
  expect(parseSecurityModules("lockdown,capability,yama,apparmor")).toEqual([
    "lockdown",
    "capability",
    "yama",
    "apparmor",
  ]);
  expect(parseSecurityModules("capability\n")).toEqual(["capability"]);
  expect(parseSecurityModules("")).toEqual([]);
  expect(parseSecurityModules(null)).toBeNull();
});

test("the lockdown level is the one in brackets", () => {
  expect(parseLockdown("none [integrity] confidentiality\n")).toBe("integrity");
  expect(parseLockdown("[none] integrity confidentiality\n")).toBe("none");
  expect(parseLockdown("none integrity [confidentiality]\n")).toBe("confidentiality");
});

test("a level that is not known, and none at all, are not guessed", () => {
  expect(parseLockdown("none [paranoia]\n")).toBeNull();
  expect(parseLockdown("none integrity\n")).toBeNull();
  expect(parseLockdown(null)).toBeNull();
});
