// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import type { Reach } from "../../src/exposure/model.ts";
import { type IpBind, isUnspecified, Reachability } from "../../src/exposure/reachability.ts";
import type { Memberships } from "../../src/linux/procfs/multicast.ts";
import { interfaceTable, type LinkSketch } from "./build-socket.ts";

const LO: LinkSketch = { name: "lo", addresses: ["127.0.0.1/8", "::1/128"] };
const ETH0: LinkSketch = {
  name: "eth0",
  addresses: ["10.0.0.5/24", "2001:db8::5/64", "fe80::5/64"],
};
const ETH1: LinkSketch = { name: "eth1", addresses: ["198.51.100.7/32"] };
const HOST = [LO, ETH0, ETH1];

function reachOn(
  links: readonly LinkSketch[],
  address: string | readonly string[],
  parts: Partial<IpBind> & { readonly device?: string; readonly joined?: Memberships } = {},
): readonly Reach[] {
  const { device, joined = new Map(), ...bind } = parts;
  const addresses = typeof address === "string" ? [address] : address;
  return new Reachability(interfaceTable(links), joined).ofIp({
    family: addresses[0]?.includes(":") === true ? "ipv6" : "ipv4",
    addresses,
    interfaceIndex: links.findIndex(({ name }) => name === device) + 1,
    v6only: null,
    acceptsVrf: false,
    ...bind,
  });
}

/** PLANE INTERFACE STATE ADDRESSES, planes in short. */
function lines(reach: readonly Reach[]): readonly string[] {
  return reach.map((each) =>
    [each.plane.replace("inet-", ""), each.interface ?? "-", each.state, ...each.addresses].join(
      " ",
    ),
  );
}

describe("a wildcard bind reaches", () => {
  const onHost: readonly (readonly [string, string, boolean | null, readonly string[]])[] = [
    [
      "0.0.0.0: the IPv4 addresses that are not loopback",
      "0.0.0.0",
      null,
      ["external eth0 reachable 10.0.0.5", "external eth1 reachable 198.51.100.7"],
    ],
    [
      "[::] with IPv4: those of both families",
      "::",
      false,
      [
        "external eth0 reachable 10.0.0.5 2001:db8::5 fe80::5",
        "external eth1 reachable 198.51.100.7",
      ],
    ],
    [
      "[::] of which it is not known: those of both families",
      "::",
      null,
      [
        "external eth0 reachable 10.0.0.5 2001:db8::5 fe80::5",
        "external eth1 reachable 198.51.100.7",
      ],
    ],
    [
      "[::] for IPv6 only: those of IPv6",
      "::",
      true,
      ["external eth0 reachable 2001:db8::5 fe80::5"],
    ],
  ];
  test.each(onHost)("%s", (_, address, v6only, expected) => {
    expect(lines(reachOn(HOST, address, { v6only }))).toEqual([...expected]);
  });

  const elsewhere: readonly (readonly [string, readonly LinkSketch[], readonly string[]])[] = [
    ["nothing without interfaces", [], ["external - absent"]],
    ["loopback where there is no other", [LO], ["loopback lo reachable 127.0.0.1"]],
    [
      "loopback where no other has an address",
      [LO, { name: "eth0" }],
      ["loopback lo reachable 127.0.0.1"],
    ],
    [
      "loopback where every other is down",
      [LO, { ...ETH0, state: "down" }],
      ["loopback lo reachable 127.0.0.1"],
    ],
    ["loopback, and that it is down", [{ ...LO, state: "down" }], ["loopback lo down 127.0.0.1"]],
    [
      "no interface that is down",
      [LO, ETH0, { ...ETH1, state: "down" }],
      ["external eth0 reachable 10.0.0.5"],
    ],
    [
      "an interface without carrier, whose address others lead to",
      [LO, { ...ETH0, state: "no-carrier" }],
      ["external eth0 reachable 10.0.0.5"],
    ],
    [
      "an address on lo that is not loopback",
      [{ ...LO, addresses: ["127.0.0.1/8", "203.0.113.9/32"] }],
      ["external lo reachable 203.0.113.9"],
    ],
  ];
  test.each(elsewhere)("%s", (_, links, expected) => {
    expect(lines(reachOn(links, "0.0.0.0"))).toEqual([...expected]);
  });

  test("its interface with the widest scope of the addresses", () => {
    const links = [LO, { name: "eth0", addresses: ["169.254.1.1/16", "8.8.8.8/24", "10.0.0.5/8"] }];
    expect(reachOn(links, "0.0.0.0").map(({ scope }) => scope)).toEqual(["public"]);
  });
});

