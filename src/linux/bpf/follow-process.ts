// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:os";
import { SystemError } from "../../errors.ts";
import { encodeText } from "../bytes.ts";
import type { Libbpf } from "../ffi/libbpf.ts";
import { checked, errorName, type Libc } from "../ffi/libc.ts";
import { readProcessStatus, readThreadStatuses } from "../procfs/task.ts";
import {
  addTasks,
  encodeFollowed,
  encodeId,
  encodeImage,
  encodeSwitches,
  SIZES,
} from "./wire-format.ts";

const BPF_ANY = 0;
const BPF_NOEXIST = 1;

/** Descriptors of the maps that following writes to. */
export interface FollowMaps {
  readonly followed: number;
  readonly images: number;
  readonly switches: number;
}

/**
 * Follows the threads of a process that are not followed yet, as the image `id`, and returns how
 * many. Throws a SystemError when the process ended.
 */
export function followProcess(
  libbpf: Libbpf,
  libc: Libc,
  maps: FollowMaps,
  pid: number,
  id: number,
): number {
  const step = `following process ${pid}`;
  const status = readProcessStatus(pid);
  if (status.kind !== "status" || status.status.state === "Z") throw new SystemError(step, "ESRCH");
  const { comm, parentPid } = status.status;
  const startNs = libc.readBootClock();
  // Counts the leading thread in: it must not be at 0 when that ends at once.
  const image = encodeImage({ startNs, pid, parentPid, tasks: 1, comm: encodeText(comm) });
  check(step, libbpf.update(maps.images, encodeId(id), image, BPF_NOEXIST));
  try {
    const isNew = followLeader(libbpf, libc, maps, pid, id);
    const others = followOtherThreads(libbpf, libc, maps, pid, id);
    const count = others + (isNew ? 1 : 0);
    if (count === 0) libbpf.delete(maps.images, encodeId(id));
    else if (count > 1) correctTasks(libbpf, maps, id, count - 1);
    return count;
  } catch (error) {
    libbpf.delete(maps.images, encodeId(id));
    throw error;
  }
}

/** False when it is followed already, because its parent is. */
function followLeader(
  libbpf: Libbpf,
  libc: Libc,
  maps: FollowMaps,
  pid: number,
  id: number,
): boolean {
  const step = `following process ${pid}`;
  const pidfd = checked(libc, step, libc.pidfdOpen(pid));
  try {
    const result = followTask(libbpf, maps, pidfd, id);
    if (result < 0 && result !== -constants.errno.EEXIST) {
      throw new SystemError(
        step,
        result === -constants.errno.ENOENT ? "ESRCH" : errorName(-result),
      );
    }
    return result >= 0;
  } finally {
    libc.close(pidfd);
  }
}

/** Until no thread is left that is not followed: those that start meanwhile may or may not be. */
function followOtherThreads(
  libbpf: Libbpf,
  libc: Libc,
  maps: FollowMaps,
  pid: number,
  id: number,
): number {
  const seen = new Set([pid]);
  let count = 0;
  for (;;) {
    const fresh = readThreadStatuses(pid)
      .map(({ tid }) => tid)
      .filter((tid) => !seen.has(tid));
    if (fresh.length === 0) return count;
    for (const tid of fresh) {
      seen.add(tid);
      if (followThread(libbpf, libc, maps, tid, id)) count++;
    }
  }
}

/** False when it ended or is followed already, or is to be found through the leading thread. */
function followThread(
  libbpf: Libbpf,
  libc: Libc,
  maps: FollowMaps,
  tid: number,
  id: number,
): boolean {
  const pidfd = libc.pidfdOpenThread(tid);
  if (pidfd < 0) {
    // Before Linux 6.9; another error means that the thread ended.
    if (libc.errorName() === "EINVAL") askLeader(libbpf, maps);
    return false;
  }
  try {
    return followTask(libbpf, maps, pidfd, id) >= 0;
  } finally {
    libc.close(pidfd);
  }
}

/** A task storage map takes the descriptor of a task for its key. */
function followTask(libbpf: Libbpf, maps: FollowMaps, pidfd: number, id: number): number {
  const key = new Uint8Array(new Int32Array([pidfd]).buffer);
  return libbpf.update(maps.followed, key, encodeFollowed(id), BPF_NOEXIST);
}

function askLeader(libbpf: Libbpf, maps: FollowMaps): void {
  check(
    "following threads",
    libbpf.update(maps.switches, new Uint8Array(4), encodeSwitches(true), BPF_ANY),
  );
}

/** A task that comes or goes at this very moment makes the count, and so the end time, wrong. */
function correctTasks(libbpf: Libbpf, maps: FollowMaps, id: number, more: number): void {
  const image = new Uint8Array(SIZES.image);
  check("following threads", libbpf.lookup(maps.images, encodeId(id), image));
  addTasks(image, more);
  check("following threads", libbpf.update(maps.images, encodeId(id), image, BPF_ANY));
}

function check(step: string, result: number): void {
  if (result < 0) throw new SystemError(step, errorName(-result));
}
