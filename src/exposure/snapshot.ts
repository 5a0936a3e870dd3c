// SPDX-License-Identifier: Apache-2.0
import { type BorrowedSocket, SocketBorrower } from "../linux/borrowed-socket.ts";
import type { Libc } from "../linux/ffi/libc.ts";
import { readUptimeTicks } from "../linux/procfs/machine.ts";
import { readLoadedProtocols } from "../linux/procfs/protocols.ts";
import { readOtherInodes } from "../linux/netlink/other-inodes.ts";
import { readSocketHolders, type SocketHolder } from "../linux/procfs/socket-holders.ts";
import type { Sources } from "../linux/sources.ts";
import { readUnixFile } from "../linux/unix-file.ts";
import { isBluetooth, refineBluetooth } from "./bluetooth-sockets.ts";
import { findByDescriptors, needsDescriptors } from "./descriptor-sockets.ts";
import type { FoundSocket } from "./found-socket.ts";
import type { ProtocolSockets } from "./inet-sockets.ts";
import { readTables, type TableSelection } from "./tables.ts";

/** Sockets and their holders, read in this order: what has no holder is there, not new. */
export interface SocketSnapshot {
  readonly tables: readonly ProtocolSockets[];
  readonly sockets: readonly FoundSocket[];
  readonly holders: ReadonlyMap<number, readonly SocketHolder[]>;
  readonly pids: readonly number[];
  readonly unreadable: readonly number[];
  /** Clock ticks since boot at which the holders were known; null when the clock is unreadable. */
  readonly takenAt: number | null;
}

/** Reads the tables, finds the holders, and completes what only a socket itself can tell. */
export function collectSnapshot(sources: Sources, selection: TableSelection): SocketSnapshot {
  const { libc, diag } = sources;
  const listed = readTables(diag, readLoadedProtocols(), selection);
  const asks = libc !== null && needsDescriptors(listed);
  const scan = readSocketHolders(libc, inodesOf(listed), asks ? readOtherInodes(diag) : null);
  const takenAt = readUptimeTicks();
  const tables = asks ? findByDescriptors(libc, listed, scan.others) : listed;
  const holders = new Map([...scan.holders, ...holdersOfUnlisted(tables, scan.others)]);
  const sockets = tables.flatMap((table) => table.sockets);
  return {
    tables,
    sockets: completeSockets(libc, sockets, holders),
    holders,
    pids: scan.pids,
    unreadable: scan.unreadable,
    takenAt,
  };
}

function holdersOfUnlisted(
  tables: readonly ProtocolSockets[],
  others: ReadonlyMap<number, readonly SocketHolder[]>,
): readonly (readonly [number, readonly SocketHolder[]])[] {
  const unlisted = inodesOf(tables.filter(({ source }) => source === "descriptors"));
  return [...unlisted].map((inode) => [inode, others.get(inode) ?? []]);
}

/** Inode numbers of the sockets that still exist. */
export function readLiveInodes(sources: Sources, selection: TableSelection): ReadonlySet<number> {
  return inodesOf(readTables(sources.diag, readLoadedProtocols(), selection));
}

function inodesOf(tables: readonly ProtocolSockets[]): ReadonlySet<number> {
  const inodes = new Set<number>();
  for (const { sockets } of tables) for (const { inode } of sockets) inodes.add(inode);
  inodes.delete(0);
  return inodes;
}

/**
 * Asks sockets for what their table does not tell, and looks at the files of UNIX sockets. What
 * turns out to take no traffic is left out.
 */
function completeSockets(
  libc: Libc | null,
  sockets: readonly FoundSocket[],
  holders: ReadonlyMap<number, readonly SocketHolder[]>,
): readonly FoundSocket[] {
  using borrower = libc === null ? null : new SocketBorrower(libc);
  return sockets.flatMap((socket) => {
    const holder = holders.get(socket.inode)?.[0];
    if (socket.unix !== null) return withUnixFile(socket, holder?.pid ?? null);
    const refine = isBluetooth(socket.protocol)
      ? refineBluetooth
      : socket.lacksBindDetails
        ? refineInet
        : null;
    if (refine === null || holder === undefined) return socket;
    const answer = borrower?.borrow(holder.pid, holder.fd, (own) => ({
      socket: refine(socket, own),
    }));
    return answer === undefined || answer === null ? socket : (answer.socket ?? []);
  });
}

/** Adds bound device and IPV6_V6ONLY to a socket that came from a table under /proc/net. */
function refineInet(found: FoundSocket, socket: BorrowedSocket): FoundSocket {
  const interfaceIndex = socket.boundDevice();
  if (interfaceIndex === null) return found;
  const v6only = found.family === "ipv6" ? (found.v6only ?? socket.v6only()) : found.v6only;
  return { ...found, interfaceIndex, v6only, lacksBindDetails: false };
}

function withUnixFile(socket: FoundSocket, holder: number | null): FoundSocket {
  const { unix } = socket;
  if (unix === null || unix.abstract) return socket;
  const file = readUnixFile(unix.name, socket.fileInode, holder);
  if (file === null) return socket;
  const mode = file.mode.toString(8).padStart(4, "0");
  return { ...socket, unix: { ...unix, mode, uid: file.uid, gid: file.gid } };
}
