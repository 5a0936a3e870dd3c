// SPDX-License-Identifier: Apache-2.0
import type { MountInfo } from "../../linux/procfs/mount-info.ts";
import type { SkippedMount } from "../model.ts";

/** Which file systems are entered besides those that are named. */
export type Extent = "local" | "one" | "all";

/** File systems that are the kernel's own: no file of theirs can be given rights. */
const KERNEL_TYPES: ReadonlySet<string> = new Set(
  `autofs binder binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts efivarfs fusectl mqueue
   nfsd nsfs proc pstore resctrl rpc_pipefs securityfs selinuxfs smackfs sysfs tracefs`.split(
    /\s+/,
  ),
);

/** Those whose files are on another machine, and whatever a program makes up. */
const NETWORK_TYPES: ReadonlySet<string> = new Set(
  `9p afs beegfs ceph cifs coda fuse gfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs
   pvfs2 smb3 smbfs virtiofs`.split(/\s+/),
);

/** Judges the mounts below the roots; a root is walked whatever it is on. Pure. */
export function skippedMounts(
  mounts: readonly MountInfo[],
  roots: readonly string[],
  extent: Extent,
): readonly SkippedMount[] {
  if (extent === "all") return [];
  // Of several on one directory the uppermost counts.
  const uppermost = new Map(mounts.map((mount) => [mount.target, mount]));
  return [...uppermost.values()].flatMap(({ target, type }): readonly SkippedMount[] => {
    const isBelow = roots.some((root) => isInside(target, root) && target !== root);
    const reason = extent === "one" ? "other-file-system" : reasonOf(type);
    if (!isBelow || reason === null || roots.includes(target)) return [];
    return [{ path: target, type, reason }];
  });
}

/** Without those inside another that is skipped already. */
export function outermost(skipped: readonly SkippedMount[]): readonly SkippedMount[] {
  return skipped.filter(
    ({ path }) => !skipped.some((other) => other.path !== path && isInside(path, other.path)),
  );
}

/** True for a path that a mount with `nosuid` covers: the kernel ignores set-id bits and capabilities. */
export function isOnNosuid(path: string, mounts: readonly MountInfo[]): boolean {
  let found: MountInfo | null = null;
  for (const mount of mounts) {
    const isCloser = found === null || mount.target.length >= found.target.length;
    if (isInside(path, mount.target) && isCloser) found = mount;
  }
  return found?.options.includes("nosuid") === true;
}

/** True for a path itself, too. */
export function isInside(path: string, directory: string): boolean {
  return directory === "/" || path === directory || path.startsWith(`${directory}/`);
}

function reasonOf(type: string): SkippedMount["reason"] | null {
  if (KERNEL_TYPES.has(type)) return "kernel";
  if (NETWORK_TYPES.has(type) || type.startsWith("fuse.")) return "network";
  return null;
}
