// SPDX-License-Identifier: Apache-2.0
import type { IpAddress } from "./netlink/address.ts";

/** Socket states as the kernel numbers them (include/net/tcp_states.h); SCTP and others share them. */
export const STATE_CLOSE = 7;
export const STATE_LISTEN = 10;

export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_DCCP = 33;
export const IPPROTO_SCTP = 132;
export const IPPROTO_UDPLITE = 136;
export const IPPROTO_RAW = 255;
export const IPPROTO_MPTCP = 262;

/** One IP socket, from sock_diag or from a /proc/net table. */
export interface InetSocket {
  /** Of the socket, not of the address: an AF_INET6 socket can hold an IPv4 address. */
  readonly socketFamily: "ipv4" | "ipv6";
  readonly state: number;
  /** Primary first; several only for SCTP. */
  readonly addresses: readonly IpAddress[];
  /** For raw sockets the IP protocol number, for ping sockets the identifier. */
  readonly port: number;
  readonly connected: boolean;
  /** Bound device, or 0; null when the source does not tell. */
  readonly interfaceIndex: number | null;
  readonly uid: number;
  /** 0 when no descriptor was ever made for the socket. */
  readonly inode: number;
  /** Null for IPv4 sockets, for connected ones, and when the source does not tell. */
  readonly v6only: boolean | null;
  /** Upper layer protocol: "mptcp" for the TCP side of an MPTCP socket, "tls" ... */
  readonly upperLayer: string | null;
}
