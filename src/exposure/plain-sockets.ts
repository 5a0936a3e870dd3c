// SPDX-License-Identifier: Apache-2.0
import { STATE_CLOSE, STATE_LISTEN } from "../linux/inet-socket.ts";
import {
  type PacketSocket,
  readPacketSockets,
  readUnixSockets,
  readVsockSockets,
  readXdpSockets,
  type UnixSocket,
  type VsockSocket,
} from "../linux/netlink/family-diag.ts";
import type { DumpOutcome, NetlinkSocket } from "../linux/netlink/socket.ts";
import { readPacketTable } from "../linux/procfs/net-tables.ts";
import type { LoadedProtocols } from "../linux/procfs/protocols.ts";
import { type FoundSocket, plainSocket } from "./found-socket.ts";
import type { ProtocolSockets } from "./inet-sockets.ts";
import type { Endpoint, Protocol, SocketSource } from "./model.ts";
import { ethertypeName } from "./number-names.ts";

const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_SEQPACKET = 5;
const VMADDR_CID_ANY = 0xffffffff;

/** Reads the packet sockets of this network namespace. */
export function readPacket(
  netlink: NetlinkSocket | null,
  loaded: LoadedProtocols | null,
): ProtocolSockets {
  const dump = netlink === null ? null : readPacketSockets(netlink);
  if (dump !== null && dump.outcome.kind !== "refused") {
    return dumped("packet", dump.outcome, dump.sockets.map(packetSocket));
  }
  const table = readPacketTable();
  if (table === null) return missing("packet", loaded, "PACKET");
  return listed("packet", table.map(packetSocket));
}

/** Reads the AF_XDP sockets of this network namespace. */
export function readXdp(
  netlink: NetlinkSocket | null,
  loaded: LoadedProtocols | null,
): ProtocolSockets {
  const dump = netlink === null ? null : readXdpSockets(netlink);
  if (dump === null || dump.outcome.kind === "refused") {
    // It is one of the protocols that count their sockets (xsk_create).
    const none = loaded?.get("XDP") === 0;
    return none ? listed("xdp", []) : missing("xdp", loaded, "XDP");
  }
  const sockets = dump.sockets.map(({ interfaceIndex, queue, uid, inode }) =>
    plainSocket("xdp", "raw", { interfaceIndex, port: queue, uid, inode }),
  );
  return dumped("xdp", dump.outcome, sockets);
}

/** Reads the VSOCK sockets of the machine that take traffic. */
export function readVsock(
  netlink: NetlinkSocket | null,
  loaded: LoadedProtocols | null,
): ProtocolSockets {
  const dump = netlink === null ? null : readVsockSockets(netlink);
  if (dump === null || dump.outcome.kind === "refused") return missing("vsock", loaded, "AF_VSOCK");
  const open = dump.sockets.filter(
    ({ type, state }) => type === SOCK_DGRAM || state === STATE_LISTEN,
  );
  return dumped("vsock", dump.outcome, open.map(vsockSocket));
}

/** Reads the UNIX sockets that have a name and take traffic; their files are not examined yet. */
export function readUnix(netlink: NetlinkSocket | null): ProtocolSockets {
  const states = (1 << STATE_LISTEN) | (1 << STATE_CLOSE);
  const dump = netlink === null ? null : readUnixSockets(netlink, states);
  if (dump === null || dump.outcome.kind === "refused") return missing("unix", null, "UNIX");
  const open = dump.sockets.filter(
    ({ name, state, type }) => name !== null && (state === STATE_LISTEN || type === SOCK_DGRAM),
  );
  return dumped("unix", dump.outcome, open.map(unixSocket));
}

/** A VSOCK socket as found. Nothing tells who created it. */
export function vsockSocket(socket: Omit<VsockSocket, "state">): FoundSocket {
  const { type, cid, port, inode } = socket;
  const vsockCid = cid === VMADDR_CID_ANY ? "any" : cid;
  return plainSocket("vsock", socketType(type), { vsockCid, port, inode, uid: null });
}

/** Name of a SOCK_ number. */
export function socketType(type: number): Endpoint["type"] {
  if (type === SOCK_STREAM) return "stream";
  if (type === SOCK_DGRAM) return "dgram";
  if (type === SOCK_RAW) return "raw";
  return type === SOCK_SEQPACKET ? "seqpacket" : null;
}

function packetSocket({ type, ethertype, interfaceIndex, uid, inode }: PacketSocket): FoundSocket {
  return plainSocket("packet", socketType(type), {
    port: ethertype,
    portName: ethertypeName(ethertype),
    interfaceIndex,
    uid,
    inode,
  });
}

function unixSocket({ type, name, fileInode, uid, inode }: UnixSocket): FoundSocket {
  const abstract = name?.startsWith("\0") ?? false;
  return plainSocket("unix", socketType(type), {
    unix: {
      name: abstract ? (name ?? "").slice(1) : (name ?? ""),
      abstract,
      mode: null,
      uid: null,
      gid: null,
    },
    fileInode,
    uid,
    inode,
  });
}

function dumped(
  protocol: Protocol,
  outcome: DumpOutcome,
  sockets: readonly FoundSocket[],
): ProtocolSockets {
  const interrupted = outcome.kind === "interrupted";
  return { protocol, source: "sock_diag", interrupted, sockets };
}

function listed(protocol: Protocol, sockets: readonly FoundSocket[]): ProtocolSockets {
  return { protocol, source: "procfs", interrupted: false, sockets };
}

function missing(
  protocol: Protocol,
  loaded: LoadedProtocols | null,
  loadedAs: string,
): ProtocolSockets {
  const source: SocketSource = loaded !== null && !loaded.has(loadedAs) ? "absent" : "unavailable";
  return { protocol, source, interrupted: false, sockets: [] };
}
