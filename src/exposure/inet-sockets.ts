// SPDX-License-Identifier: Apache-2.0
import {
  type InetSocket,
  IPPROTO_DCCP,
  IPPROTO_MPTCP,
  IPPROTO_RAW,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  STATE_LISTEN,
} from "../linux/inet-socket.ts";
import { AF_INET, AF_INET6, readInetSockets } from "../linux/netlink/inet-diag.ts";
import type { NetlinkSocket } from "../linux/netlink/socket.ts";
import { readInetTable } from "../linux/procfs/net-tables.ts";
import { readSctpEndpoints } from "../linux/procfs/sctp-endpoints.ts";
import type { LoadedProtocols } from "../linux/procfs/protocols.ts";
import type { FoundSocket } from "./found-socket.ts";
import type { Endpoint, Protocol, SocketSource } from "./model.ts";
import { ipProtocolName } from "./number-names.ts";

/** The sockets of one protocol and how they were found. */
export interface ProtocolSockets {
  readonly protocol: Protocol;
  readonly source: SocketSource;
  /** The table changed during every attempt to read it. */
  readonly interrupted: boolean;
  readonly sockets: readonly FoundSocket[];
}

interface InetProtocol {
  readonly protocol: Protocol;
  readonly type: Endpoint["type"];
  /** Number for sock_diag; null when the kernel has no such dump. */
  readonly number: number | null;
  /** Table under /proc/net, without the 6; null when there is none. */
  readonly table: string | null;
  /** Name in /proc/net/protocols. */
  readonly loadedAs: string;
  /** Only sockets in LISTEN take traffic from strangers. */
  readonly listens: boolean;
  /** IPv6 sockets of it never get IPv4 packets, whatever IPV6_V6ONLY says. */
  readonly separateFamilies: boolean;
}

function row(
  protocol: Protocol,
  type: Endpoint["type"],
  number: number | null,
  table: string | null,
  loadedAs: string,
  traits: { listens?: boolean; separateFamilies?: boolean } = {},
): InetProtocol {
  const { listens = false, separateFamilies = false } = traits;
  return { protocol, type, number, table, loadedAs, listens, separateFamilies };
}

const INET_PROTOCOLS: readonly InetProtocol[] = [
  row("mptcp", "stream", IPPROTO_MPTCP, null, "MPTCP", { listens: true }),
  row("tcp", "stream", IPPROTO_TCP, "tcp", "TCP", { listens: true }),
  row("udp", "dgram", IPPROTO_UDP, "udp", "UDP"),
  row("udplite", "dgram", IPPROTO_UDPLITE, "udplite", "UDP-Lite"),
  row("sctp", null, IPPROTO_SCTP, "sctp", "SCTP", { listens: true }),
  row("dccp", "stream", IPPROTO_DCCP, null, "DCCP", { listens: true }),
  row("raw", "raw", IPPROTO_RAW, "raw", "RAW", { separateFamilies: true }),
  row("ping", "dgram", null, "icmp", "PING", { separateFamilies: true }),
];

const ALL_STATES = 0xffff;

/**
 * Reads every IP socket that can take traffic, through sock_diag where the kernel has the dump
 * and from /proc/net otherwise. With `connections`, TCP and its like are read in every state.
 */
export function readIpSockets(
  netlink: NetlinkSocket | null,
  loaded: LoadedProtocols | null,
  connections: boolean,
): readonly ProtocolSockets[] {
  const seen = new Set<number>();
  return INET_PROTOCOLS.map((protocol) => {
    const found = readProtocol(netlink, loaded, protocol, connections);
    // An MPTCP socket and its first TCP side share an inode; MPTCP is read first.
    // /proc/net/icmp6 lists the sockets of /proc/net/icmp again.
    const sockets = found.sockets.filter(({ inode }) => {
      const isNew = inode === 0 || !seen.has(inode);
      seen.add(inode);
      return isNew;
    });
    return { ...found, sockets };
  });
}

function readProtocol(
  netlink: NetlinkSocket | null,
  loaded: LoadedProtocols | null,
  protocol: InetProtocol,
  connections: boolean,
): ProtocolSockets {
  const toFound = (socket: InetSocket): FoundSocket => foundSocket(protocol, socket);
  const dump = readDump(netlink, protocol, connections);
  if (dump !== null) {
    const { interrupted, sockets } = dump;
    const source = "sock_diag";
    return { protocol: protocol.protocol, source, interrupted, sockets: sockets.map(toFound) };
  }
  const table = readTables(protocol, connections);
  if (table !== null) {
    const sockets = table.map(toFound);
    return { protocol: protocol.protocol, source: "procfs", interrupted: false, sockets };
  }
  const absent = loaded !== null && !loaded.has(protocol.loadedAs);
  const source = absent ? "absent" : "unavailable";
  return { protocol: protocol.protocol, source, interrupted: false, sockets: [] };
}

function readDump(
  netlink: NetlinkSocket | null,
  { number, listens }: InetProtocol,
  connections: boolean,
): { readonly sockets: readonly InetSocket[]; readonly interrupted: boolean } | null {
  if (netlink === null || number === null) return null;
  const states = listens && !connections ? 1 << STATE_LISTEN : ALL_STATES;
  const sockets: InetSocket[] = [];
  let interrupted = false;
  for (const family of [AF_INET, AF_INET6] as const) {
    const dump = readInetSockets(netlink, { family, protocol: number, states });
    if (dump.outcome.kind === "refused") return null;
    if (dump.outcome.kind === "interrupted") interrupted = true;
    for (const socket of dump.sockets) sockets.push(socket);
  }
  return { sockets, interrupted };
}

function readTables(
  { table, listens }: InetProtocol,
  connections: boolean,
): readonly InetSocket[] | null {
  const sockets = table === "sctp" ? readSctpEndpoints() : readBothFamilies(table);
  if (sockets === null || !listens || connections) return sockets;
  return sockets.filter(({ state }) => state === STATE_LISTEN);
}

function readBothFamilies(table: string | null): readonly InetSocket[] | null {
  const version4 = table === null ? null : readInetTable(table);
  // A kernel without IPv6 has no table for it.
  return version4 === null ? null : [...version4, ...(readInetTable(`${table}6`) ?? [])];
}

function foundSocket(protocol: InetProtocol, socket: InetSocket): FoundSocket {
  const isRaw = protocol.protocol === "raw";
  return {
    protocol: protocol.protocol,
    family: socket.addresses[0]?.family ?? socket.socketFamily,
    type: protocol.type,
    addresses: socket.addresses.map(({ text }) => text),
    port: socket.port,
    portName: isRaw ? ipProtocolName(socket.port) : null,
    interfaceIndex: socket.interfaceIndex ?? 0,
    v6only: v6onlyOf(protocol, socket),
    connected: protocol.listens ? socket.state !== STATE_LISTEN : socket.connected,
    uid: socket.uid,
    inode: socket.inode,
    vsockCid: null,
    unix: null,
    lacksBindDetails: socket.interfaceIndex === null,
    fileInode: null,
  };
}

function v6onlyOf(protocol: InetProtocol, socket: InetSocket): boolean | null {
  if (socket.addresses[0]?.family !== "ipv6") return null;
  return protocol.separateFamilies ? true : socket.v6only;
}
