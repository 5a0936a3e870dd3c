// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { canonicalAddress, parseListenAddress } from "../../../src/linux/systemd/listen-address.ts";

const IP = { kind: "ip", device: null } as const;

const ADDRESSES: readonly (readonly [string, object])[] = [
  ["0.0.0.0:22", { ...IP, address: "0.0.0.0", port: 22 }],
  ["127.0.0.1:631", { ...IP, address: "127.0.0.1", port: 631 }],
  ["[::]:22", { ...IP, address: "::", port: 22 }],
  ["[::1]:8082", { ...IP, address: "::1", port: 8082 }],
  ["[fe80::1]:9001%eth0", { ...IP, address: "fe80::1", port: 9001, device: "eth0" }],
  ["[fe80::1]:9001%7", { ...IP, address: "fe80::1", port: 9001, device: "7" }],
  ["[::ffff:127.0.0.1]:9002", { ...IP, address: "127.0.0.1", port: 9002 }],
  ["vsock::8083", { kind: "vsock", cid: "any", port: 8083 }],
  ["vsock:2:22", { kind: "vsock", cid: 2, port: 22 }],
  ["/run/with space.sock", { kind: "unix", path: "/run/with space.sock" }],
  ["@abstract", { kind: "unix", path: "@abstract" }],
  ["@abs tract)x", { kind: "unix", path: "@abs tract)x" }],
];

test.each(ADDRESSES)("%s is understood", (text, expected) => {
  expect<unknown>(parseListenAddress(text)).toEqual(expected);
});

test("escaped paths are the bytes that they stand for", () => {
  const paths = [
    ['/tmp/\\303\\274\\"x.sock', '/tmp/ü"x.sock'],
    ["/run/a\\\\x5cb", "/run/a\\x5cb"],
    ["/run/tab\\there", "/run/tab\there"],
    ["/run/esc\\033[31m", "/run/esc\u001b[31m"],
    ["/run/\\377", "/run/\udcff"],
    ["/run/stray\\q", "/run/stray\\q"],
  ] as const;
  for (const [text, path] of paths) {
    expect(parseListenAddress(text)).toEqual({ kind: "unix", path });
  }
});

test.each(["kobject-uevent 1", "audit 1", "", "*", "22", "[::]", "[::]:", "vsock:22", "1.2.3.4"])(
  "%p is no socket address",
  (text) => {
    expect(parseListenAddress(text)).toBeNull();
  },
);

test("an address has one form", () => {
  expect(canonicalAddress("2001:DB8:0:0:0:0:0:1")).toBe("2001:db8::1");
  expect(canonicalAddress("::ffff:10.1.2.3")).toBe("10.1.2.3");
  expect(canonicalAddress("::ffff:a01:203")).toBe("10.1.2.3");
  expect(canonicalAddress("0:0:0:0:0:0:0:0")).toBe("::");
  expect(canonicalAddress("fe80::1%eth0")).toBeNull();
  expect(canonicalAddress("localhost")).toBeNull();
});
