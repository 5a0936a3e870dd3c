// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { buildInterfaceTable } from "../../src/exposure/interfaces.ts";
import type { Link, LinkAddress } from "../../src/linux/netlink/route.ts";

const UP = 0x1;
const LOOPBACK = 0x8;
const RUNNING = 0x40;

function link(index: number, name: string, parts: Partial<Link> = {}): Link {
  return { index, name, flags: UP | RUNNING, master: 0, kind: null, tunnelPort: null, ...parts };
}

function address(interfaceIndex: number, text: string): LinkAddress {
  const family = text.includes(":") ? "ipv6" : "ipv4";
  return { interfaceIndex, family, address: text, prefixLength: 24 };
}

describe("an interface", () => {
  test("has its addresses in the kernel's order, with their scope", () => {
    const addresses = [address(2, "10.0.0.5"), address(1, "127.0.0.1"), address(2, "fe80::5")];
    const { interfaces } = buildInterfaceTable([link(1, "lo"), link(2, "eth0")], addresses);
    expect(interfaces[1]?.addresses).toEqual([
      { family: "ipv4", address: "10.0.0.5", prefixLength: 24, scope: "private" },
      { family: "ipv6", address: "fe80::5", prefixLength: 24, scope: "link-local" },
    ]);
  });

  test.each([
    ["up", UP | RUNNING],
    ["no-carrier", UP],
    ["down", 0],
    ["down", RUNNING],
  ])("is %s with flags %i", (state, flags) => {
    const { interfaces } = buildInterfaceTable([link(2, "eth0", { flags })], []);
    expect(interfaces[0]?.state as string).toBe(state);
  });

  test("is loopback by its flag, not by its name", () => {
    const links = [link(1, "lo"), link(2, "eth0", { flags: UP | LOOPBACK })];
    const { interfaces } = buildInterfaceTable(links, []);
    expect(interfaces.map(({ loopback }) => loopback)).toEqual([false, true]);
  });
});

describe("a table", () => {
  test("is sorted by index", () => {
    const links = [link(10, "c"), link(9, "b"), link(1, "a")];
    const { interfaces } = buildInterfaceTable(links, []);
    expect(interfaces.map(({ index }) => index)).toEqual([1, 9, 10]);
  });

  test("knows the masters, and only of interfaces that have one", () => {
    const links = [link(1, "lo"), link(2, "br0"), link(3, "v0", { master: 2 })];
    expect([...buildInterfaceTable(links, []).masters]).toEqual([[3, 2]]);
  });

  test("knows on which ports the kernel listens for tunnels", () => {
    const links = [
      link(1, "lo"),
      link(2, "vx0", { kind: "vxlan", tunnelPort: 4789 }),
      link(3, "gn0", { kind: "geneve", tunnelPort: 6081 }),
    ];
    expect([...buildInterfaceTable(links, []).tunnelPorts]).toEqual([
      [4789, "vxlan interface vx0"],
      [6081, "geneve interface gn0"],
    ]);
  });

  test("is complete, also when it is empty", () => {
    expect(buildInterfaceTable([], []).complete).toBe(true);
  });

  test("leaves out addresses of an interface that is gone", () => {
    const { interfaces } = buildInterfaceTable([link(1, "lo")], [address(7, "10.0.0.5")]);
    expect(interfaces.flatMap(({ addresses }) => addresses)).toEqual([]);
  });
});
