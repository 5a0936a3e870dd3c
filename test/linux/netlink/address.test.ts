// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { decodeIpv4, decodeIpv6 } from "../../../src/linux/netlink/address.ts";
import { viewOfHex } from "./recording.ts";

describe("decodeIpv4", () => {
  test.each([
    ["00000000", "0.0.0.0"],
    ["7f000001", "127.0.0.1"],
    ["0a0500fe", "10.5.0.254"],
    ["ffffffff", "255.255.255.255"],
  ])("%s is %s", (bytes, text) => {
    expect(decodeIpv4(viewOfHex(`aaaaaa${bytes}aa`), 3)).toEqual({ family: "ipv4", text });
  });
});

describe("decodeIpv6", () => {
  /** Python's ipaddress module writes each of them so. */
  const addresses: readonly (readonly [string, string])[] = [
    ["0000 0000 0000 0000 0000 0000 0000 0000", "::"],
    ["0000 0000 0000 0000 0000 0000 0000 0001", "::1"],
    ["0001 0000 0000 0000 0000 0000 0000 0000", "1::"],
    ["2001 0db8 0000 0000 0000 0000 0000 0001", "2001:db8::1"],
    ["fe80 0000 0000 0000 dc56 60ff feee 0c06", "fe80::dc56:60ff:feee:c06"],
    ["2001 0db8 0000 0001 0001 0001 0001 0001", "2001:db8:0:1:1:1:1:1"],
    ["2001 0000 0000 0001 0000 0000 0000 0001", "2001:0:0:1::1"],
    ["2001 0db8 0000 0000 0001 0000 0000 0001", "2001:db8::1:0:0:1"],
    ["0000 0000 0001 0001 0001 0001 0001 0001", "::1:1:1:1:1:1"],
    ["0001 0001 0001 0001 0001 0001 0000 0000", "1:1:1:1:1:1::"],
    ["ffff ffff ffff ffff ffff ffff ffff ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["0000 0000 0000 0000 0000 fffe 0102 0304", "::fffe:102:304"],
    ["0000 0000 0000 0000 0001 ffff 0102 0304", "::1:ffff:102:304"],
    ["0000 0000 0000 0000 0000 0000 0102 0304", "::102:304"],
    ["0064 ff9b 0000 0000 0000 0000 0102 0304", "64:ff9b::102:304"],
  ];
  test.each(addresses)("%s is %s", (bytes, text) => {
    expect(decodeIpv6(viewOfHex(`aaaaaa${bytes}aa`), 3)).toEqual({ family: "ipv6", text });
  });

  test.each([
    ["0000 0000 0000 0000 0000 ffff 0a07 0001", "10.7.0.1"],
    ["0000 0000 0000 0000 0000 ffff 0000 0000", "0.0.0.0"],
  ])("%s is the IPv4 address %s", (bytes, text) => {
    expect(decodeIpv6(viewOfHex(bytes), 0)).toEqual({ family: "ipv4", text });
  });
});
