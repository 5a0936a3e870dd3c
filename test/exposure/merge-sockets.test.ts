// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { type EndpointDraft, mergeSockets } from "../../src/exposure/endpoints.ts";
import type { FoundSocket } from "../../src/exposure/found-socket.ts";
import type { Endpoint, Protocol, UnixAddress } from "../../src/exposure/model.ts";
import { onIpv6, socket } from "./build-socket.ts";

function merge(
  sockets: readonly FoundSocket[],
  clientReasonOf: (socket: FoundSocket) => Endpoint["clientReason"] = () => null,
): readonly EndpointDraft[] {
  return mergeSockets(sockets, (index) => `eth${index}`, clientReasonOf);
}

function path(name: string, abstract = false): UnixAddress {
  return { name, abstract, mode: null, uid: null, gid: null };
}

describe("the id of an endpoint", () => {
  const VM = { type: "stream", port: 22 } as const;
  const ids: readonly (readonly [string, Protocol, Partial<FoundSocket>])[] = [
    ["tcp:0.0.0.0:80", "tcp", {}],
    ["tcp:[::]:80", "tcp", onIpv6()],
    ["udp:0.0.0.0%eth2:68", "udp", { port: 68, interfaceIndex: 2 }],
    [
      "udp:[ff02::fb]%eth2:5353",
      "udp",
      onIpv6({ addresses: ["ff02::fb"], port: 5353, interfaceIndex: 2 }),
    ],
    ["sctp:10.0.0.1,[fd00::1]:5001", "sctp", { addresses: ["10.0.0.1", "fd00::1"], port: 5001 }],
    ["raw:0.0.0.0:89", "raw", { port: 89 }],
    ["packet:*:0x0003", "packet", { port: 3 }],
    ["packet:eth2:0x88cc", "packet", { port: 0x88cc, interfaceIndex: 2 }],
    ["xdp:eth2:7", "xdp", { port: 7, interfaceIndex: 2 }],
    ["xdp:*:*", "xdp", { port: null }],
    ["vsock-stream:any:22", "vsock", { ...VM, vsockCid: "any" }],
    ["vsock-stream:3:22", "vsock", { ...VM, vsockCid: 3 }],
    ["vsock:?#7", "vsock", { port: null, type: null, inode: 7 }],
    ["rfcomm:AA:BB:CC:DD:EE:FF:3", "rfcomm", { addresses: ["AA:BB:CC:DD:EE:FF"], port: 3 }],
    ["rfcomm:*:3", "rfcomm", { addresses: ["00:00:00:00:00:00"], port: 3 }],
    ["rfcomm:*:*", "rfcomm", { port: null }],
    ["hci:*:0", "hci", { port: 0 }],
    ["unix-stream:/run/a.sock", "unix", { unix: path("/run/a.sock"), inode: 7 }],
    ["unix-dgram:@abstract", "unix", { unix: path("abstract", true), type: "dgram", inode: 7 }],
  ];
  test.each(ids)("is %s", (id, protocol, parts) => {
    expect(merge([socket(protocol, parts)]).map((draft) => draft.id)).toEqual([id]);
  });

  test("says why a socket is a client", () => {
    const drafts = merge([socket("udp", { connected: true })], () => "connected");
    expect(drafts).toMatchObject([{ id: "udp:0.0.0.0:80#connected", clientReason: "connected" }]);
  });
});

describe("sockets", () => {
  test("with one bind are one endpoint, in their order", () => {
    const drafts = merge([
      socket("tcp", { inode: 3 }),
      socket("tcp", { inode: 1 }),
      socket("tcp", { inode: 2 }),
    ]);
    expect(drafts.map(({ sockets }) => sockets.map(({ inode }) => inode))).toEqual([[3, 1, 2]]);
  });

  const others: readonly (readonly [string, Protocol, Partial<FoundSocket>])[] = [
    ["protocol", "mptcp", {}],
    ["address", "tcp", { addresses: ["10.0.0.1"] }],
    ["family", "tcp", onIpv6()],
    ["port", "tcp", { port: 81 }],
    ["device", "tcp", { interfaceIndex: 2 }],
  ];
  test.each(others)("of another %s are another endpoint", (_, protocol, parts) => {
    expect(merge([socket("tcp"), socket(protocol, parts)])).toHaveLength(2);
  });

  test("of a client are apart from those of a service", () => {
    const sockets = [socket("udp"), socket("udp", { connected: true })];
    const drafts = merge(sockets, ({ connected }) => (connected ? "connected" : null));
    expect(drafts.map(({ clientReason }) => clientReason)).toEqual([null, "connected"]);
  });

  test("whose port is not known are apart, as they may be different ones", () => {
    const sockets = [1, 2].map((inode) => socket("vsock", { port: null, inode }));
    expect(merge(sockets)).toHaveLength(2);
  });

  // Two mount namespaces, or a path that was removed and bound again.
  test("on one path that are different files are apart", () => {
    const unix = path("/run/a.sock");
    const sockets = [1, 2].map((inode) => socket("unix", { unix, inode, fileInode: inode + 100 }));
    expect(merge(sockets)).toHaveLength(2);
  });

  test("that are none are no endpoint", () => {
    expect(merge([])).toEqual([]);
  });
});
