// SPDX-License-Identifier: Apache-2.0
import { readText, textOrNull } from "./read-text.ts";

/** Protocols that decide for themselves whether an unbound socket takes what arrives in a VRF. */
export type VrfProtocol = "tcp" | "udp" | "raw" | "sctp";

const SETTINGS: Readonly<Record<VrfProtocol, string>> = {
  tcp: "ipv4/tcp_l3mdev_accept",
  udp: "ipv4/udp_l3mdev_accept",
  raw: "ipv4/raw_l3mdev_accept",
  sctp: "sctp/l3mdev_accept",
};

/**
 * Reads for which protocols sockets that are bound to no device take traffic of every VRF
 * (Documentation/networking/vrf.rst); true where it cannot be read. IPv6 follows the same settings.
 */
export function readVrfAcceptance(): Readonly<Record<VrfProtocol, boolean>> {
  const read = (protocol: VrfProtocol): boolean => {
    const text = textOrNull(readText(`/proc/sys/net/${SETTINGS[protocol]}`));
    return text === null || Number(text) !== 0;
  };
  return { tcp: read("tcp"), udp: read("udp"), raw: read("raw"), sctp: read("sctp") };
}
