// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { parseProtocols } from "../../../src/linux/procfs/protocols.ts";
import { readFixture } from "./fixtures.ts";

test("the loaded protocols are the first column without its header", () => {
  const names = [
    "AF_VSOCK PACKET MPTCPv6 PINGv6 RAWv6 UDPLITEv6 UDPv6 TCPv6 XDP UNIX-STREAM UNIX",
    "UDP-Lite MPTCP PING RAW UDP TCP NETLINK",
  ].flatMap((line) => line.split(" "));
  expect([...parseProtocols(readFixture("net/protocols")).keys()]).toEqual(names);
});

test.each(["", "protocol  size sockets\n"])("no protocol is in %j", (text) => {
  expect(parseProtocols(text)).toEqual(new Map());
});

test("each has the number of its sockets", () => {
  const line = "XDP       1088      3      -1   NI       0   no   kernel      n  n  n";
  expect(parseProtocols(`protocol  size sockets\n${line}\n`).get("XDP")).toBe(3);
});
