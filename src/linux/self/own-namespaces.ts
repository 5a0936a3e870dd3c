// SPDX-License-Identifier: Apache-2.0
import { readLink, readText, textOrNull } from "../procfs/read-text.ts";

/** Inode numbers of the initial namespaces (include/linux/proc_ns.h); net and mnt have no fixed ones. */
const INITIAL: Readonly<Record<string, number>> = {
  ipc: 0xefffffff,
  uts: 0xeffffffe,
  user: 0xeffffffd,
  pid: 0xeffffffc,
  cgroup: 0xeffffffb,
  time: 0xeffffffa,
};

/** Inode number of a namespace of this process, and whether it is that of the machine's first. */
export function readOwnNamespace(kind: string): {
  readonly inode: number | null;
  readonly initial: boolean | null;
} {
  const inode = inodeOf("self", kind);
  const known = INITIAL[kind];
  if (inode === null) return { inode, initial: null };
  if (known !== undefined) return { inode, initial: inode === known };
  // In the initial PID namespace process 1 is the machine's first, and has what it began with.
  const first = inodeOf("self", "pid") === INITIAL["pid"] ? inodeOf("1", kind) : null;
  return { inode, initial: first === null ? null : first === inode };
}

function inodeOf(pid: string, kind: string): number | null {
  const link = textOrNull(readLink(`/proc/${pid}/ns/${kind}`));
  const inode = /\[(\d+)\]$/.exec(link ?? "")?.[1];
  return inode === undefined ? null : Number(inode);
}

/** Lines of /proc/self/uid_map or gid_map (man 7 user_namespaces); null without /proc. */
export function readIdMap(
  name: "uid_map" | "gid_map",
): readonly { readonly inside: number; readonly outside: number; readonly count: number }[] | null {
  const text = textOrNull(readText(`/proc/self/${name}`));
  if (text === null) return null;
  return text.split("\n").flatMap((line) => {
    const [inside, outside, count] = line.trim().split(/\s+/).map(Number);
    if (inside === undefined || outside === undefined || count === undefined) return [];
    return [{ inside, outside, count }];
  });
}
