// SPDX-License-Identifier: Apache-2.0
import { SocketBorrower } from "../linux/borrowed-socket.ts";
import type { Libc } from "../linux/ffi/libc.ts";
import { LITTLE_ENDIAN } from "../linux/netlink/message.ts";
import type { SocketHolder } from "../linux/procfs/socket-holders.ts";
import { readSocketProtocol } from "../linux/procfs/socket-protocol.ts";
import { type FoundSocket, plainSocket } from "./found-socket.ts";
import type { ProtocolSockets } from "./inet-sockets.ts";
import type { Protocol } from "./model.ts";
import { vsockSocket } from "./plain-sockets.ts";

/** Protocols of which a socket tells enough about itself, by their name in the kernel. */
const PROTOCOL_OF_NAME: ReadonlyMap<string, Protocol> = new Map([
  ["AF_VSOCK", "vsock"],
  ["XDP", "xdp"],
]);

const SOCK_DGRAM = 2;
const VMADDR_PORT_ANY = 0xffffffff;
const SOCKADDR_VM_PORT = 4;
const SOCKADDR_VM_CID = 8;

/** True when a table could not be read whose sockets can be found by asking them. */
export function needsDescriptors(tables: readonly ProtocolSockets[]): boolean {
  return tables.some(isMissing);
}

/**
 * Finds the sockets of protocols that this kernel cannot list, by asking every socket that is in
 * no table what it is. `others` are those sockets; a protocol that was listed stays as it is.
 */
export function findByDescriptors(
  libc: Libc,
  tables: readonly ProtocolSockets[],
  others: ReadonlyMap<number, readonly SocketHolder[]>,
): readonly ProtocolSockets[] {
  const wanted = tables.filter(isMissing).map(({ protocol }) => protocol);
  const found = new Map<Protocol, FoundSocket[]>(wanted.map((protocol) => [protocol, []]));
  using borrower = new SocketBorrower(libc);
  for (const [inode, [holder]] of others) {
    if (holder === undefined) continue;
    const { pid, fd } = holder;
    const protocol = PROTOCOL_OF_NAME.get(readSocketProtocol(libc, pid, fd) ?? "");
    if (protocol === undefined) continue;
    const socket =
      protocol === "vsock"
        ? describeVsock(borrower, inode, pid, fd)
        : plainSocket(protocol, "raw", { inode, uid: null });
    if (socket !== null) found.get(protocol)?.push(socket);
  }
  return tables.map((table) => {
    const sockets = found.get(table.protocol);
    return sockets === undefined ? table : { ...table, source: "descriptors", sockets };
  });
}

function isMissing({ protocol, source }: ProtocolSockets): boolean {
  return source === "unavailable" && [...PROTOCOL_OF_NAME.values()].includes(protocol);
}

/** Null for a socket that takes no traffic: connected, or bound to nothing. */
function describeVsock(
  borrower: SocketBorrower,
  inode: number,
  pid: number,
  fd: number,
): FoundSocket | null {
  const facts = borrower.borrow(pid, fd, (socket) => ({
    type: socket.type() ?? 0,
    listens: socket.acceptsConnections(),
    address: socket.localAddress(),
  }));
  // It is a VSOCK socket, but it may not be asked what it does: that much is reported.
  if (facts === null) return plainSocket("vsock", null, { inode, uid: null });
  const { type, listens, address } = facts;
  if (address === null || address.byteLength < SOCKADDR_VM_CID + 4) return null;
  const port = address.getUint32(SOCKADDR_VM_PORT, LITTLE_ENDIAN);
  const isOpen = type === SOCK_DGRAM ? port !== VMADDR_PORT_ANY : listens === true;
  if (!isOpen) return null;
  return vsockSocket({ type, cid: address.getUint32(SOCKADDR_VM_CID, LITTLE_ENDIAN), port, inode });
}
