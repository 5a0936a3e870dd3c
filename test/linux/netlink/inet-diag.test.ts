// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import type { InetSocket } from "../../../src/linux/inet-socket.ts";
import {
  AF_INET,
  AF_INET6,
  decodeInetSocket,
  encodeInetDiagRequest,
} from "../../../src/linux/netlink/inet-diag.ts";
import {
  decodeRecording,
  FIXTURES,
  readRecording,
  RECORDED,
  viewOfHex,
  wholeMessage,
} from "./recording.ts";

const LISTEN = 1 << 10;

function texts(directory: string, name: string): readonly string[] {
  return decodeRecording(directory, name, decodeInetSocket).map(text).toSorted();
}

/** ADDRESS,ADDRESS PORT and what is special: device, uid, IPv6 only or dual, connected. */
function text(socket: InetSocket): string {
  const { addresses, port, interfaceIndex, uid, v6only, connected } = socket;
  return [
    addresses.map((address) => address.text).join(","),
    `${port}`,
    interfaceIndex === 0 ? "" : `%${interfaceIndex}`,
    uid === 0 ? "" : `uid ${uid}`,
    v6only === null ? "" : v6only ? "v6only" : "dual",
    connected ? "connected" : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

describe("a request", () => {
  test("is struct inet_diag_req_v2", () => {
    const bytes = encodeInetDiagRequest({ family: AF_INET6, protocol: 132, states: 0x01020304 });
    const [family, protocol, extension, pad, states] = ["0a", "84", "00", "00", "04030201"];
    const id = "00".repeat(48);
    expect(Buffer.from(bytes).toString("hex")).toBe(
      `${family}${protocol}${extension}${pad}${states}${id}`,
    );
  });

  test("for a protocol above 255 has INET_DIAG_REQ_PROTOCOL instead of the byte", () => {
    const bytes = encodeInetDiagRequest({ family: AF_INET, protocol: 262, states: LISTEN });
    expect(Buffer.from(bytes).toString("hex")).toBe(
      `0200000000040000${"00".repeat(48)}0800030006010000`,
    );
  });

  const recorded = [
    [RECORDED, "tcp-ipv4", AF_INET, 6, LISTEN],
    [RECORDED, "tcp-ipv6", AF_INET6, 6, LISTEN],
    [RECORDED, "udp-ipv4", AF_INET, 17, 0xffff],
    [RECORDED, "mptcp-ipv4", AF_INET, 262, LISTEN],
  ] as const;
  test.each(recorded)("%s/%s is what the kernel answered", (directory, name, ...query) => {
    const [family, protocol, states] = query;
    const bytes = encodeInetDiagRequest({ family, protocol, states });
    expect(Buffer.from(bytes).toString("hex")).toBe(readRecording(directory, name).request);
  });
});

describe("an answer", () => {
  /** Sockets as ss(8) showed them while they were recorded. */
  const recorded: readonly (readonly [string, string, readonly string[]])[] = [
    [
      RECORDED,
      "tcp-ipv4",
      ["0.0.0.0 80 %4", "10.7.0.1 8443 uid 1000", "10.7.0.1 8445", "127.0.0.1 8080"],
    ],
    [
      RECORDED,
      "tcp-ipv6",
      [
        "10.7.0.1 81 dual",
        ":: 443 dual",
        "::1 8081 v6only",
        "fe80::dc56:60ff:feee:c06 546 %4 v6only",
      ],
    ],
    [
      RECORDED,
      "udp-ipv4",
      ["0.0.0.0 68 %4", "10.7.0.1 40000 connected", "127.0.0.53 53", "224.0.0.251 5353"],
    ],
    [
      RECORDED,
      "udp-ipv6",
      [":: 5353 v6only", "fd00:7::1 40001 connected", "ff02::fb 5355 %4 v6only"],
    ],
    [RECORDED, "mptcp-ipv4", ["10.7.0.1 8445"]],
    [FIXTURES, "udplite-ipv4", ["10.5.0.1 5040"]],
    [FIXTURES, "sctp-ipv4", ["0.0.0.0 5003", "10.5.0.1,10.5.1.1 5001"]],
    [FIXTURES, "sctp-ipv6", [":: 5002 dual", "fd00:5::1,10.5.0.1 5004 dual"]],
    [FIXTURES, "raw-ipv4", ["0.0.0.0 1", "0.0.0.0 255", "0.0.0.0 89 %2", "10.5.0.1 47"]],
    [FIXTURES, "raw-ipv6", [":: 58 dual", "::1 103 dual"]],
  ];
  test.each(recorded)("decodes as recorded: %s/%s", (directory, name, sockets) => {
    expect(texts(directory, name)).toEqual(sockets.toSorted());
  });

  test("has the family of the socket, which a v4-mapped address has not", () => {
    const mapped = decodeRecording(RECORDED, "tcp-ipv6", decodeInetSocket).find(
      ({ port }) => port === 81,
    );
    expect(mapped?.socketFamily).toBe("ipv6");
    expect(mapped?.addresses).toEqual([{ family: "ipv4", text: "10.7.0.1" }]);
  });

  test("names the upper layer when asked for it: MPTCP over TCP", () => {
    const [socket] = decodeRecording(FIXTURES, "tcp-ipv6", decodeInetSocket);
    expect(socket?.upperLayer).toBe("mptcp");
  });

  test("has state and inode", () => {
    const [socket] = decodeRecording(RECORDED, "mptcp-ipv4", decodeInetSocket);
    expect(socket?.state).toBe(10);
    expect(socket?.inode).toBe(3881206);
  });
});

/** struct inet_diag_msg of an IPv4 listener on 10.0.0.1:80. */
const LISTENER = [
  ["family, state, timer, retrans", "02 0a 00 00"],
  ["sport, dport", "0050 0000"],
  ["src", "0a000001 00000000 00000000 00000000"],
  ["dst", "00000000 00000000 00000000 00000000"],
  ["if, cookie", "00000000 01000000 00000000"],
  ["expires, rqueue, wqueue", "00000000 00000000 80000000"],
  ["uid, inode", "e8030000 2a000000"],
]
  .map(([, bytes]) => bytes)
  .join(" ");

function decode(attributes: string): InetSocket | null {
  const view = viewOfHex(LISTENER + attributes);
  return decodeInetSocket(view, wholeMessage(view));
}

describe("an answer that is unusual", () => {
  test("decodes without attributes", () => {
    expect(decode("")).toEqual({
      socketFamily: "ipv4",
      state: 10,
      addresses: [{ family: "ipv4", text: "10.0.0.1" }],
      port: 80,
      connected: false,
      interfaceIndex: 0,
      uid: 1000,
      inode: 42,
      v6only: null,
      upperLayer: null,
    });
  });

  test("is no socket when it is too short", () => {
    const view = viewOfHex(LISTENER);
    expect(decodeInetSocket(view, { ...wholeMessage(view), end: 71 })).toBeNull();
  });

  test("is no socket when it is of another family", () => {
    const view = viewOfHex(LISTENER);
    view.setUint8(0, 1);
    expect(decodeInetSocket(view, wholeMessage(view))).toBeNull();
  });

  test.each([
    ["empty", "0400 0c00"],
    ["shorter than a sockaddr_storage", `0c00 0c00 ${"0200 0050 0a000002"}`],
    ["of a family that is no IP", `8400 0c00 ${"01".repeat(128)}`],
  ])("keeps its own address when the list of local ones is %s", (_, attribute) => {
    expect(decode(attribute)?.addresses).toEqual([{ family: "ipv4", text: "10.0.0.1" }]);
  });

  test("is not said to be IPv6 only by an empty attribute", () => {
    expect(decode("0400 0b00")?.v6only).toBeNull();
  });

  test.each([
    ["without a NUL", "0c00 1300 0700 0100 746c73 00", "tls"],
    ["with a NUL", "0c00 1300 0800 0100 746c7300", "tls"],
    ["that is empty", "0800 1300 0400 0100", ""],
  ])("has an upper layer name %s", (_, attribute, name) => {
    expect(decode(attribute)?.upperLayer).toBe(name);
  });
});
