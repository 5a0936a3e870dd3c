// SPDX-License-Identifier: Apache-2.0
import { IPPROTO_TCP, STATE_LISTEN } from "../inet-socket.ts";
import { AF_UNIX } from "./family-diag.ts";
import { AF_INET, AF_INET6, encodeInetDiagRequest, SOCK_DIAG_BY_FAMILY } from "./inet-diag.ts";
import { LITTLE_ENDIAN } from "./message.ts";
import type { NetlinkSocket } from "./socket.ts";

const ALL_STATES = 0xffff;
/** Offsets in struct unix_diag_msg and struct inet_diag_msg. */
const UNIX_INODE = 4;
const INET_INODE = 68;

/**
 * Inode numbers of the sockets of which a machine has most and that nobody can connect to: UNIX
 * sockets and TCP connections. Whoever looks for unknown sockets need not ask these.
 */
export function readOtherInodes(netlink: NetlinkSocket | null): ReadonlySet<number> {
  const inodes = new Set<number>();
  if (netlink === null) return inodes;
  const collect = (payload: Uint8Array, offset: number): void => {
    netlink.dump(
      SOCK_DIAG_BY_FAMILY,
      payload,
      (view, { start, end }) => {
        const at = start + offset;
        if (at + 4 <= end) inodes.add(view.getUint32(at, LITTLE_ENDIAN));
      },
      () => undefined,
    );
  };
  const unix = new Uint8Array(24);
  unix[0] = AF_UNIX;
  new DataView(unix.buffer).setUint32(4, ALL_STATES, LITTLE_ENDIAN);
  collect(unix, UNIX_INODE);
  for (const family of [AF_INET, AF_INET6] as const) {
    const states = ALL_STATES & ~(1 << STATE_LISTEN);
    collect(encodeInetDiagRequest({ family, protocol: IPPROTO_TCP, states }), INET_INODE);
  }
  return inodes;
}
