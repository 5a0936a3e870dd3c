// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, test } from "bun:test";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  controlGroupOf,
  findControlGroup,
  parseMembership,
  readMembers,
} from "../../../src/linux/cgroup/control-group.ts";
import {
  type HierarchyMount,
  parseHierarchyMounts,
  readHierarchyMounts,
} from "../../../src/linux/cgroup/mounts.ts";
import { undoLater } from "../../privileged/harness/cleanup.ts";
import { testUnless } from "../../skip.ts";

const V2 = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
const V1 = `31 23 0:28 / /sys/fs/cgroup ro shared:9 - tmpfs tmpfs ro,mode=755
32 31 0:29 / /sys/fs/cgroup/systemd rw shared:10 - cgroup cgroup rw,xattr,name=systemd
35 31 0:32 / /sys/fs/cgroup/memory rw shared:15 - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/net_cls,net_prio rw - cgroup cgroup rw,net_cls,net_prio
37 31 0:34 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
38 31 0:35 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
`;
const HYBRID = `${V1}39 31 0:36 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n`;
const CONTAINER =
  "700 690 0:32 /docker/4f9e /sys/fs/cgroup/me\\040mory ro - cgroup cgroup rw,memory\n";

describe("hierarchies", () => {
  const names = (text: string): readonly string[] =>
    parseHierarchyMounts(text).map(({ hierarchy }) => hierarchy);

  test("of v2 there is one", () => {
    expect(names(V2)).toEqual(["unified"]);
  });

  test("of v1 the usual ones come first, those without controllers last", () => {
    expect(names(V1)).toEqual(["pids", "memory", "cpu", "net_cls", "name=systemd"]);
  });

  test("of both v2 comes first", () => {
    expect(names(HYBRID)[0]).toBe("unified");
  });

  test("a part of one is known with its root", () => {
    expect(parseHierarchyMounts(CONTAINER)).toEqual([
      {
        hierarchy: "memory",
        controllers: ["memory"],
        root: "/docker/4f9e",
        mountPoint: "/sys/fs/cgroup/me mory",
      },
    ]);
  });

  test("controllers of one v1 hierarchy share its path", () => {
    const paths = parseMembership("4:cpuacct,cpu:/a\n2:name=systemd:/b:c\n0::/d\n");
    expect(Object.fromEntries(paths)).toEqual({
      cpu: "/a",
      cpuacct: "/a",
      "name=systemd": "/b:c",
      unified: "/d",
    });
  });
});

test("without a hierarchy nothing is found, and why", () => {
  expect(() => findControlGroup("/a", [])).toThrow("no control group hierarchy is mounted");
});

const MOUNTS = readHierarchyMounts();
const USABLE = MOUNTS.filter(
  ({ hierarchy, root, mountPoint }) =>
    ["unified", "pids", "memory", "freezer"].includes(hierarchy) &&
    root === "/" &&
    isWritable(mountPoint),
);
const NAME = `capscope-test-${process.pid}`;

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return process.geteuid?.() === 0;
  } catch {
    return false;
  }
}

function reason(count: number): string | null {
  return USABLE.length >= count ? null : `needs ${count} hierarchies that root can write to`;
}

const cleanups: (() => void)[] = [];

/** Made in this hierarchy alone. */
function make({ mountPoint }: HierarchyMount, path: string): string {
  const directory = join(mountPoint, path);
  mkdirSync(directory);
  cleanups.push(undoLater(() => rmdirSync(directory)));
  return directory;
}

/** A process in the group, for as long as the test runs. */
function startIn(directory: string): number {
  const child = Bun.spawn(["sleep", "60"]);
  writeFileSync(join(directory, "cgroup.procs"), String(child.pid));
  cleanups.push(
    undoLater(() => {
      child.kill("SIGKILL");
      for (let tries = 0; tries < 100 && readMembers({ directory }).includes(child.pid); tries++)
        Bun.sleepSync(10);
    }),
  );
  return child.pid;
}

afterAll(() => {
  for (const cleanup of cleanups.reverse()) cleanup();
});

testUnless(reason(1), "a group is found by path and by directory, with its inode number", () => {
  const [mount] = USABLE;
  const directory = make(mount!, `${NAME}-a`);
  const expected = {
    hierarchy: mount!.hierarchy,
    id: statSync(directory, { bigint: true }).ino,
    path: `/${NAME}-a`,
    directory,
  };
  expect(findControlGroup(`/${NAME}-a`)).toEqual(expected);
  expect(findControlGroup(`${NAME}-a/`)).toEqual(expected);
  expect(findControlGroup(directory)).toEqual(expected);
  expect(findControlGroup(`${directory}/`)).toEqual(expected);
});

testUnless(
  reason(1),
  "members are those of the group and of all below, and know their group",
  () => {
    const directory = make(USABLE[0]!, `${NAME}-b`);
    const inner = make(USABLE[0]!, `${NAME}-b/inner`);
    const pids = [startIn(directory), startIn(inner)];
    expect(readMembers(findControlGroup(`/${NAME}-b`))).toEqual(pids.toSorted((a, b) => a - b));
    expect(controlGroupOf(pids[1]!)).toEqual(findControlGroup(`/${NAME}-b/inner`));
    const above = (path: string) => (path.includes(NAME) ? `/${NAME}-b` : null);
    expect(controlGroupOf(pids[1]!, above)).toEqual(findControlGroup(`/${NAME}-b`));
  },
);

testUnless(
  reason(2),
  "of two hierarchies the one with processes counts, else the better one",
  () => {
    const [better, worse] = USABLE;
    make(better!, `${NAME}-c`);
    const populated = make(worse!, `${NAME}-c`);
    expect(findControlGroup(`/${NAME}-c`).hierarchy).toBe(better!.hierarchy);
    startIn(populated);
    expect(findControlGroup(`/${NAME}-c`).hierarchy).toBe(worse!.hierarchy);
  },
);

const NAMED = MOUNTS.find(
  ({ hierarchy, mountPoint }) => hierarchy.startsWith("name=") && isWritable(mountPoint),
);

testUnless(
  NAMED === undefined ? "there is no named v1 hierarchy" : null,
  "a group of a named hierarchy alone cannot be followed; with another one beside that counts",
  () => {
    const directory = make(NAMED!, `${NAME}-d`);
    expect(() => findControlGroup(`/${NAME}-d`)).toThrow("without controllers");
    expect(() => findControlGroup(directory)).toThrow("without controllers");
    if (USABLE[0] === undefined) return;
    const other = make(USABLE[0], `${NAME}-d`);
    expect(findControlGroup(directory).directory).toBe(other);
  },
);

testUnless(
  MOUNTS.length > 0 ? null : "no hierarchy is mounted",
  "the root is a group, others have to exist",
  () => {
    const usable = MOUNTS.find(({ hierarchy }) => !hierarchy.startsWith("name="));
    if (usable !== undefined) expect(findControlGroup("/").path).toBe("/");
    expect(() => findControlGroup("/no/such/group")).toThrow(
      "no such control group: /no/such/group",
    );
    expect(() => findControlGroup("/../etc")).toThrow("no such control group");
    expect(existsSync("/etc")).toBe(true);
    expect(() => findControlGroup("/etc")).toThrow("no such control group: /etc");
    expect(() => controlGroupOf(2 ** 30)).toThrow("no such process");
  },
);
