// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  parseBluetoothTable,
  parseInetTable,
  parsePacketTable,
} from "../../../src/linux/procfs/net-tables.ts";
import { readFixture } from "./fixtures.ts";

/** FAMILY ADDRESS PORT STATE and what is special, sorted. */
function sockets(table: string): readonly string[] {
  return parseInetTable(readFixture(`net/${table}`), table.endsWith("6") ? "ipv6" : "ipv4")
    .map(({ socketFamily, addresses, port, state, uid, connected }) =>
      [
        `${socketFamily} ${addresses.map(({ text }) => text).join(",")} ${port} ${state}`,
        uid === 0 ? "" : ` uid ${uid}`,
        connected ? " connected" : "",
      ].join(""),
    )
    .toSorted();
}

describe("an inet table", () => {
  /** As ss(8) showed the sockets while the tables were recorded. */
  const tables: readonly (readonly [string, readonly string[]])[] = [
    [
      "tcp",
      [
        "ipv4 0.0.0.0 80 10",
        "ipv4 10.7.0.1 8443 10 uid 1000",
        "ipv4 10.7.0.1 8445 10",
        "ipv4 127.0.0.1 8080 10",
      ],
    ],
    [
      "tcp6",
      [
        "ipv6 10.7.0.1 81 10",
        "ipv6 :: 443 10",
        "ipv6 ::1 8081 10",
        "ipv6 fe80::dc56:60ff:feee:c06 546 10",
      ],
    ],
    [
      "udp",
      [
        "ipv4 0.0.0.0 68 7",
        "ipv4 10.7.0.1 40000 1 connected",
        "ipv4 127.0.0.53 53 7",
        "ipv4 224.0.0.251 5353 7",
      ],
    ],
    ["udp6", ["ipv6 :: 5353 7", "ipv6 fd00:7::1 40001 1 connected", "ipv6 ff02::fb 5355 7"]],
    ["raw", ["ipv4 0.0.0.0 1 7", "ipv4 10.7.0.1 255 1 connected", "ipv4 10.7.0.1 89 7"]],
    ["raw6", ["ipv6 :: 58 7", "ipv6 fd00:7::1 103 7"]],
    ["icmp", ["ipv4 10.7.0.1 7777 7"]],
    ["icmp6", ["ipv6 :: 7778 7"]],
  ];
  test.each(tables)("%s has the sockets that were there", (table, expected) => {
    expect(sockets(table)).toEqual(expected);
  });

  test("tells neither the device nor whether a socket is IPv6 only", () => {
    for (const socket of parseInetTable(readFixture("net/tcp6"), "ipv6")) {
      expect(socket).toMatchObject({ interfaceIndex: null, v6only: null, upperLayer: null });
    }
  });

  test("has decimal inodes", () => {
    const inodes = parseInetTable(readFixture("net/icmp"), "ipv4").map(({ inode }) => inode);
    expect(inodes).toEqual([4318217]);
  });

  test("a v4-mapped address is the IPv4 address", () => {
    const mapped = parseInetTable(readFixture("net/tcp6"), "ipv6").find(({ port }) => port === 81);
    expect(mapped?.addresses).toEqual([{ family: "ipv4", text: "10.7.0.1" }]);
  });

  test.each([
    ["nothing", ""],
    ["its header alone", "  sl  local_address rem_address   st\n"],
    ["an empty line", "header\n\n"],
    ["an address of another length", "header\n 0: 0100007:0050 00000000:0000 0A 0:0 0:0 0 0 0 7\n"],
    ["a column that is no address", "header\n 0: zzzzzzzz:0050 00000000:0000 0A 0:0 0:0 0 0 0 7\n"],
  ])("with %s has no sockets", (_, text) => {
    expect(parseInetTable(text, "ipv4")).toEqual([]);
  });

  test("a line that ends before its inode is left out", () => {
    expect(parseInetTable("header\n 0: 0100007F:0050 00000000:0000 0A\n", "ipv4")).toEqual([]);
  });

  test("takes the columns after long slot numbers", () => {
    const line = "131071: 0100007F:0050 00000000:0000 0A 0:0 0:0 0 65534 0 4294967295 1";
    const [socket] = parseInetTable(`header\n${line}`, "ipv4");
    expect(socket).toMatchObject({ port: 80, uid: 65534, inode: 4294967295 });
  });
});

describe("the packet table", () => {
  test("has hexadecimal ethertypes, and 0 for no device", () => {
    expect(parsePacketTable(readFixture("net/packet"))).toEqual([
      { type: 3, ethertype: 0x0003, interfaceIndex: 0, uid: 0, inode: 3881208 },
      { type: 2, ethertype: 0x0806, interfaceIndex: 4, uid: 0, inode: 3881209 },
    ]);
  });

  test("without sockets is empty", () => {
    expect(parsePacketTable(readFixture("net/packet").split("\n")[0] ?? "")).toEqual([]);
  });
});

describe("a Bluetooth table", () => {
  const HEADER = "sk               RefCnt Rmem   Wmem   User   Inode  Parent\n";

  test("has uid and inode of each socket", () => {
    const rows = [
      "0000000012345678 2      0      0      0      1234   0     ",
      "000000009abcdef0 2      0      0      1000   1235   1234  ",
    ];
    expect(parseBluetoothTable(`${HEADER}${rows.join("\n")}\n`)).toEqual([
      { uid: 0, inode: 1234 },
      { uid: 1000, inode: 1235 },
    ]);
  });

  test("without sockets is empty", () => {
    expect(parseBluetoothTable(HEADER)).toEqual([]);
  });
});
