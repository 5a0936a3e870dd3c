// SPDX-License-Identifier: Apache-2.0
import type { SocketHolder } from "../linux/procfs/socket-holders.ts";
import type { FoundSocket } from "./found-socket.ts";
import type { Siblings } from "./roles.ts";

/** Indexes unconnected datagram sockets by port, so that those of one process find each other. */
export function findSiblings(
  sockets: readonly FoundSocket[],
  holders: ReadonlyMap<number, readonly SocketHolder[]>,
): Siblings {
  const byPort = new Map<string, FoundSocket[]>();
  for (const socket of sockets) {
    if (socket.connected || socket.type !== "dgram") continue;
    const known = byPort.get(keyOf(socket));
    if (known === undefined) byPort.set(keyOf(socket), [socket]);
    else known.push(socket);
  }
  return (socket) =>
    (byPort.get(keyOf(socket)) ?? []).some(
      (other) => other !== socket && shareHolder(socket, other, holders),
    );
}

function keyOf({ protocol, port }: FoundSocket): string {
  return `${protocol} ${port}`;
}

/** Where the holders are unknown, the same creator has to do. */
function shareHolder(
  one: FoundSocket,
  other: FoundSocket,
  holders: ReadonlyMap<number, readonly SocketHolder[]>,
): boolean {
  const [mine, theirs] = [holders.get(one.inode), holders.get(other.inode)];
  if (mine === undefined || theirs === undefined) return mine === theirs && one.uid === other.uid;
  return mine.some(({ pid }) => theirs.some((holder) => holder.pid === pid));
}
