// SPDX-License-Identifier: Apache-2.0
import { unescapePath } from "../procfs/mounts.ts";
import { readText, textOrNull } from "../procfs/read-text.ts";

/** A mounted hierarchy of control groups. */
export interface HierarchyMount {
  /** "unified", the first of a v1 hierarchy's controllers ("cpu"), or a name ("name=systemd"). */
  readonly hierarchy: string;
  /** All controllers of a v1 hierarchy. */
  readonly controllers: readonly string[];
  /** The group that is mounted, as a path of the hierarchy; "/" unless a part of it is. */
  readonly root: string;
  readonly mountPoint: string;
}

/** Options of a cgroup file system that are no controllers. */
const OTHER_OPTIONS =
  /^(?:rw|ro|none|noprefix|clone_children|xattr|cpuset_v2_mode|favordynmods|release_agent=.*)$/;

/**
 * Hierarchies where processes are looked for, best first. Controllers that every distribution
 * puts all groups under come before those that a few use.
 */
const PREFERENCE = ["unified", "pids", "memory", "devices", "cpu", "freezer", "blkio"];

/** Parses /proc/PID/mountinfo (man 5 proc_pid_mountinfo); the best hierarchies come first. */
export function parseHierarchyMounts(mountinfo: string): readonly HierarchyMount[] {
  const mounts = mountinfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ", 2);
    const [, , , root = "", mountPoint = ""] = before.split(" ");
    const [type, , options = ""] = after.split(" ");
    const place = { root: unescapePath(root), mountPoint: unescapePath(mountPoint) };
    if (type === "cgroup2") return [{ hierarchy: "unified", controllers: [], ...place }];
    if (type !== "cgroup") return [];
    return [{ ...hierarchyOf(options.split(",")), ...place }];
  });
  return mounts.sort((one, other) => rank(one.hierarchy) - rank(other.hierarchy));
}

/** The hierarchies that this process sees. */
export function readHierarchyMounts(): readonly HierarchyMount[] {
  return parseHierarchyMounts(textOrNull(readText("/proc/self/mountinfo")) ?? "");
}

/** A named hierarchy without controllers is one of a service manager's own. */
export function isNamed(hierarchy: string): boolean {
  return hierarchy.startsWith("name=");
}

function hierarchyOf(
  options: readonly string[],
): Pick<HierarchyMount, "hierarchy" | "controllers"> {
  const words = options.filter((option) => !OTHER_OPTIONS.test(option));
  const controllers = words.filter((word) => !isNamed(word));
  return { hierarchy: controllers[0] ?? words[0] ?? "name=", controllers };
}

function rank(hierarchy: string): number {
  const at = PREFERENCE.indexOf(hierarchy);
  if (at !== -1) return at;
  return PREFERENCE.length + (isNamed(hierarchy) ? 1 : 0);
}
