// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  decodePacketSocket,
  decodeUnixSocket,
  decodeVsockSocket,
  decodeXdpSocket,
  readPacketSockets,
  readUnixSockets,
  readVsockSockets,
  readXdpSockets,
} from "../../../src/linux/netlink/family-diag.ts";
import { NETLINK_SOCK_DIAG, NetlinkSocket } from "../../../src/linux/netlink/socket.ts";
import { recordedKernel } from "./recorded-kernel.ts";
import {
  decodeRecording,
  FIXTURES,
  readRecording,
  RECORDED,
  viewOfHex,
  wholeMessage,
} from "./recording.ts";

const LISTEN_AND_CLOSE = (1 << 10) | (1 << 7);

type Read = (netlink: NetlinkSocket) => { readonly sockets: readonly unknown[] };

describe("a request", () => {
  /** Struct fields, in the order of the kernel's headers. */
  const requests: readonly (readonly [string, Read, readonly string[]])[] = [
    [
      "struct packet_diag_req: family, protocol, pad, ino, show, cookie",
      readPacketSockets,
      ["11", "00", "0000", "00000000", "01000000", "0000000000000000"],
    ],
    [
      "struct xdp_diag_req: family, protocol, pad, ino, show, cookie",
      readXdpSockets,
      ["2c", "00", "0000", "00000000", "01000000", "0000000000000000"],
    ],
    [
      "struct vsock_diag_req: family, protocol, pad, states, ino, show, cookie",
      readVsockSockets,
      ["28", "00", "0000", "ffffffff", "00000000", "00000000", "0000000000000000"],
    ],
    [
      "struct unix_diag_req: family, protocol, pad, states, ino, show, cookie",
      (netlink) => readUnixSockets(netlink, LISTEN_AND_CLOSE),
      ["01", "00", "0000", "80040000", "00000000", "43000000", "0000000000000000"],
    ],
  ];
  test.each(requests)("is %s", (_, read, fields) => {
    const { datagrams } = readRecording(RECORDED, "packet");
    const { libc, requests: sent } = recordedKernel([datagrams.slice(-1)]);
    using netlink = new NetlinkSocket(libc, NETLINK_SOCK_DIAG);
    read(netlink);
    const [type, flags] = ["1400", "0103"];
    const request = sent[0]?.toString("hex") ?? "";
    expect(request.slice(8, 16)).toBe(type + flags);
    expect(request.slice(32)).toBe(fields.join(""));
  });

  const recorded: readonly (readonly [string, string, Read, number])[] = [
    [RECORDED, "packet", readPacketSockets, 2],
    [RECORDED, "unix", (netlink) => readUnixSockets(netlink, LISTEN_AND_CLOSE), 6],
    [FIXTURES, "packet", readPacketSockets, 3],
    [FIXTURES, "vsock", readVsockSockets, 4],
    [FIXTURES, "xdp", readXdpSockets, 1],
  ];
  test.each(recorded)("%s/%s is what the kernel answered", (directory, name, read, count) => {
    const { request, datagrams } = readRecording(directory, name);
    const { libc, requests: sent } = recordedKernel([datagrams]);
    using netlink = new NetlinkSocket(libc, NETLINK_SOCK_DIAG);
    expect(read(netlink).sockets).toHaveLength(count);
    expect(sent.map((bytes) => bytes.subarray(16).toString("hex"))).toEqual([request]);
  });
});

describe("a packet socket", () => {
  test("has its ethertype in host order, and 0 for no device", () => {
    expect(decodeRecording(RECORDED, "packet", decodePacketSocket)).toEqual([
      { type: 3, ethertype: 0x0003, interfaceIndex: 0, uid: 0, inode: 3881208 },
      { type: 2, ethertype: 0x0806, interfaceIndex: 4, uid: 0, inode: 3881209 },
    ]);
  });

  test("that takes nothing has ethertype 0", () => {
    const ethertypes = decodeRecording(FIXTURES, "packet", decodePacketSocket).map(
      ({ ethertype }) => ethertype,
    );
    expect(ethertypes).toContain(0);
  });
});

