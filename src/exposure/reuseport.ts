// SPDX-License-Identifier: Apache-2.0
import { SocketBorrower } from "../linux/borrowed-socket.ts";
import type { Libc } from "../linux/ffi/libc.ts";
import type { SocketHolder } from "../linux/procfs/socket-holders.ts";
import type { EndpointDraft } from "./endpoints.ts";
import type { Protocol } from "./model.ts";

/** Of these two listeners on one address and port exist only with SO_REUSEPORT. */
const LISTENING: readonly Protocol[] = ["tcp", "mptcp", "sctp", "dccp"];
const DATAGRAM: readonly Protocol[] = ["udp", "udplite"];

/**
 * Tells for each service endpoint, by id, whether SO_REUSEPORT is set on a socket of it; null when
 * no socket could be asked. Endpoints for which it means nothing are not in the map.
 */
export function probeReuseport(
  libc: Libc | null,
  drafts: readonly EndpointDraft[],
  holders: ReadonlyMap<number, readonly SocketHolder[]>,
): ReadonlyMap<string, boolean | null> {
  const answers = new Map<string, boolean | null>();
  const questions: { id: string; pid: number; fd: number }[] = [];
  for (const { id, sockets, clientReason } of drafts) {
    const protocol = sockets[0]?.protocol;
    if (clientReason !== null || protocol === undefined) continue;
    const isListening = LISTENING.includes(protocol);
    if (!isListening && !DATAGRAM.includes(protocol)) continue;
    answers.set(id, isListening && sockets.length > 1 ? true : null);
    if (answers.get(id) === true) continue;
    for (const { inode } of sockets) {
      const holder = holders.get(inode)?.find(({ tid }) => tid === null);
      if (holder !== undefined) questions.push({ id, pid: holder.pid, fd: holder.fd });
    }
  }
  if (libc === null) return answers;
  using borrower = new SocketBorrower(libc);
  for (const { id, pid, fd } of questions.toSorted((one, other) => one.pid - other.pid)) {
    const answer = borrower.borrow(pid, fd, (socket) => socket.reuseport());
    if (answer !== null) answers.set(id, answers.get(id) === true || answer);
  }
  return answers;
}
