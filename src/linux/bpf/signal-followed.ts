// SPDX-License-Identifier: Apache-2.0
import type { Libbpf } from "../ffi/libbpf.ts";
import type { Libc } from "../ffi/libc.ts";
import { readPids } from "../procfs/socket-holders.ts";
import { type FollowMaps, taskKey } from "./follow-process.ts";
import { SIZES } from "./wire-format.ts";

/**
 * Sends a signal to each process that is followed, wherever it went: out of its process group, its
 * session, its control group. The kernel is asked about the very process that gets the signal, so
 * that none gets it that took over a pid. Those that start meanwhile may be missed: call it again.
 */
export function signalFollowed(
  libbpf: Libbpf,
  libc: Libc,
  { followed }: FollowMaps,
  signal: number,
): number {
  const task = new Uint8Array(SIZES.followed);
  let count = 0;
  for (const pid of readPids()) {
    const pidfd = libc.pidfdOpen(pid);
    if (pidfd < 0) continue;
    try {
      if (libbpf.lookup(followed, taskKey(pidfd), task) < 0) continue;
      if (libc.pidfdSendSignal(pidfd, signal) === 0) count++;
    } finally {
      libc.close(pidfd);
    }
  }
  return count;
}
