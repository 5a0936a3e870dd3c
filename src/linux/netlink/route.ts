// SPDX-License-Identifier: Apache-2.0
import { decodeTerminatedText } from "../bytes.ts";
import { decodeIpv4, decodeIpv6 } from "./address.ts";
import { AF_INET, AF_INET6 } from "./inet-diag.ts";
import { encodeUint32Attribute, LITTLE_ENDIAN, type Message, visitAttributes } from "./message.ts";
import type { DumpOutcome, NetlinkSocket } from "./socket.ts";

/** Source of all numbers here: include/uapi/linux/rtnetlink.h, if_link.h and if_addr.h. */
const RTM_GETLINK = 18;
const RTM_GETADDR = 22;
const IFINFO_LENGTH = 16;
const IFADDR_LENGTH = 8;
export const IFF_UP = 0x1;
export const IFF_LOOPBACK = 0x8;
export const IFF_RUNNING = 0x40;

export interface Link {
  readonly index: number;
  readonly name: string;
  /** IFF_ bits. */
  readonly flags: number;
  /** Interface that this one is enslaved to (bridge, bond, VRF), or 0. */
  readonly master: number;
  readonly kind: string | null;
  /** UDP port on which the kernel itself listens for this tunnel; null when it has none. */
  readonly tunnelPort: number | null;
}

export interface LinkAddress {
  readonly interfaceIndex: number;
  readonly family: "ipv4" | "ipv6";
  readonly address: string;
  readonly prefixLength: number;
}

/** Dumps the interfaces of this network namespace. */
export function readLinks(netlink: NetlinkSocket): {
  readonly links: readonly Link[];
  readonly outcome: DumpOutcome;
} {
  const links: Link[] = [];
  const IFLA_EXT_MASK = 29;
  const RTEXT_FILTER_SKIP_STATS = 8;
  const mask = encodeUint32Attribute(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  const payload = new Uint8Array(IFINFO_LENGTH + mask.length);
  payload.set(mask, IFINFO_LENGTH);
  const outcome = netlink.dump(
    RTM_GETLINK,
    payload,
    (view, message) => {
      const link = decodeLink(view, message);
      if (link !== null) links.push(link);
    },
    () => {
      links.length = 0;
    },
  );
  return { links, outcome };
}

/** Dumps the IPv4 and IPv6 addresses of this network namespace. */
export function readAddresses(netlink: NetlinkSocket): {
  readonly addresses: readonly LinkAddress[];
  readonly outcome: DumpOutcome;
} {
  const addresses: LinkAddress[] = [];
  const outcome = netlink.dump(
    RTM_GETADDR,
    new Uint8Array(IFADDR_LENGTH),
    (view, message) => {
      const address = decodeAddress(view, message);
      if (address !== null) addresses.push(address);
    },
    () => {
      addresses.length = 0;
    },
  );
  return { addresses, outcome };
}

/** Decodes struct ifinfomsg with its attributes; null when it is too short or has no name. */
export function decodeLink(view: DataView, message: Message): Link | null {
  const at = message.start;
  if (message.end - at < IFINFO_LENGTH) return null;
  let name: string | null = null;
  let master = 0;
  let info: { kind: string | null; tunnelPort: number | null } = { kind: null, tunnelPort: null };
  visitAttributes(view, at + IFINFO_LENGTH, message.end, (type, start, end) => {
    const IFLA_IFNAME = 3;
    const IFLA_MASTER = 10;
    const IFLA_LINKINFO = 18;
    if (type === IFLA_IFNAME) name = decodeString(view, start, end);
    else if (type === IFLA_MASTER && end - start >= 4)
      master = view.getUint32(start, LITTLE_ENDIAN);
    else if (type === IFLA_LINKINFO) info = decodeLinkInfo(view, start, end);
  });
  if (name === null) return null;
  return {
    index: view.getInt32(at + 4, LITTLE_ENDIAN),
    name,
    flags: view.getUint32(at + 8, LITTLE_ENDIAN),
    master,
    ...info,
  };
}

/** Decodes struct ifaddrmsg with its attributes; null for other families. */
export function decodeAddress(view: DataView, message: Message): LinkAddress | null {
  const at = message.start;
  if (message.end - at < IFADDR_LENGTH) return null;
  const family = view.getUint8(at);
  if (family !== AF_INET && family !== AF_INET6) return null;
  // On point-to-point links IFA_ADDRESS is the peer's, IFA_LOCAL ours; IPv6 often has no IFA_LOCAL.
  let local: number | null = null;
  let address: number | null = null;
  visitAttributes(view, at + IFADDR_LENGTH, message.end, (type, start, end) => {
    const IFA_ADDRESS = 1;
    const IFA_LOCAL = 2;
    if (end - start < (family === AF_INET ? 4 : 16)) return;
    if (type === IFA_ADDRESS) address = start;
    else if (type === IFA_LOCAL) local = start;
  });
  const offset = local ?? address;
  if (offset === null) return null;
  return {
    interfaceIndex: view.getUint32(at + 4, LITTLE_ENDIAN),
    family: family === AF_INET ? "ipv4" : "ipv6",
    address: (family === AF_INET ? decodeIpv4 : decodeIpv6)(view, offset).text,
    prefixLength: view.getUint8(at + 1),
  };
}

/** IFLA_VXLAN_PORT, IFLA_GENEVE_PORT and IFLA_BAREUDP_PORT, all in network order. */
const PORT_ATTRIBUTES = new Map([
  ["vxlan", 15],
  ["geneve", 5],
  ["bareudp", 1],
]);

function decodeLinkInfo(
  view: DataView,
  from: number,
  to: number,
): { kind: string | null; tunnelPort: number | null } {
  let kind: string | null = null;
  let tunnelPort: number | null = null;
  visitAttributes(view, from, to, (type, start, end) => {
    const IFLA_INFO_KIND = 1;
    const IFLA_INFO_DATA = 2;
    if (type === IFLA_INFO_KIND) kind = decodeString(view, start, end);
    if (type !== IFLA_INFO_DATA || kind === null) return;
    const wanted = PORT_ATTRIBUTES.get(kind);
    visitAttributes(view, start, end, (option, valueStart, valueEnd) => {
      if (option === wanted && valueEnd - valueStart >= 2) tunnelPort = view.getUint16(valueStart);
    });
  });
  return { kind, tunnelPort };
}

function decodeString(view: DataView, start: number, end: number): string {
  return decodeTerminatedText(new Uint8Array(view.buffer, view.byteOffset + start, end - start));
}
