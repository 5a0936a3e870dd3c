// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { type HeldSocket, matchSocketUnit } from "../../../src/linux/systemd/match-socket-unit.ts";
import type { SocketUnitAddress } from "../../../src/linux/systemd/socket-units.ts";

function row(
  listen: string,
  type = "Stream",
  more: Partial<SocketUnitAddress> = {},
): SocketUnitAddress {
  const unit = { unit: `${listen} ${type}`, activates: null, device: null, protocol: 0 };
  return { ...unit, listen, type, ...more };
}

function held(protocol: string, more: Partial<HeldSocket>): HeldSocket {
  return { protocol, address: null, port: null, device: null, path: null, ...more };
}

const UNITS = [
  row("[::]:22"),
  row("0.0.0.0:22", "Datagram"),
  row("127.0.0.1:53"),
  row("127.0.0.1:53", "Datagram"),
  row("127.0.0.1:54", "Datagram", { protocol: 136 }),
  row("127.0.0.1:54", "Stream", { protocol: 262 }),
  row("127.0.0.1:55", "SequentialPacket", { protocol: 132 }),
  row("[2001:db8::1]:443"),
  row("[::ffff:127.0.0.1]:80"),
  row("/run/x.sock"),
  row("/run/fifo", "FIFO"),
  row("@abstract", "Datagram"),
  row("vsock::22"),
  row("kobject-uevent 1", "Netlink"),
];

const MATCHES: readonly (readonly [string, HeldSocket, string])[] = [
  ["IPv6 wildcard", held("tcp", { address: "::", port: 22 }), "[::]:22 Stream"],
  ["udp", held("udp", { address: "0.0.0.0", port: 22 }), "0.0.0.0:22 Datagram"],
  ["tcp beside udp", held("tcp", { address: "127.0.0.1", port: 53 }), "127.0.0.1:53 Stream"],
  ["udp beside tcp", held("udp", { address: "127.0.0.1", port: 53 }), "127.0.0.1:53 Datagram"],
  ["udplite", held("udplite", { address: "127.0.0.1", port: 54 }), "127.0.0.1:54 Datagram"],
  ["mptcp", held("mptcp", { address: "127.0.0.1", port: 54 }), "127.0.0.1:54 Stream"],
  ["sctp", held("sctp", { address: "127.0.0.1", port: 55 }), "127.0.0.1:55 SequentialPacket"],
  [
    "other spelling",
    held("tcp", { address: "2001:DB8:0::1", port: 443 }),
    "[2001:db8::1]:443 Stream",
  ],
  ["v4-mapped", held("tcp", { address: "127.0.0.1", port: 80 }), "[::ffff:127.0.0.1]:80 Stream"],
  ["path", held("unix", { path: "/run/x.sock" }), "/run/x.sock Stream"],
  ["abstract", held("unix", { path: "@abstract" }), "@abstract Datagram"],
  ["vsock", held("vsock", { port: 22 }), "vsock::22 Stream"],
];

test.each(MATCHES)("%s finds its unit", (_, socket, unit) => {
  expect(matchSocketUnit(UNITS, socket)?.unit).toBe(unit);
});

const STRANGERS: readonly (readonly [string, HeldSocket])[] = [
  ["another port", held("tcp", { address: "::", port: 23 })],
  ["another address", held("tcp", { address: "0.0.0.0", port: 22 })],
  ["another protocol", held("udp", { address: "::", port: 22 })],
  ["a protocol systemd cannot open", held("dccp", { address: "127.0.0.1", port: 53 })],
  ["a FIFO of that name", held("unix", { path: "/run/fifo" })],
  ["an unnamed socket", held("unix", {})],
  ["an endpoint without address", held("tcp", { port: 22 })],
];

test.each(STRANGERS)("%s finds no unit", (_, socket) => {
  expect(matchSocketUnit(UNITS, socket)).toBeNull();
});

test("of several units on one address the one on the same device is found", () => {
  const units = [
    row("0.0.0.0:68", "Datagram", { unit: "every.socket" }),
    row("0.0.0.0:68", "Datagram", { unit: "east.socket", device: "eth0" }),
    row("0.0.0.0:68", "Datagram", { unit: "west.socket", device: "eth1" }),
    row("[fe80::1]:68%eth1", "Datagram", { unit: "local.socket" }),
  ];
  const on = (device: string | null, address = "0.0.0.0"): string | undefined =>
    matchSocketUnit(units, held("udp", { address, port: 68, device }))?.unit;
  expect(on(null)).toBe("every.socket");
  expect(on("eth1")).toBe("west.socket");
  expect(on("eth1", "fe80::1")).toBe("local.socket");
  expect(on("eth9")).toBeUndefined();
});

test("a device that was renamed since does not hide the only unit on the address", () => {
  const units = [row("0.0.0.0:68", "Datagram", { unit: "east.socket", device: "eth0" })];
  const socket = held("udp", { address: "0.0.0.0", port: 68, device: "lan0" });
  expect(matchSocketUnit(units, socket)?.unit).toBe("east.socket");
});
