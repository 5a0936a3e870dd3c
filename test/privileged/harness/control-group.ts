// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { undoLater } from "./cleanup.ts";

/** The hierarchy that systemd names its units in: its own one with v1, else the v2 tree. */
const HIERARCHY = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find(
  (path) => existsSync(join(path, "cgroup.procs")),
);

/** A hierarchy in which the kernel can tell groups apart: the v2 tree, or that of a controller. */
export const FOLLOWABLE_HIERARCHY = ["unified", "", "pids", "memory"]
  .map((name) => join("/sys/fs/cgroup", name))
  .find((path) => existsSync(join(path, "cgroup.procs")));

/** Why no control group can be made here; null when it can. */
export function unusableControlGroups(): string | null {
  if (HIERARCHY === undefined) return "no control group hierarchy is mounted";
  try {
    accessSync(HIERARCHY, constants.W_OK);
    return null;
  } catch (error) {
    return `control groups cannot be made here: ${String(error)}`;
  }
}

/**
 * Moves a process into a group, which is made for it with the groups above it; the returned
 * function undoes both. To be undone in reverse order, as groups share what is above them.
 */
export function enterControlGroup(
  path: string,
  pid: number,
  root: string = HIERARCHY ?? "",
): () => void {
  const group = join(root, path);
  const topmostMade = mkdirSync(group, { recursive: true });
  const undo = undoLater(() => {
    // A group with a process in it cannot be removed.
    unless(["ESRCH"], () => writeFileSync(join(root, "cgroup.procs"), String(pid)));
    const shortest = topmostMade?.length ?? Infinity;
    for (let each = group; each.length >= shortest; each = dirname(each)) {
      unless(["EBUSY", "ENOTEMPTY", "ENOENT"], () => rmdirSync(each));
    }
  });
  writeFileSync(join(group, "cgroup.procs"), String(pid));
  return undo;
}

function unless(expected: readonly string[], action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!expected.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
