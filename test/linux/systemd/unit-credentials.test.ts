// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { setOf } from "../../../src/capabilities/set.ts";
import { parseUnitCredentials } from "../../../src/linux/systemd/unit-credentials.ts";

/** As systemd 252 prints it, in no fixed order. */
const text = (lines: Readonly<Record<string, string>>): string =>
  Object.entries({
    UID: "[not set]",
    ExecStartEx: "{ path=/bin/x ; argv[]=/bin/x ; flags= ; start_time=[n/a] ; pid=0 }",
    SecureBits: "0",
    CapabilityBoundingSet: "cap_chown cap_kill",
    AmbientCapabilities: "",
    NoNewPrivileges: "no",
    NeedDaemonReload: "no",
    ...lines,
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");

describe("what a unit declares", () => {
  test("is read with its sets, and nothing for what it does not say", () => {
    expect(parseUnitCredentials(text({}))).toEqual({
      bounding: setOf("chown", "kill"),
      ambient: 0n,
      noNewPrivileges: false,
      securebits: [],
      uid: null,
      prefix: "none",
      needsReload: false,
    });
  });

  test("has secure bits by number, without the one that ends with the exec", () => {
    expect(parseUnitCredentials(text({ SecureBits: "19" }))?.securebits).toEqual([
      "noroot",
      "noroot-locked",
    ]);
  });

  test.each([
    ["33", 33],
    ["0", null],
    ["[not set]", null],
    ["4294967295", null],
  ])("has the user id of %p", (UID, uid) => {
    expect(parseUnitCredentials(text({ UID }))?.uid).toBe(uid);
  });

  test.each([
    ["", "none"],
    ["ignore-failure", "none"],
    ["privileged", "full"],
    ["ignore-failure privileged", "full"],
    ["no-setuid", "keeps-ids"],
    ["ambient", "keeps-ids"],
  ])("has the prefix of a command with the flags %p", (flags, prefix) => {
    const ExecStartEx = `{ path=/x ; argv[]=/x flags=privileged ; flags=${flags} ; pid=0 }`;
    expect(parseUnitCredentials(text({ ExecStartEx }))?.prefix).toBe(prefix as "none");
  });

  test("keeps capabilities that only systemd has a name or number for", () => {
    const bounding = parseUnitCredentials(text({ CapabilityBoundingSet: "cap_41 0x2a" }))?.bounding;
    expect(bounding).toBe((1n << 41n) | 0x2an);
  });

  test("is nothing for a unit without such settings", () => {
    expect(parseUnitCredentials("UID=[not set]\nNeedDaemonReload=no\n")).toBeNull();
  });
});
