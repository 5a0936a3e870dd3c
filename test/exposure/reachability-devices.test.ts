// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import type { Reach } from "../../src/exposure/model.ts";
import { Reachability } from "../../src/exposure/reachability.ts";
import { interfaceTable } from "./build-socket.ts";

/** Indexes 1 to 6. */
const HOST = interfaceTable([
  { name: "lo", addresses: ["127.0.0.1/8", "::1/128", "203.0.113.9/32"] },
  { name: "eth0", addresses: ["10.0.0.5/24", "fe80::5/64"] },
  { name: "red", kind: "vrf" },
  { name: "eth1", addresses: ["10.1.0.5/24", "fe80::5/64"], master: "red" },
  { name: "eth2" },
  { name: "eth3", addresses: ["10.3.0.5/24"], state: "down" },
]);
const INDEX = { none: 0, lo: 1, eth0: 2, red: 3, eth1: 4, eth2: 5, eth3: 6, gone: 99 };
type Device = keyof typeof INDEX;

const JOINED = new Map([
  ["224.0.0.251", new Set([INDEX.eth0, INDEX.eth1])],
  ["ff02::fb", new Set([INDEX.lo])],
  ["224.0.0.9", new Set([INDEX.eth3])],
]);

function reach(address: string, device: Device, acceptsVrf = false): readonly Reach[] {
  return new Reachability(HOST, JOINED).ofIp({
    family: address.includes(":") ? "ipv6" : "ipv4",
    addresses: [address],
    interfaceIndex: INDEX[device],
    v6only: null,
    acceptsVrf,
  });
}

function lines(reaches: readonly Reach[]): readonly string[] {
  return reaches.map(({ plane, interface: name, state, addresses }) =>
    [plane.replace("inet-", ""), name ?? "-", state, ...addresses].join(" "),
  );
}

describe("a bind to a device reaches", () => {
  const binds: readonly (readonly [string, string, Device, readonly string[]])[] = [
    ["that device only", "0.0.0.0", "eth0", ["external eth0 reachable 10.0.0.5"]],
    [
      "loopback only on lo, its other addresses too",
      "0.0.0.0",
      "lo",
      ["loopback lo reachable 127.0.0.1 203.0.113.9"],
    ],
    ["a device without address, as for broadcasts", "0.0.0.0", "eth2", ["external eth2 reachable"]],
    ["a device that is down, and says so", "0.0.0.0", "eth3", ["external eth3 down 10.3.0.5"]],
    ["nothing when the device is gone", "0.0.0.0", "gone", ["external - absent"]],
    ["the ports of a VRF", "0.0.0.0", "red", ["external eth1 reachable 10.1.0.5"]],
    ["one port of a VRF", "0.0.0.0", "eth1", ["external eth1 reachable 10.1.0.5"]],
    ["an address on it", "10.0.0.5", "eth0", ["external eth0 reachable 10.0.0.5"]],
    ["an address on a port of a VRF", "10.1.0.5", "red", ["external eth1 reachable 10.1.0.5"]],
    ["no address of another device", "10.0.0.5", "eth1", ["external - absent"]],
    ["no loopback from another device", "127.0.0.1", "eth0", ["loopback - absent"]],
    [
      "a link-local address on that device only",
      "fe80::5",
      "eth1",
      ["external eth1 reachable fe80::5"],
    ],
    ["its broadcast address", "10.0.0.255", "eth0", ["external eth0 reachable 10.0.0.255"]],
    ["no broadcast address of another device", "10.0.0.255", "eth1", ["external - absent"]],
  ];
  test.each(binds)("%s", (_, address, device, expected) => {
    expect(lines(reach(address, device))).toEqual([...expected]);
  });
});

