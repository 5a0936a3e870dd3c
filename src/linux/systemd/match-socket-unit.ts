// SPDX-License-Identifier: Apache-2.0
import { IPPROTO_MPTCP, IPPROTO_SCTP, IPPROTO_UDPLITE } from "../inet-socket.ts";
import { canonicalAddress, type ListenAddress, parseListenAddress } from "./listen-address.ts";
import type { SocketUnitAddress } from "./socket-units.ts";

/** What is known of a listening socket that a service manager holds. */
export interface HeldSocket {
  /** As the exposure report names it: "tcp", "udp", "vsock", "unix" ... */
  readonly protocol: string;
  /** IP address in any text form; null where the protocol has none. */
  readonly address: string | null;
  readonly port: number | null;
  /** Device it is bound to, or the scope of its address. */
  readonly device: string | null;
  /** UNIX only: the path, or "@" and the abstract name. */
  readonly path: string | null;
}

/** Finds the unit that opened the socket; null when none did. */
export function matchSocketUnit(
  units: readonly SocketUnitAddress[],
  socket: HeldSocket,
): SocketUnitAddress | null {
  const candidates = units.filter((unit) => isSameAddress(unit, socket));
  const exact = candidates.find((unit) => deviceOf(unit) === socket.device);
  if (exact !== undefined) return exact;
  // A device that was renamed since the unit was loaded: the unit has the old name.
  return candidates.length === 1 ? (candidates[0] ?? null) : null;
}

function isSameAddress(unit: SocketUnitAddress, socket: HeldSocket): boolean {
  if (!opensProtocol(unit, socket.protocol)) return false;
  const listen = parseListenAddress(unit.listen);
  if (listen === null) return false;
  if (listen.kind === "unix") return socket.protocol === "unix" && listen.path === socket.path;
  if (listen.port !== socket.port) return false;
  if (listen.kind === "vsock") return socket.protocol === "vsock";
  return socket.address !== null && listen.address === canonicalAddress(socket.address);
}

/** Socket type and SocketProtocol= that make each protocol; systemd.socket(5). */
const PROTOCOL_RULES: Readonly<
  Record<string, { readonly types: readonly string[]; readonly protocols: readonly number[] }>
> = {
  tcp: { types: ["Stream"], protocols: [0, 6] },
  mptcp: { types: ["Stream"], protocols: [IPPROTO_MPTCP] },
  udp: { types: ["Datagram"], protocols: [0, 17] },
  udplite: { types: ["Datagram"], protocols: [IPPROTO_UDPLITE] },
  sctp: { types: ["Stream", "SequentialPacket"], protocols: [IPPROTO_SCTP] },
  vsock: { types: ["Stream", "Datagram", "SequentialPacket"], protocols: [0] },
  unix: { types: ["Stream", "Datagram", "SequentialPacket"], protocols: [0] },
};

function opensProtocol(unit: SocketUnitAddress, protocol: string): boolean {
  const rule = PROTOCOL_RULES[protocol];
  return (
    rule !== undefined && rule.types.includes(unit.type) && rule.protocols.includes(unit.protocol)
  );
}

function deviceOf(unit: SocketUnitAddress): string | null {
  const listen: ListenAddress | null = parseListenAddress(unit.listen);
  return unit.device ?? (listen?.kind === "ip" ? listen.device : null);
}
