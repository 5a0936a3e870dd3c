// SPDX-License-Identifier: Apache-2.0
import { SystemError, UnsupportedError } from "../errors.ts";
import { type Libc, openLibc } from "./ffi/libc.ts";
import { NETLINK_ROUTE, NETLINK_SOCK_DIAG, NetlinkSocket } from "./netlink/socket.ts";

/** The ways into the kernel beside /proc. What is not there is null, with the reason in words. */
export interface Sources extends Disposable {
  readonly libc: Libc | null;
  readonly libcFailure: string | null;
  readonly diag: NetlinkSocket | null;
  readonly route: NetlinkSocket | null;
  readonly netlinkFailure: string | null;
}

/** Opens what this machine allows. Never throws for what it does not allow. */
export async function openSources(): Promise<Sources> {
  const { libc, failure: libcFailure } = await tryOpenLibc();
  const diag = tryOpenNetlink(libc, NETLINK_SOCK_DIAG);
  const route = tryOpenNetlink(libc, NETLINK_ROUTE);
  return {
    libc,
    libcFailure,
    diag: diag.socket,
    route: route.socket,
    netlinkFailure: diag.failure ?? route.failure,
    [Symbol.dispose]() {
      route.socket?.[Symbol.dispose]();
      diag.socket?.[Symbol.dispose]();
    },
  };
}

async function tryOpenLibc(): Promise<{ libc: Libc | null; failure: string | null }> {
  try {
    return { libc: await openLibc(), failure: null };
  } catch (error) {
    if (error instanceof UnsupportedError) return { libc: null, failure: error.message };
    throw error;
  }
}

function tryOpenNetlink(
  libc: Libc | null,
  protocol: number,
): { socket: NetlinkSocket | null; failure: string | null } {
  if (libc === null) return { socket: null, failure: null };
  try {
    return { socket: new NetlinkSocket(libc, protocol), failure: null };
  } catch (error) {
    if (error instanceof SystemError) return { socket: null, failure: error.message };
    throw error;
  }
}
