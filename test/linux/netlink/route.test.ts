// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  decodeAddress,
  decodeLink,
  IFF_LOOPBACK,
  IFF_RUNNING,
  IFF_UP,
  type Link,
  type LinkAddress,
  readAddresses,
  readLinks,
} from "../../../src/linux/netlink/route.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "../../../src/linux/netlink/socket.ts";
import { recordedKernel } from "./recorded-kernel.ts";
import {
  attribute,
  decodeRecording,
  readRecording,
  RECORDED,
  viewOfHex,
  wholeMessage,
} from "./recording.ts";

/** struct ifinfomsg of interface 7, up: family and pad, type, index, flags, change. */
const INTERFACE = "0000 0100 07000000 01000000 00000000";
/** IFLA_IFNAME "d0". */
const NAME = "0700 0300 643000 00";

function link(attributes: string): Link | null {
  const view = viewOfHex(INTERFACE + attributes);
  return decodeLink(view, wholeMessage(view));
}

function address(bytes: string): LinkAddress | null {
  const view = viewOfHex(bytes);
  return decodeAddress(view, wholeMessage(view));
}

const IFLA_LINKINFO = 18;
const INFO_KIND = 1;
const INFO_DATA = 2;

/** IFLA_LINKINFO of a kind whose data has one attribute. */
function linkInfo(kind: string, type: number, value: string): string {
  const name = Buffer.from(`${kind}\0`).toString("hex");
  const data = attribute(INFO_DATA, attribute(type, value));
  return attribute(IFLA_LINKINFO, attribute(INFO_KIND, name) + data);
}

describe("a request", () => {
  test("for links is struct ifinfomsg and IFLA_EXT_MASK without statistics", () => {
    const { request, datagrams } = readRecording(RECORDED, "links");
    const { libc, requests } = recordedKernel([datagrams]);
    using netlink = new NetlinkSocket(libc, NETLINK_ROUTE);
    expect(readLinks(netlink).outcome).toEqual({ kind: "complete" });
    const [type, flags] = ["1200", "0103"];
    expect(requests[0]?.toString("hex").slice(8, 16)).toBe(type + flags);
    const [header, name, mask] = ["00".repeat(16), "08001d00", "08000000"];
    expect(requests[0]?.subarray(16).toString("hex")).toBe(`${header}${name}${mask}`);
    expect(request).toBe(`${header}${name}${mask}`);
  });

  test("for addresses is struct ifaddrmsg of any family", () => {
    const { datagrams } = readRecording(RECORDED, "addresses");
    const { libc, requests } = recordedKernel([datagrams]);
    using netlink = new NetlinkSocket(libc, NETLINK_ROUTE);
    expect(readAddresses(netlink).outcome).toEqual({ kind: "complete" });
    const [type, flags] = ["1600", "0103"];
    expect(requests[0]?.toString("hex").slice(8, 16)).toBe(type + flags);
    expect(requests[0]?.subarray(16).toString("hex")).toBe("00".repeat(8));
  });
});

describe("a link", () => {
  const links = decodeRecording(RECORDED, "links", decodeLink);

  test("has index, name and kind", () => {
    expect(links.map(({ index, name, kind }) => [index, name, kind])).toEqual([
      [1, "lo", null],
      [2, "vx0", "vxlan"],
      [3, "br0", "bridge"],
      [4, "v1", "veth"],
      [5, "v0", "veth"],
    ]);
  });

  test("in a bridge has its index as master", () => {
    expect(links.map(({ name, master }) => [name, master])).toEqual([
      ["lo", 0],
      ["vx0", 0],
      ["br0", 0],
      ["v1", 0],
      ["v0", 3],
    ]);
  });

  test("that is a tunnel has the port on which the kernel listens", () => {
    const ports = links.map(({ name, tunnelPort }) => [name, tunnelPort]);
    expect(Object.fromEntries(ports)).toEqual({
      lo: null,
      vx0: 4790,
      br0: null,
      v1: null,
      v0: null,
    });
  });

  test("has the flags of the kernel", () => {
    const flags = (name: string): number => links.find((each) => each.name === name)?.flags ?? 0;
    expect(flags("lo") & (IFF_UP | IFF_LOOPBACK | IFF_RUNNING)).toBe(0x49);
    expect(flags("v1") & (IFF_UP | IFF_LOOPBACK | IFF_RUNNING)).toBe(0x41);
    expect(flags("vx0") & (IFF_UP | IFF_LOOPBACK | IFF_RUNNING)).toBe(0);
  });

  test("without a name is none", () => {
    expect(link("")).toBeNull();
  });

  test("has a name of any bytes", () => {
    expect(link("0700 0300 ff1b00 00")?.name).toBe("\udcff\x1b");
  });

  const tunnels: readonly (readonly [string, number])[] = [
    ["vxlan", 15],
    ["geneve", 5],
    ["bareudp", 1],
  ];
  test.each(tunnels)("of kind %s has its port in attribute %i", (kind, type) => {
    const found = link(NAME + linkInfo(kind, type, "19eb"));
    expect([found?.kind, found?.tunnelPort]).toEqual([kind, 0x19eb]);
  });

  const portless: readonly (readonly [string, string])[] = [
    ["whose port is cut short", linkInfo("vxlan", 15, "12")],
    ["with an attribute that is not the port", linkInfo("vxlan", 14, "12b5")],
    ["of a kind that has no port", linkInfo("bridge", 15, "12b5")],
    ["without a kind", attribute(IFLA_LINKINFO, attribute(INFO_DATA, attribute(15, "12b5")))],
  ];
  test.each(portless)("%s has none", (_, info) => {
    expect(link(NAME + info)).toMatchObject({ name: "d0", tunnelPort: null });
  });
});

describe("an address", () => {
  test("is the local one, not that of the peer", () => {
    const addresses = decodeRecording(RECORDED, "addresses", decodeAddress).map(
      (each) => `${each.interfaceIndex} ${each.family} ${each.address}/${each.prefixLength}`,
    );
    expect(addresses).toEqual([
      "1 ipv4 127.0.0.1/8",
      "1 ipv4 10.7.9.1/32",
      "4 ipv4 10.7.0.1/24",
      "4 ipv4 10.7.1.1/32",
      "1 ipv6 ::1/128",
      "3 ipv6 fe80::f050:bbff:fef1:e2be/64",
      "4 ipv6 fd00:7:1::1/128",
      "4 ipv6 fd00:7::1/64",
      "4 ipv6 fe80::dc56:60ff:feee:c06/64",
      "5 ipv6 fe80::f050:bbff:fef1:e2be/64",
    ]);
  });

  const LOCAL = "0800 0200 0a000001";
  const PEER = "0800 0100 0a000002";
  test.each([
    ["local before peer", LOCAL + PEER, "10.0.0.1"],
    ["peer before local", PEER + LOCAL, "10.0.0.1"],
    ["no local", PEER, "10.0.0.2"],
    ["a local that is too short", `${PEER}0600 0200 0a00 0000`, "10.0.0.2"],
  ])("with %s", (_, attributes, text) => {
    expect(address(`02 18 00 00 04000000${attributes}`)?.address).toBe(text);
  });

  test.each([
    ["of another family", `07 18 00 00 04000000${LOCAL}`],
    ["without an address", "02 18 00 00 04000000"],
    ["whose IPv6 address has four bytes", `0a 18 00 00 04000000${LOCAL}`],
    ["that is too short", "02 18 00 00 0400"],
  ])("%s is none", (_, bytes) => {
    expect(address(bytes)).toBeNull();
  });
});
