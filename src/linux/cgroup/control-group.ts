// SPDX-License-Identifier: Apache-2.0
import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { UnsupportedError, UsageError } from "../../errors.ts";
import type { ControlGroup } from "../bpf/observation.ts";
import { readText, textOrNull } from "../procfs/read-text.ts";
import { type HierarchyMount, isNamed, readHierarchyMounts } from "./mounts.ts";

/** A control group and where it is found. */
export interface LocatedControlGroup extends ControlGroup {
  /** In its hierarchy, "/system.slice/nginx.service". */
  readonly path: string;
  readonly directory: string;
}

const NOT_FOLLOWABLE =
  "it is in a hierarchy without controllers, which the kernel programs cannot tell apart";

/**
 * Finds a control group by its path ("/system.slice/nginx.service") or directory (under a mounted
 * hierarchy). Of several hierarchies that have it, the first in the order of `parseHierarchyMounts`
 * in which it has processes counts, or the first at all; a directory stands for its own hierarchy.
 * Throws UsageError when there is none, UnsupportedError when only a named v1 hierarchy has it.
 */
export function findControlGroup(
  text: string,
  mounts: readonly HierarchyMount[] = readHierarchyMounts(),
): LocatedControlGroup {
  if (mounts.length === 0) {
    throw new UnsupportedError("no control group hierarchy is mounted here", {
      hint: "mount -t cgroup2 cgroup2 /sys/fs/cgroup mounts one",
    });
  }
  const mount = mountOf(text, mounts);
  if (mount === null) return findByPath(posix.normalize(`/${text}`), mounts);
  const directory = realDirectory(text);
  const path = pathInHierarchy(directory, mount);
  return isNamed(mount.hierarchy) ? findByPath(path, mounts) : locate(path, directory, mount);
}

function findByPath(written: string, mounts: readonly HierarchyMount[]): LocatedControlGroup {
  const path = written === "/" ? "/" : written.replace(/\/+$/, "");
  if (path.split("/").includes("..")) throw new UsageError(`not a control group: ${written}`);
  const found = mounts.flatMap((mount) => {
    const directory = directoryIn(path, mount);
    return directory === null || !isDirectory(directory) ? [] : [{ mount, directory }];
  });
  const usable = found
    .filter(({ mount }) => !isNamed(mount.hierarchy))
    .map(({ mount, directory }) => locate(path, directory, mount));
  const chosen = usable.find((group) => hasMembers(group.directory)) ?? usable[0];
  if (chosen !== undefined) return chosen;
  if (found.length === 0) {
    throw new UsageError(`no such control group: ${path}`, "systemd-cgls shows those there are");
  }
  throw new UnsupportedError(`control group ${path}: ${NOT_FOLLOWABLE}`, {
    hint: "follow its processes with --pid, or boot with a unified hierarchy",
  });
}

/**
 * The group that a process is in, or one above it that `narrow` makes of its path: in the first
 * hierarchy for which that gives a path. Null when none does; by default the root of a hierarchy
 * says nothing. Throws UsageError when there is no such process.
 */
export function controlGroupOf(
  pid: number,
  narrow: (path: string) => string | null = (path) => (path === "/" ? null : path),
  mounts: readonly HierarchyMount[] = readHierarchyMounts(),
): LocatedControlGroup | null {
  const text = textOrNull(readText(`/proc/${pid}/cgroup`));
  if (text === null) throw new UsageError(`no such process: ${pid}`);
  const paths = parseMembership(text);
  for (const mount of mounts) {
    if (isNamed(mount.hierarchy)) continue;
    const path = narrow(paths.get(mount.hierarchy) ?? "/");
    const directory = path === null ? null : directoryIn(path, mount);
    if (path !== null && directory !== null && isDirectory(directory)) {
      return locate(path, directory, mount);
    }
  }
  return null;
}

/** Path by hierarchy, in the words of `HierarchyMount`, out of /proc/PID/cgroup. */
export function parseMembership(text: string): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, controllers, ...rest] = line.split(":");
    if (controllers === undefined) continue;
    const path = rest.join(":");
    // Each controller by itself: a mount may list them in another order.
    for (const name of controllers.split(",")) paths.set(name === "" ? "unified" : name, path);
  }
  return paths;
}

/** Pids of the processes in a group and below, in ascending order. */
export function readMembers(group: Pick<LocatedControlGroup, "directory">): readonly number[] {
  const pids = new Set<number>();
  for (const directory of groupsBelow(group.directory)) {
    for (const pid of membersOf(directory)) pids.add(pid);
  }
  return [...pids].sort((one, other) => one - other);
}

function hasMembers(directory: string): boolean {
  for (const each of groupsBelow(directory)) {
    if (membersOf(each).length > 0) return true;
  }
  return false;
}

/** Threaded groups refuse this file; their processes are listed where their domain begins. */
function membersOf(directory: string): readonly number[] {
  const text = textOrNull(readText(join(directory, "cgroup.procs"))) ?? "";
  // 0 stands for a process outside of our PID namespace.
  return text
    .split("\n")
    .map(Number)
    .filter((pid) => pid > 0);
}

function* groupsBelow(directory: string): Generator<string> {
  yield directory;
  for (const name of directoriesIn(directory)) yield* groupsBelow(join(directory, name));
}

function directoriesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    // Groups come and go: one that was removed has nothing below it.
    return [];
  }
}

/** The mount that a directory is in; null for text that is no directory under one. */
function mountOf(text: string, mounts: readonly HierarchyMount[]): HierarchyMount | null {
  if (!text.startsWith("/") || !isDirectory(text)) return null;
  const directory = realDirectory(text);
  const inside = mounts.filter(({ mountPoint }) => isWithin(directory, mountPoint));
  // Mounts of v1 hierarchies lie below one another's parent: the longest is the one.
  return inside.sort((one, other) => other.mountPoint.length - one.mountPoint.length)[0] ?? null;
}

function realDirectory(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw new UsageError(`no such control group: ${path}`);
  }
}

function directoryIn(path: string, { root, mountPoint }: HierarchyMount): string | null {
  if (!isWithin(path, root)) return null;
  const below = root === "/" ? path : path.slice(root.length);
  return below === "/" || below === "" ? mountPoint : join(mountPoint, below);
}

function pathInHierarchy(directory: string, { root, mountPoint }: HierarchyMount): string {
  return posix.join("/", root, directory.slice(mountPoint.length)).replace(/(.)\/$/, "$1");
}

function isWithin(path: string, ancestor: string): boolean {
  return ancestor === "/" || path === ancestor || path.startsWith(`${ancestor}/`);
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The inode number of a group's directory is its 64-bit id. Requires Linux 5.5. */
function locate(
  path: string,
  directory: string,
  { hierarchy }: HierarchyMount,
): LocatedControlGroup {
  const { ino } = statSync(directory, { bigint: true });
  return { hierarchy, id: ino, path, directory };
}
