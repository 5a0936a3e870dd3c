// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { parseSctpEndpoints } from "../../../src/linux/procfs/sctp-endpoints.ts";

const HEADER = " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n";

const rows: readonly (readonly [string, string, readonly string[], string])[] = [
  [
    "IPv4",
    "0000000012345678 0000000023456789 2   10  8    5001     0 421 10.5.0.1 ",
    ["10.5.0.1"],
    "ipv4",
  ],
  [
    "several addresses, primary first",
    "0000000012345678 0000000023456789 2   10  8    5001     0 421 10.5.1.1 10.5.0.1 ",
    ["10.5.1.1", "10.5.0.1"],
    "ipv4",
  ],
  [
    "IPv6 beside IPv4",
    "0000000012345678 0000000023456789 0   10  8    5001     0 421 fd00:0005:0000:0000:0000:0000:0000:0001 10.5.0.1 ",
    ["fd00:5::1", "10.5.0.1"],
    "ipv6",
  ],
];
test.each(rows)("a row has %s", (_, row, texts, socketFamily) => {
  const [socket] = parseSctpEndpoints(`${HEADER}${row}\n`);
  expect(socket?.addresses.map(({ text }) => text)).toEqual([...texts]);
  expect(socket).toMatchObject({ socketFamily, state: 10, port: 5001, uid: 0, inode: 421 });
});

test.each([
  ["no rows", HEADER],
  [
    "a row without an address",
    `${HEADER}0000000012345678 0000000023456789 2   7   8    0     0 421\n`,
  ],
  ["nothing", ""],
])("%s is no socket", (_, text) => {
  expect(parseSctpEndpoints(text)).toEqual([]);
});
