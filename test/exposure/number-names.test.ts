// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { ethertypeName, ipProtocolName } from "../../src/exposure/number-names.ts";

describe("an IP protocol", () => {
  test.each([
    [0, "ip"],
    [1, "icmp"],
    [2, "igmp"],
    [6, "tcp"],
    [17, "udp"],
    [47, "gre"],
    [50, "esp"],
    [58, "ipv6-icmp"],
    [89, "ospf"],
    [103, "pim"],
    [112, "vrrp"],
    [132, "sctp"],
    [255, "raw"],
  ])("%i is %s", (number, name) => {
    expect(ipProtocolName(number)).toBe(name);
  });

  test.each([253, 256, -1, Number.NaN])("%d has no name", (number) => {
    expect(ipProtocolName(number)).toBeNull();
  });
});

describe("an ethertype", () => {
  test.each([
    [0x0000, "none"],
    [0x0003, "all"],
    [0x0800, "IPv4"],
    [0x0806, "ARP"],
    [0x8100, "802.1Q"],
    [0x86dd, "IPv6"],
    [0x888e, "802.1X"],
    [0x88cc, "LLDP"],
  ])("%i is %s", (number, name) => {
    expect(ethertypeName(number)).toBe(name);
  });

  test.each([0x1234, 0xffff, -1])("%d has no name", (number) => {
    expect(ethertypeName(number)).toBeNull();
  });
});