describe("a bind to no device", () => {
  const binds: readonly (readonly [string, string, boolean, readonly string[]])[] = [
    ["leaves out what is in a VRF", "0.0.0.0", false, ["lo", "eth0"]],
    ["takes what is in a VRF where it may", "0.0.0.0", true, ["lo", "eth0", "eth1"]],
    ["leaves out an address in a VRF", "10.1.0.5", false, []],
    ["takes an address in a VRF where it may", "10.1.0.5", true, ["eth1"]],
    ["leaves out a group joined in a VRF", "224.0.0.251", false, ["eth0"]],
    ["takes a group joined in a VRF where it may", "224.0.0.251", true, ["eth0", "eth1"]],
  ];
  test.each(binds)("%s", (_, address, acceptsVrf, names) => {
    const reached = reach(address, "none", acceptsVrf).flatMap((each) => each.interface ?? []);
    expect(reached).toEqual([...names]);
  });

  test("takes what is in a bridge", () => {
    const links = [
      { name: "br0", addresses: ["10.0.0.5/24"] },
      { name: "eth0", addresses: ["10.1.0.5/24"], master: "br0" },
    ];
    const bridged = new Reachability(interfaceTable(links), new Map());
    const bind = {
      family: "ipv4",
      addresses: ["0.0.0.0"],
      interfaceIndex: 0,
      v6only: null,
    } as const;
    const names = bridged.ofIp({ ...bind, acceptsVrf: false }).map((each) => each.interface);
    expect(names).toEqual(["br0", "eth0"]);
  });
});

describe("a multicast group is reached", () => {
  const binds: readonly (readonly [string, string, Device, readonly string[]])[] = [
    [
      "where it was joined, but not in a VRF",
      "224.0.0.251",
      "none",
      ["external eth0 reachable 224.0.0.251"],
    ],
    ["on the bound device", "224.0.0.251", "eth0", ["external eth0 reachable 224.0.0.251"]],
    ["on a port of the bound VRF", "224.0.0.251", "red", ["external eth1 reachable 224.0.0.251"]],
    [
      "nowhere when the bound device did not join",
      "224.0.0.251",
      "eth2",
      ["external - not-joined"],
    ],
    ["nowhere when nobody joined", "224.0.0.252", "none", ["external - not-joined"]],
    ["on loopback when joined there", "ff02::fb", "none", ["loopback lo reachable ff02::fb"]],
    ["not on a device that is down", "224.0.0.9", "none", ["external eth3 down 224.0.0.9"]],
  ];
  test.each(binds)("%s", (_, address, device, expected) => {
    expect(lines(reach(address, device))).toEqual([...expected]);
  });

  test("with the scope multicast", () => {
    expect(reach("224.0.0.251", "eth0")[0]?.scope).toBe("multicast");
  });
});

describe("below the IP layer", () => {
  const reachability = new Reachability(HOST, JOINED);
  const link = (device: Device): readonly string[] => lines(reachability.ofLink(INDEX[device]));

  test("a bind to no device reaches every one that is not down", () => {
    const names = reachability.ofLink(INDEX.none).map(({ interface: name }) => name);
    expect(names).toEqual(["lo", "eth0", "red", "eth1", "eth2"]);
  });

  const binds: readonly (readonly [string, Device, string])[] = [
    ["one device", "eth1", "link-layer eth1 reachable"],
    ["a device without address", "eth2", "link-layer eth2 reachable"],
    ["a device that is down", "eth3", "link-layer eth3 down"],
    ["a device that is gone", "gone", "link-layer - absent"],
  ];
  test.each(binds)("a bind reaches %s", (_, device, expected) => {
    expect(link(device)).toEqual([expected]);
  });

  test("a host without interfaces is reached nowhere", () => {
    const nowhere = new Reachability(interfaceTable([]), new Map());
    expect(lines(nowhere.ofLink(INDEX.none))).toEqual(["link-layer - absent"]);
  });
});

describe("what reaches the same", () => {
  const reachability = new Reachability(HOST, JOINED);
  const bind = {
    family: "ipv6",
    addresses: ["::"],
    interfaceIndex: 0,
    v6only: false,
    acceptsVrf: false,
  } as const;

  test("is the same array for IP binds", () => {
    expect(reachability.ofIp({ ...bind, addresses: ["::"] })).toBe(reachability.ofIp(bind));
  });

  test("is the same array for binds to a link", () => {
    expect(reachability.ofLink(INDEX.none)).toBe(reachability.ofLink(INDEX.none));
  });

  test.each([
    ["device", { interfaceIndex: INDEX.eth0 }],
    ["address", { addresses: ["fe80::5"] }],
    ["choice of families", { v6only: true }],
    ["setting for VRFs", { acceptsVrf: true }],
  ])("is another for another %s", (_, parts) => {
    expect(reachability.ofIp({ ...bind, ...parts })).not.toEqual(reachability.ofIp(bind));
  });
});

test.each([
  ["eth0", INDEX.eth0],
  ["if99", INDEX.gone],
])("an interface is called %s", (name, index) => {
  expect(new Reachability(HOST, JOINED).interfaceName(index)).toBe(name);
});
