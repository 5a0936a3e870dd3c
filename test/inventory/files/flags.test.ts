// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { EMPTY_SET, setOf } from "../../../src/capabilities/set.ts";
import { assessFileFlags, type FlagFacts } from "../../../src/inventory/files/flags.ts";
import { skippedMounts, isOnNosuid, outermost } from "../../../src/inventory/files/mounts.ts";
import { parseMountInfo } from "../../../src/linux/procfs/mount-info.ts";

const NET_RAW = {
  permitted: setOf("net_raw"),
  inheritable: EMPTY_SET,
  effective: true,
  rootUid: null,
};
const SETUID = { ...NET_RAW, permitted: setOf("setuid") };

const PLAIN: FlagFacts = {
  path: "/usr/bin/ping",
  mode: 0o755,
  capabilities: NET_RAW,
  undecodable: false,
  isScript: false,
  writableByOthers: false,
  inWritableDirectory: false,
  onNosuid: false,
  package: {
    manager: "dpkg",
    name: "ping",
    contentMatches: true,
    modeMatches: null,
    capabilitiesMatch: null,
  },
  hasPackages: true,
};

test.each([
  ["net_raw alone", {}, []],
  ["setuid, for all", { capabilities: SETUID }, ["gives-root"]],
  ["setuid, for root only", { capabilities: SETUID, mode: 0o700 }, []],
  ["setuid, for a group", { capabilities: SETUID, mode: 0o710 }, ["gives-root"]],
  ["setuid in a user namespace", { capabilities: { ...SETUID, rootUid: 1000 } }, ["root-id"]],
  ["an interpreter", { path: "/opt/python3.11" }, ["interpreter"]],
  ["a setuid shell", { path: "/tmp/bash", mode: 0o4755, capabilities: null }, ["interpreter"]],
  ["a set-user-ID program", { mode: 0o4755, capabilities: null }, []],
  [
    "inheritable only",
    { capabilities: { ...NET_RAW, permitted: EMPTY_SET, inheritable: setOf("net_raw") } },
    ["inheritable-only"],
  ],
  ["no effective bit", { capabilities: { ...NET_RAW, effective: false } }, ["permitted-only"]],
  ["a script", { isScript: true }, ["script"]],
  ["content that could not be read", { isScript: null }, []],
  ["no right to execute", { mode: 0o644 }, ["not-executable"]],
  ["no package", { package: null }, ["not-from-package"]],
  ["no package manager", { package: null, hasPackages: false }, []],
  [
    "another content",
    { package: { ...PLAIN.package!, contentMatches: false } },
    ["differs-from-package"],
  ],
  [
    "everything else, worst first",
    { writableByOthers: true, inWritableDirectory: true, onNosuid: true, undecodable: true },
    ["writable-by-others", "in-writable-directory", "undecodable", "nosuid-mount"],
  ],
] as const)("%s has the flags that follow from it", (_, parts, flags) => {
  expect(assessFileFlags({ ...PLAIN, ...parts } as FlagFacts)).toEqual([...flags]);
});

const MOUNTS = parseMountInfo(`22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw,nosuid,nodev shared:2 - proc proc rw
24 22 0:22 / /srv/a\\040b rw shared:3 master:1 - nfs4 server:/a\\040b rw
25 22 8:2 / /home rw,nosuid - ext4 /dev/sda2 rw
26 25 0:30 / /home/x rw - fuse.sshfs x@y: rw
27 23 0:31 / /proc/sys/fs/binfmt_misc rw - binfmt_misc none rw
28 22 0:32 / /run rw - tmpfs tmpfs rw
29 28 0:33 / /run rw - overlay overlay rw
not a mount
`);

test("mounts of the kernel and of the network are not entered, but where they are asked for", () => {
  const paths = (roots: readonly string[], extent: "local" | "one" | "all"): readonly string[] =>
    skippedMounts(MOUNTS, roots, extent).map(({ path }) => path);
  const foreign = ["/proc", "/srv/a b", "/home/x", "/proc/sys/fs/binfmt_misc"];
  expect(paths(["/"], "local")).toEqual(foreign);
  expect(paths(["/srv/a b"], "local")).toEqual([]);
  expect(paths(["/home"], "local")).toEqual(["/home/x"]);
  expect(paths(["/"], "all")).toEqual([]);
  expect(paths(["/"], "one")).toEqual([
    "/proc",
    "/srv/a b",
    "/home",
    "/home/x",
    "/proc/sys/fs/binfmt_misc",
    "/run",
  ]);
  expect(outermost(skippedMounts(MOUNTS, ["/"], "local"))).toHaveLength(3);
});

test("what a nosuid mount covers is known by the closest mount", () => {
  expect(isOnNosuid("/home/user/x", MOUNTS)).toBe(true);
  expect(isOnNosuid("/home/x/y", MOUNTS)).toBe(false);
  expect(isOnNosuid("/homework", MOUNTS)).toBe(false);
});
