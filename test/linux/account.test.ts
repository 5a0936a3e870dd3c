// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { fileAccounts, resolveGroup, resolveUser } from "../../src/linux/account.ts";

const PASSWD = `root:x:0:0:root:/root:/bin/bash
+nis
alice:x:1000:1001:Alice:/home/alice:/bin/sh
broken:x:65535:1:::
`;
const DATABASE = fileAccounts(PASSWD, "adm:x:4:bob,alice\nalice:x:1001:\n# x:x:7:alice\n");

describe("a user", () => {
  test.each([
    ["alice", 1000, 1001, [4, 1001]],
    ["1000", 1000, 1001, [4, 1001]],
    ["alice:adm", 1000, 4, [4]],
    ["alice:77", 1000, 77, [4, 77]],
    ["root", 0, 0, [0]],
    ["4711", 4711, 4711, []],
    ["4711:4", 4711, 4, []],
  ])("%s", (text, uid, gid, groups) => {
    expect(resolveUser(text, DATABASE)).toMatchObject({ uid, gid, groups: groups as number[] });
  });

  test.each([
    ["", "not a user"],
    ["alice:", "not a user"],
    [":adm", "not a user"],
    ["a:b:c", "not a user"],
    ["bob", "no such user: bob"],
    ["broken", "no such user"],
    ["-1", "no such user"],
    ["+1", "no such user"],
    ["65535", "no such user"],
    ["4294967295", "no such user"],
    ["4294967296", "no such user"],
    ["00", "no such user"],
    ["alice:ghost", "no such group: ghost"],
    ["alice:4294967295", "no such group"],
  ])("%p is refused", (text, message) => {
    expect(() => resolveUser(text, DATABASE)).toThrow(message);
  });
});

test("a group is found by name or number", () => {
  expect(resolveGroup("adm", DATABASE)).toBe(4);
  expect(resolveGroup("99", DATABASE)).toBe(99);
  expect(() => resolveGroup("-4", DATABASE)).toThrow("no such group: -4");
});

test("this machine's root is known, as id(1) knows it", () => {
  const { uid, gid, groups, account } = resolveUser("root");
  const ids = Bun.spawnSync(["id", "-G", "root"]).stdout.toString().trim().split(" ").map(Number);
  expect([uid, gid, account?.name]).toEqual([0, 0, "root"]);
  expect(groups).toEqual(ids.toSorted((one, other) => one - other));
});
