// SPDX-License-Identifier: Apache-2.0
import { classifyAddress } from "./address-scope.ts";
import type { FoundSocket } from "./found-socket.ts";
import type { Endpoint } from "./model.ts";

/** Ports that the kernel hands out, from /proc/sys/net/ipv4/ip_local_port_range. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Who else is bound: tells a service on an ephemeral port from a client. */
export interface Siblings {
  /** True when the same process has another unconnected socket of the protocol on this port. */
  (socket: FoundSocket): boolean;
}

/**
 * Tells a client socket, which only takes answers, from a service; null for a service.
 *
 * Nothing in the kernel's answer says whether a port was chosen or handed out, so an unconnected
 * datagram socket counts as a client's only when its port is in the range that is handed out, its
 * address is no multicast group, and no sibling shares the port: services bind both families, or
 * several sockets, to one port; port allocation never does.
 */
export function classifyClient(
  socket: FoundSocket,
  ephemeral: PortRange | null,
  hasSibling: Siblings,
): Endpoint["clientReason"] {
  if (socket.protocol === "ping") return "ping";
  // Until it is bound to an ethertype, nothing is delivered to it (packet_create).
  if (socket.protocol === "packet" && socket.port === 0) return "send-only";
  if (socket.connected) return "connected";
  if (socket.protocol !== "udp" && socket.protocol !== "udplite") return null;
  const { port } = socket;
  if (ephemeral === null || port === null) return null;
  if (port < ephemeral.first || port > ephemeral.last || isMulticastBind(socket)) return null;
  return hasSibling(socket) ? null : "ephemeral-port";
}

function isMulticastBind({ family, addresses: [address] }: FoundSocket): boolean {
  return (
    family !== null && address !== undefined && classifyAddress(family, address) === "multicast"
  );
}
