// SPDX-License-Identifier: Apache-2.0
import type { AddressFamily, Endpoint, Protocol, UnixAddress } from "./model.ts";

/** One socket as a table or a descriptor showed it, before sockets are merged into endpoints. */
export interface FoundSocket {
  readonly protocol: Protocol;
  readonly family: AddressFamily | null;
  readonly type: Endpoint["type"];
  /** Canonical texts, primary first. */
  readonly addresses: readonly string[];
  readonly port: number | null;
  readonly portName: string | null;
  /** Bound device, or 0 for none. */
  readonly interfaceIndex: number;
  readonly v6only: boolean | null;
  /** Takes traffic from one peer only. */
  readonly connected: boolean;
  readonly uid: number | null;
  readonly inode: number;
  readonly vsockCid: number | "any" | null;
  readonly unix: UnixAddress | null;
  /** The table tells neither bound device nor IPV6_V6ONLY: only the socket itself can. */
  readonly lacksBindDetails: boolean;
  /** UNIX: inode of the file it was bound to. */
  readonly fileInode: number | null;
}

/** A socket of a protocol that has no IP address, with everything that it does not have left empty. */
export function plainSocket(
  protocol: Protocol,
  type: Endpoint["type"],
  facts: Pick<FoundSocket, "uid" | "inode"> & Partial<FoundSocket>,
): FoundSocket {
  return {
    protocol,
    family: null,
    type,
    addresses: [],
    port: null,
    portName: null,
    interfaceIndex: 0,
    v6only: null,
    connected: false,
    vsockCid: null,
    unix: null,
    lacksBindDetails: false,
    fileInode: null,
    ...facts,
  };
}
