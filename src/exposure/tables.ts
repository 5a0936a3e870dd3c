// SPDX-License-Identifier: Apache-2.0
import type { NetlinkSocket } from "../linux/netlink/socket.ts";
import type { LoadedProtocols } from "../linux/procfs/protocols.ts";
import { readBluetooth } from "./bluetooth-sockets.ts";
import { type ProtocolSockets, readIpSockets } from "./inet-sockets.ts";
import { readPacket, readUnix, readVsock, readXdp } from "./plain-sockets.ts";

/** Which sockets a report is about. */
export interface TableSelection {
  /** UNIX sockets too. */
  readonly unix: boolean;
  /** Connections too, not only what listens. */
  readonly connections: boolean;
}

/** Reads every socket table of this network namespace. */
export function readTables(
  netlink: NetlinkSocket | null,
  loaded: LoadedProtocols | null,
  selection: TableSelection,
): readonly ProtocolSockets[] {
  return [
    ...readIpSockets(netlink, loaded, selection.connections),
    readPacket(netlink, loaded),
    readXdp(netlink, loaded),
    readVsock(netlink, loaded),
    ...readBluetooth(),
    ...(selection.unix ? [readUnix(netlink)] : []),
  ];
}
