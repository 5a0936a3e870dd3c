// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:os";
import { SystemError } from "../../errors.ts";
import { encodeText } from "../bytes.ts";
import type { Libbpf } from "../ffi/libbpf.ts";
import { errorName } from "../errno.ts";
import { checked, type Libc } from "../ffi/libc.ts";
import { readProcessStatus, readThreadStatuses } from "../procfs/task.ts";
import { decodeId, encodeId, SIZES } from "./wire-format.ts";
import { addTasks, encodeFollowed, encodeImage } from "./wire-image.ts";

const BPF_ANY = 0;
const BPF_NOEXIST = 1;

/** Whether a thread that does not lead its process can be followed by itself: since Linux 6.9. */
export function canFollowThreads(libc: Libc): boolean {
  // Of any process: its first one is always there.
  const pidfd = libc.pidfdOpenThread(1);
  if (pidfd < 0) return false;
  libc.close(pidfd);
  return true;
}

/** Descriptors of the maps that following writes to. */
export interface FollowMaps {
  readonly followed: number;
  readonly images: number;
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
  isAttached: boolean,
): number {
  const step = `following process ${pid}`;
  const status = readProcessStatus(pid);
  if (status.kind !== "status" || status.status.state === "Z") throw new SystemError(step, "ESRCH");
  const { comm, parentPid } = status.status;
  const startNs = libc.readBootClock();
  // Counts the leading thread in: it must not be at 0 when that ends at once.
  const facts = { startNs, pid, parentPid, tasks: 1, comm: encodeText(comm), isAttached };
  const image = encodeImage(facts);
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
  // It ended, or it is to be found through the leading thread.
  if (pidfd < 0) return false;
  try {
    return followTask(libbpf, maps, pidfd, id) >= 0;
  } finally {
    libc.close(pidfd);
  }
}

function followTask(libbpf: Libbpf, maps: FollowMaps, pidfd: number, id: number): number {
  return libbpf.update(maps.followed, taskKey(pidfd), encodeFollowed(id), BPF_NOEXIST);
}

/** A task storage map takes the descriptor of a task for its key. */
export function taskKey(pidfd: number): Uint8Array {
  return new Uint8Array(new Int32Array([pidfd]).buffer);
}

/** Id of the image that the leading thread of a process runs; 0 when it is not followed, or gone. */
export function followedImage(
  libbpf: Libbpf,
  libc: Libc,
  { followed }: FollowMaps,
  pid: number,
): number {
  const pidfd = libc.pidfdOpen(pid);
  if (pidfd < 0) return 0;
  try {
    const task = new Uint8Array(SIZES.followed);
    return libbpf.lookup(followed, taskKey(pidfd), task) < 0 ? 0 : decodeId(task);
  } finally {
    libc.close(pidfd);
  }
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
