// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import type { FoundSocket } from "../../src/exposure/found-socket.ts";
import { PROTOCOLS, type Protocol } from "../../src/exposure/model.ts";
import { reachOf, type Surroundings } from "../../src/exposure/planes.ts";
import { Reachability } from "../../src/exposure/reachability.ts";
import { interfaceTable, socket } from "./build-socket.ts";

const REACHABILITY = new Reachability(
  interfaceTable([
    { name: "lo", addresses: ["127.0.0.1/8"] },
    { name: "eth0", addresses: ["10.0.0.5/24"] },
    { name: "red", kind: "vrf" },
    { name: "eth1", addresses: ["10.1.0.5/24"], master: "red" },
  ]),
  new Map(),
);
const ANY = "00:00:00:00:00:00";
const NO_VRF = { tcp: false, udp: false, raw: false, sctp: false };
const ADAPTERS = [
  { name: "hci0", address: "AA:BB:CC:DD:EE:00", isUp: true },
  { name: "hci1", address: "AA:BB:CC:DD:EE:01", isUp: true },
  { name: "hci2", address: null, isUp: null },
];

function lines(
  protocol: Protocol,
  parts: Partial<FoundSocket> = {},
  { adapters = ADAPTERS, vrfAcceptance = NO_VRF }: Partial<Surroundings> = {},
): readonly string[] {
  const surroundings = { reachability: REACHABILITY, adapters, vrfAcceptance };
  return reachOf(socket(protocol, parts), surroundings).map(
    ({ plane, interface: name, state }) => `${plane} ${name ?? "-"} ${state}`,
  );
}

const sockets: readonly (readonly [string, Protocol, Partial<FoundSocket>, readonly string[]])[] = [
  ["TCP on an address", "tcp", { addresses: ["10.0.0.5"] }, ["inet-external eth0 reachable"]],
  ["TCP on loopback", "tcp", { addresses: ["127.0.0.1"] }, ["inet-loopback lo reachable"]],
  ["a raw socket", "raw", {}, ["inet-external eth0 reachable"]],
  [
    "a packet socket on every device",
    "packet",
    {},
    ["lo", "eth0", "red", "eth1"].map((name) => `link-layer ${name} reachable`),
  ],
  ["a packet socket on one device", "packet", { interfaceIndex: 2 }, ["link-layer eth0 reachable"]],
  ["an AF_XDP socket on a device", "xdp", { interfaceIndex: 2 }, ["link-layer eth0 reachable"]],
  ["an AF_XDP socket whose device is not known", "xdp", {}, ["link-layer - reachable"]],
  ["VSOCK", "vsock", { vsockCid: "any" }, ["vsock - reachable"]],
  ["UNIX", "unix", {}, ["local - reachable"]],
];
test.each(sockets)("%s", (_, protocol, parts, expected) => {
  expect(lines(protocol, parts)).toEqual([...expected]);
});

describe("a setting for VRFs", () => {
  const followers: readonly (readonly [keyof typeof NO_VRF, readonly Protocol[]])[] = [
    ["tcp", ["tcp", "mptcp", "dccp"]],
    ["udp", ["udp", "udplite"]],
    ["raw", ["raw"]],
    ["sctp", ["sctp"]],
  ];
  test.each(followers)("of %s is followed by %p", (setting, protocols) => {
    const vrfAcceptance = { ...NO_VRF, [setting]: true };
    const accepting = ["tcp", "mptcp", "udp", "udplite", "sctp", "dccp", "raw"] as const;
    const inVrf = accepting.filter((protocol) =>
      lines(protocol, {}, { vrfAcceptance }).includes("inet-external eth1 reachable"),
    );
    expect(inVrf.toSorted()).toEqual(protocols.toSorted() as typeof inVrf);
  });
});

describe("a Bluetooth socket", () => {
  const ALL = ["hci0", "hci1", "hci2"].map((name) => `bluetooth ${name} reachable`);
  const binds: readonly (readonly [string, Protocol, Partial<FoundSocket>, readonly string[]])[] = [
    ["RFCOMM bound to no adapter", "rfcomm", { addresses: [ANY] }, ALL],
    ["RFCOMM of which the address is not known", "rfcomm", {}, ALL],
    [
      "L2CAP on one adapter",
      "l2cap",
      { addresses: ["AA:BB:CC:DD:EE:01"] },
      ["bluetooth hci1 reachable"],
    ],
    [
      "SCO on an adapter that is gone",
      "sco",
      { addresses: ["00:11:22:33:44:55"] },
      ["bluetooth - absent"],
    ],
    ["HCI on one adapter", "hci", { port: 1 }, ["bluetooth hci1 reachable"]],
    ["HCI on no adapter", "hci", { port: null }, ["bluetooth - reachable"]],
  ];
  test.each(binds)("%s", (_, protocol, parts, expected) => {
    expect(lines(protocol, parts)).toEqual([...expected]);
  });

  test("is not reachable through an adapter that is off", () => {
    const adapters = ADAPTERS.map((adapter) => ({ ...adapter, isUp: adapter.name !== "hci0" }));
    const [off, on] = ["bluetooth hci0 down", "bluetooth hci1 reachable"];
    expect(lines("rfcomm", {}, { adapters })).toEqual([off, on, "bluetooth hci2 reachable"]);
    expect(lines("hci", { port: 0 }, { adapters })).toEqual([off]);
  });

  test("is on its plane where there is no adapter", () => {
    expect(lines("rfcomm", {}, { adapters: [] })).toEqual(["bluetooth - absent"]);
  });
});

test.each(PROTOCOLS.map((protocol) => [protocol] as const))(
  "%s is reached somewhere",
  (protocol) => {
    expect(lines(protocol, {}, { adapters: [] }).length).toBeGreaterThan(0);
  },
);
