// SPDX-License-Identifier: Apache-2.0
import { unescapePath } from "./mounts.ts";
import { readText, textOrNull } from "./read-text.ts";

/** A line of /proc/self/mountinfo (man 5 proc_pid_mountinfo). */
export interface MountInfo {
  readonly target: string;
  /** The directory of the file system that is mounted: "/", or that of a bind mount. */
  readonly root: string;
  /** "ext4", "fuse.sshfs" ... */
  readonly type: string;
  /** Device, server and path, or whatever the file system calls it. */
  readonly source: string;
  /** Of the mount: "rw", "nosuid" ... */
  readonly options: readonly string[];
}

/** What is mounted in this mount namespace, the uppermost last; null without /proc. */
export function readMountInfo(): readonly MountInfo[] | null {
  const text = textOrNull(readText("/proc/self/mountinfo"));
  return text === null ? null : parseMountInfo(text);
}

/** Parses the text of /proc/PID/mountinfo. */
export function parseMountInfo(text: string): readonly MountInfo[] {
  return text.split("\n").flatMap((line) => {
    // Optional fields stand before a lone hyphen.
    const [before = "", after] = line.split(" - ");
    const [, , , root, target, options] = before.split(" ");
    const [type, source = ""] = (after ?? "").split(" ");
    if (
      root === undefined ||
      target === undefined ||
      options === undefined ||
      type === undefined ||
      type === ""
    ) {
      return [];
    }
    return [
      {
        target: unescapePath(target),
        root: unescapePath(root),
        type,
        source: unescapePath(source),
        options: options.split(","),
      },
    ];
  });
}