describe("a bind to one address reaches", () => {
  const VIP = [{ ...LO, addresses: ["127.0.0.1/8", "::1/128", "203.0.113.9/32"] }, ETH0];
  const binds: readonly (readonly [string, readonly LinkSketch[], string, readonly string[]])[] = [
    ["the interface that has it", HOST, "10.0.0.5", ["external eth0 reachable 10.0.0.5"]],
    ["the interface that has it, in IPv6", HOST, "fe80::5", ["external eth0 reachable fe80::5"]],
    ["nothing when no interface has it", HOST, "10.0.0.6", ["external - absent"]],
    ["nothing when no interface has it, in IPv6", HOST, "2001:db8::6", ["external - absent"]],
    ["loopback", HOST, "127.0.0.1", ["loopback lo reachable 127.0.0.1"]],
    ["loopback, in IPv6", HOST, "::1", ["loopback lo reachable ::1"]],
    [
      "loopback at any address of 127.0.0.0/8",
      HOST,
      "127.0.0.53",
      ["loopback lo reachable 127.0.0.53"],
    ],
    ["no loopback where there is none", [ETH0], "127.0.0.1", ["loopback - absent"]],
    [
      "the outside when it is a VIP on lo",
      VIP,
      "203.0.113.9",
      ["external lo reachable 203.0.113.9"],
    ],
    [
      "the interface, and that it is down",
      [LO, { ...ETH0, state: "down" }],
      "10.0.0.5",
      ["external eth0 down 10.0.0.5"],
    ],
    [
      "an interface without carrier",
      [LO, { ...ETH0, state: "no-carrier" }],
      "10.0.0.5",
      ["external eth0 reachable 10.0.0.5"],
    ],
    [
      "every interface that has it",
      [LO, ETH0, { ...ETH0, name: "eth2" }],
      "10.0.0.5",
      ["external eth0 reachable 10.0.0.5", "external eth2 reachable 10.0.0.5"],
    ],
    // lo alone takes every address of the network of its own ones (fib_add_ifaddr).
    [
      "any address of a network on lo",
      [{ ...LO, addresses: ["127.0.0.1/8", "203.0.113.1/24"] }],
      "203.0.113.9",
      ["external lo reachable 203.0.113.9"],
    ],
  ];
  test.each(binds)("%s", (_, links, address, expected) => {
    expect(lines(reachOn(links, address))).toEqual([...expected]);
  });

  test.each([
    ["10.0.0.5", "private"],
    ["127.0.0.1", "loopback"],
    ["fe80::5", "link-local"],
  ])("%s with its own scope", (address, scope) => {
    expect(reachOn(HOST, address).map((each) => each.scope as string | null)).toEqual([scope]);
  });

  test("several addresses: one entry for each interface", () => {
    const reach = reachOn(HOST, ["10.0.0.5", "2001:db8::5", "198.51.100.7", "10.0.0.5"]);
    expect(lines(reach)).toEqual([
      "external eth0 reachable 10.0.0.5 2001:db8::5",
      "external eth1 reachable 198.51.100.7",
    ]);
  });

  test("several addresses with the widest of their scopes", () => {
    const links = [LO, { name: "eth0", addresses: ["10.0.0.5/24", "8.8.8.8/24"] }];
    const reach = reachOn(links, ["10.0.0.5", "8.8.8.8"]);
    expect(reach.map(({ scope }) => scope)).toEqual(["public"]);
  });
});

describe("a broadcast address reaches", () => {
  const links = [LO, ETH0, ETH1, { name: "eth2", addresses: ["2001:db8:2::1/64"] }];
  const binds: readonly (readonly [string, string, readonly string[]])[] = [
    ["the interface of its network", "10.0.0.255", ["external eth0 reachable 10.0.0.255"]],
    [
      "every interface with IPv4 when it is the limited one",
      "255.255.255.255",
      ["external eth0 reachable 255.255.255.255", "external eth1 reachable 255.255.255.255"],
    ],
    ["nothing when it is that of no network", "10.0.1.255", ["external - absent"]],
    ["loopback as that of loopback", "127.255.255.255", ["loopback lo reachable 127.255.255.255"]],
  ];
  test.each(binds)("%s", (_, address, expected) => {
    expect(lines(reachOn(links, address))).toEqual([...expected]);
  });

  test.each([
    ["/0", "198.51.100.7/0", "255.255.255.254", []],
    ["/31", "198.51.100.6/31", "198.51.100.7", []],
    ["/30", "198.51.100.5/30", "198.51.100.7", ["eth0"]],
    ["/8", "240.0.0.1/8", "240.255.255.255", ["eth0"]],
  ])("only networks that have one: %s", (_, own, broadcast, names) => {
    const reach = reachOn([LO, { name: "eth0", addresses: [own] }], broadcast);
    expect(reach.map(({ interface: name }) => name).filter((name) => name !== null)).toEqual(names);
  });
});

test.each([
  ["0.0.0.0", true],
  ["::", true],
  ["127.0.0.1", false],
  ["::1", false],
])("%s stands for every address: %p", (address, unspecified) => {
  expect(isUnspecified(address)).toBe(unspecified);
});
