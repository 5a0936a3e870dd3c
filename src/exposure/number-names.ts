// SPDX-License-Identifier: Apache-2.0

/** IP protocol numbers. Source: IANA "Assigned Internet Protocol Numbers". */
const IP_PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  0: "ip",
  1: "icmp",
  2: "igmp",
  4: "ipv4",
  6: "tcp",
  17: "udp",
  33: "dccp",
  41: "ipv6",
  46: "rsvp",
  47: "gre",
  50: "esp",
  51: "ah",
  58: "ipv6-icmp",
  88: "eigrp",
  89: "ospf",
  94: "ipip",
  97: "etherip",
  103: "pim",
  108: "ipcomp",
  112: "vrrp",
  115: "l2tp",
  124: "isis",
  132: "sctp",
  136: "udplite",
  137: "mpls-in-ip",
  255: "raw",
};

/** Ethertypes and the kernel's own numbers below 0x0600. Source: include/uapi/linux/if_ether.h. */
const ETHERTYPE_NAMES: Readonly<Record<number, string>> = {
  0x0000: "none",
  0x0001: "802.3",
  0x0003: "all",
  0x0004: "802.2",
  0x000c: "CAN",
  0x00f6: "802.15.4",
  0x0800: "IPv4",
  0x0806: "ARP",
  0x0842: "WoL",
  0x22f3: "TRILL",
  0x8035: "RARP",
  0x8100: "802.1Q",
  0x86dd: "IPv6",
  0x8847: "MPLS",
  0x8848: "MPLS multicast",
  0x8863: "PPPoE discovery",
  0x8864: "PPPoE",
  0x888e: "802.1X",
  0x8892: "PROFINET",
  0x88a4: "EtherCAT",
  0x88a8: "802.1ad",
  0x88b5: "local experiment 1",
  0x88b6: "local experiment 2",
  0x88cc: "LLDP",
  0x88e5: "MACsec",
  0x88f7: "PTP",
  0x8906: "FCoE",
  0x890d: "TDLS",
  0x8914: "FIP",
};

/** Name of an IP protocol number, or null. */
export function ipProtocolName(number: number): string | null {
  return IP_PROTOCOL_NAMES[number] ?? null;
}

/** Name of what a packet socket is bound to, or null. */
export function ethertypeName(ethertype: number): string | null {
  return ETHERTYPE_NAMES[ethertype] ?? null;
}
