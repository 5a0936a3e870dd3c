// SPDX-License-Identifier: Apache-2.0
import type {
  Endpoint,
  Interface,
  PlaneName,
  Protocol,
  Reach,
  ExposureReport,
} from "../exposure/model.ts";
import { escapeName, escapeText, escapeWord } from "./text/escape.ts";

/** Titles of the planes in text reports. */
export const PLANE_TITLES: Readonly<Record<PlaneName, string>> = {
  "inet-external": "INET (external)",
  "inet-loopback": "INET (loopback)",
  "link-layer": "LINK-LAYER",
  bluetooth: "BLUETOOTH",
  vsock: "VSOCK",
  local: "LOCAL (UNIX)",
};

/** The plane of sockets of a protocol that nothing reaches. */
export const PROTOCOL_TO_PLANE: Readonly<Record<Protocol, PlaneName>> = {
  tcp: "inet-external",
  mptcp: "inet-external",
  udp: "inet-external",
  udplite: "inet-external",
  sctp: "inet-external",
  dccp: "inet-external",
  raw: "inet-external",
  ping: "inet-external",
  packet: "link-layer",
  xdp: "link-layer",
  vsock: "vsock",
  rfcomm: "bluetooth",
  l2cap: "bluetooth",
  sco: "bluetooth",
  iso: "bluetooth",
  hci: "bluetooth",
  unix: "local",
};

/** Protocol as /proc/net names it: with a 6 for IPv6 where the two families have a file each. */
export function protocolLabel({ protocol, family }: Endpoint): string {
  return family === "ipv6" && TWO_FAMILIES.has(protocol) ? `${protocol}6` : protocol;
}

const TWO_FAMILIES: ReadonlySet<Protocol> = new Set([
  "tcp",
  "mptcp",
  "udp",
  "udplite",
  "raw",
  "ping",
]);

/** Names of the interfaces that have an address which the whole internet can route to. */
export function publicInterfaces({ interfaces }: ExposureReport): ReadonlySet<string> {
  const found = interfaces.filter(({ addresses }) =>
    addresses.some(({ scope }) => scope === "public"),
  );
  return new Set(found.map(({ name }) => name));
}

/** Interface of a reach: `eth0 (public)`, with the reason when it leads nowhere. */
export function interfaceLabel(
  { plane, interface: name, state }: Reach,
  open: ReadonlySet<string>,
): string {
  if (state === "absent") {
    return plane === "bluetooth" ? "(no adapter)" : "(address on no interface)";
  }
  if (state === "not-joined") return "(multicast group joined nowhere)";
  if (name === null) return "(no interface)";
  if (state === "down") return `${escapeName(name)} (down)`;
  const isPublic = plane === "inet-external" && open.has(name);
  return isPublic ? `${escapeName(name)} (public)` : escapeName(name);
}

/** Bound address as the tree shows it; `*` for all of the family. */
export function bindLabel(endpoint: Endpoint): string {
  const address = bindWord(endpoint);
  if (!endpoint.bind.wildcard || endpoint.family !== "ipv6") return address;
  if (endpoint.bind.v6only === true) return address;
  return `${address} (${endpoint.bind.v6only === null ? "IPv4 unknown" : "IPv4 and IPv6"})`;
}

/** Bound address and device without blanks: `*%eth0`, `[fe80::1%eth0]`, `10.0.0.1,10.0.1.1`. */
export function bindWord({ protocol, bind }: Endpoint, separator = ","): string {
  const device = bind.device === null ? "" : `%${escapeWord(bind.device)}`;
  // A packet socket has no address, and its device is the interface it is shown under.
  if (protocol === "packet" || protocol === "xdp") return "*";
  if (bind.wildcard || bind.addresses.length === 0) return `*${device}`;
  return bind.addresses
    .map((address) => {
      const text = escapeWord(address);
      return isIpv6(address) ? `[${text}${device}]` : `${text}${device}`;
    })
    .join(separator);
}

/** Port or its counterpart, number first: `443`, `58 (ipv6-icmp)`, `0x0806 (ARP)`. */
export function portLabel(endpoint: Endpoint): string | null {
  const { port, portName } = endpoint;
  if (port === null) return null;
  const number = portWord(endpoint);
  return portName === null ? number : `${number} (${escapeText(portName)})`;
}

/** Port or its counterpart as a number; ethertypes in hexadecimal as in every other tool. */
export function portWord({ protocol, port }: Endpoint): string {
  if (port === null) return "-";
  return protocol === "packet" ? `0x${port.toString(16).padStart(4, "0")}` : String(port);
}

/** A VSOCK endpoint in one word: `stream:cid=ANY:22`. */
export function vsockLabel({ type, vsockCid, port }: Endpoint): string {
  const cid = vsockCid === "any" ? "ANY" : (vsockCid ?? "unknown");
  return `${type ?? "unknown"}:cid=${cid}:${port ?? "unknown"}`;
}

/** A UNIX endpoint: its path or `@abstract` name, and who may connect to it. */
export function unixLabel({ unix }: Endpoint): string {
  if (unix === null || (unix.name === "" && !unix.abstract)) return "(unnamed)";
  const name = unixWord(unix.name, unix.abstract);
  if (unix.abstract) return name;
  return `${name} (mode=${unix.mode ?? "unknown"} uid=${unix.uid ?? "unknown"} gid=${unix.gid ?? "unknown"})`;
}

/** Name of a UNIX socket in one word. */
export function unixWord(name: string, abstract: boolean): string {
  return `${abstract ? "@" : ""}${escapeWord(name)}`;
}

/** Why traffic from outside does not arrive through an interface; null when it can. */
export function interfaceShortcoming({ state, addresses }: Interface): string | null {
  if (state === "down") return "down";
  if (addresses.length > 0) return null;
  return state === "no-carrier" ? "no carrier" : "no address";
}

function isIpv6(address: string): boolean {
  // A Bluetooth address has colons too: six pairs of hexadecimal digits.
  return address.includes(":") && !/^[0-9A-F]{2}(:[0-9A-F]{2}){5}$/i.test(address);
}