test("a VSOCK socket has its CID and port in host order, and its state", () => {
  const ANY = 0xffffffff;
  const sockets = decodeRecording(FIXTURES, "vsock", decodeVsockSocket);
  expect(sockets.map(({ type, state, cid, port }) => [type, state, cid, port])).toEqual([
    [5, 10, ANY, 5020],
    [1, 10, 1, 5021],
    [1, 7, ANY, 5023],
    [1, 10, ANY, 22],
  ]);
});

test("an AF_XDP socket has its interface and queue", () => {
  const [socket] = decodeRecording(FIXTURES, "xdp", decodeXdpSocket);
  expect(socket).toEqual({ interfaceIndex: 2, queue: 0, uid: 0, inode: socket?.inode ?? 0 });
});

describe("a UNIX socket", () => {
  test("has path, abstract name or none", () => {
    const sockets = decodeRecording(RECORDED, "unix", decodeUnixSocket);
    expect(sockets.map(({ type, state, name }) => [type, state, name])).toEqual([
      [1, 10, "control.sock"],
      [2, 7, "caf\udce9\n.sock"],
      [5, 10, "seq"],
      [2, 7, null],
      [2, 7, "\0"],
      [1, 10, "\0abstract\0two"],
    ]);
  });

  test("has the inode of its file only where there is one", () => {
    const sockets = decodeRecording(RECORDED, "unix", decodeUnixSocket);
    const files = sockets.filter(({ fileInode }) => fileInode !== null).map(({ name }) => name);
    expect(files).toEqual(["control.sock", "caf\udce9\n.sock", "seq"]);
  });

  test.each([
    ["ends at its first NUL", "0b00 0000 2f7275 6e 00 6162 00", "/run"],
    ["may fill its attribute", "0800 0000 2f72756e", "/run"],
  ])("path %s", (_, attribute, name) => {
    const view = viewOfHex(`01 01 0a 00 2a000000 00000000 00000000 ${attribute}`);
    expect(decodeUnixSocket(view, wholeMessage(view))?.name).toBe(name);
  });

  test("has no uid where the kernel is too old to tell", () => {
    const view = viewOfHex("01 01 0a 00 2a000000 00000000 00000000");
    expect(decodeUnixSocket(view, wholeMessage(view))?.uid).toBeNull();
  });
});

describe("an answer that is too short is no socket", () => {
  const decoders = [
    ["packet", decodePacketSocket, 16],
    ["vsock", decodeVsockSocket, 32],
    ["xdp", decodeXdpSocket, 16],
    ["unix", decodeUnixSocket, 16],
  ] as const;
  test.each(decoders)("%s", (_, decode, length) => {
    for (let size = 0; size < length; size++) {
      const view = new DataView(new ArrayBuffer(size));
      expect(decode(view, wholeMessage(view))).toBeNull();
    }
    const view = new DataView(new ArrayBuffer(length));
    expect(decode(view, wholeMessage(view))).not.toBeNull();
  });
});

describe("an attribute that is too short counts as missing", () => {
  test("packet", () => {
    const view = viewOfHex("11 03 0300 2a000000 0000000000000000 0700 0000 01020300 0400 0500");
    const socket = decodePacketSocket(view, wholeMessage(view));
    expect(socket).toEqual({ type: 3, ethertype: 3, interfaceIndex: 0, uid: 0, inode: 42 });
  });

  test("xdp", () => {
    const view = viewOfHex("2c 03 0000 2a000000 0000000000000000 0800 0100 02000000 0400 0200");
    const socket = decodeXdpSocket(view, wholeMessage(view));
    expect(socket).toEqual({ interfaceIndex: 0, queue: 0, uid: 0, inode: 42 });
  });

  test("unix", () => {
    const view = viewOfHex("01 01 0a 00 2a000000 0000000000000000 0800 0100 02000000 0400 0700");
    const socket = decodeUnixSocket(view, wholeMessage(view));
    expect(socket).toMatchObject({ name: null, fileInode: null, uid: null });
  });
});
