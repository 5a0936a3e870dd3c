// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { setOf } from "../../src/capabilities/set.ts";
import { setprivArguments, userCredentials } from "../../src/linux/launch-options.ts";
import { parseLimits } from "../../src/linux/resource-limits.ts";

const UNCHANGED = {
  uid: null,
  gid: null,
  groups: null,
  ambient: null,
  bounding: null,
  securebits: null,
  noNewPrivileges: false,
};

/** Numbers of a line of this process's own status; ids in the order of man 5 proc_pid_status. */
function own(key: string): readonly number[] {
  const status = readFileSync("/proc/self/status", "utf8");
  const line = status.split("\n").find((each) => each.startsWith(`${key}:`)) ?? "";
  return line
    .split(/\s+/)
    .slice(1)
    .filter((word) => word !== "")
    .map(Number);
}

test("as the user who starts it a command needs no privilege", () => {
  const ids = { uid: own("Uid")[0]!, gid: own("Gid")[0]!, groups: own("Groups") };
  expect(userCredentials(ids)).toEqual(UNCHANGED);
  expect(setprivArguments(userCredentials(ids))).toEqual([]);
  expect(userCredentials({ ...ids, uid: ids.uid + 1 }).uid).toBe(ids.uid + 1);
  expect(userCredentials({ ...ids, groups: [...ids.groups, 4244] }).groups).toContain(4244);
});

test("sets are given by number, as older libraries do not know every name", () => {
  const set = setOf("chown", "checkpoint_restore") | (1n << 41n);
  expect(setprivArguments({ ...UNCHANGED, bounding: set })).toEqual([
    "--bounding-set=-all,+cap_0,+cap_40,+cap_41",
  ]);
  expect(setprivArguments({ ...UNCHANGED, ambient: 0n })).toEqual([
    "--inh-caps=-all",
    "--ambient-caps=-all",
  ]);
});

test("groups are exact, or kept when only the group changes", () => {
  expect(setprivArguments({ ...UNCHANGED, uid: 1, gid: 2, groups: [3, 4] })).toEqual([
    "--reuid=1",
    "--regid=2",
    "--groups=3,4",
  ]);
  expect(setprivArguments({ ...UNCHANGED, groups: [] })).toEqual(["--clear-groups"]);
  expect(setprivArguments({ ...UNCHANGED, gid: 2 })).toEqual(["--regid=2", "--keep-groups"]);
});

test("limits are read as the kernel prints them", () => {
  const text = readFileSync("/proc/self/limits", "utf8");
  const limits = parseLimits(text);
  expect(limits).toHaveLength(16);
  const nofile = Bun.spawnSync(["sh", "-c", "ulimit -Sn; ulimit -Hn"]).stdout.toString();
  const { soft, hard } = limits.find(({ resource }) => resource === "nofile")!;
  expect(nofile).toBe(`${soft ?? "unlimited"}\n${hard ?? "unlimited"}\n`);
});
