// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  buildEndpoint,
  type EndpointEvidence,
  mergeSockets,
  sortEndpoints,
} from "../../src/exposure/endpoints.ts";
import type { FoundSocket } from "../../src/exposure/found-socket.ts";
import type { Endpoint, Process, Protocol } from "../../src/exposure/model.ts";
import type { SocketHolder } from "../../src/linux/procfs/socket-holders.ts";
import {
  buildEndpoint as endpoint,
  buildProcess,
  external,
  onPlane,
} from "../fixtures/reports/build.ts";
import { holder, onIpv6, socket } from "./build-socket.ts";

const UNOWNED = { reason: "no-holder", detail: "nobody", candidates: [] } as const;

function processes(...pids: readonly number[]): ReadonlyMap<number, Process> {
  return new Map(pids.map((pid) => [pid, buildProcess(pid, `p${pid}`, 0, {})]));
}

function evidence(parts: Partial<EndpointEvidence> = {}): EndpointEvidence {
  return {
    holders: new Map(),
    processes: new Map(),
    deviceName: (index) => `eth${index}`,
    reach: ({ v6only }) => [
      external("eth0", v6only === true ? ["fd00::5"] : ["10.0.0.5", "fd00::5"]),
    ],
    reuseport: () => false,
    unowned: () => UNOWNED,
    socketUnit: () => null,
    ...parts,
  };
}

/** Finishes the one endpoint that the sockets are. */
function build(sockets: readonly FoundSocket[], parts: Partial<EndpointEvidence> = {}): Endpoint {
  const known = evidence(parts);
  const drafts = mergeSockets(sockets, known.deviceName, ({ connected }) =>
    connected ? "connected" : null,
  );
  const [built, ...others] = drafts.map((draft) => buildEndpoint(draft, known));
  if (built === null || built === undefined || others.length > 0) throw new Error("not one");
  return built;
}

describe("the owners of an endpoint", () => {
  function ownersOf(
    holders: ReadonlyMap<number, readonly SocketHolder[]>,
    known: readonly number[],
  ): Endpoint["owners"] {
    const sockets = [...holders.keys()].map((inode) => socket("tcp", { inode }));
    return build(sockets, { holders, processes: processes(...known) }).owners;
  }

  test("are sorted by pid, each with the sockets that it holds", () => {
    const holders = new Map([
      [11, [holder(30), holder(4)]],
      [12, [holder(4)]],
    ]);
    expect(ownersOf(holders, [4, 30])).toEqual([
      { pid: 4, tid: null, inodes: [11, 12] },
      { pid: 30, tid: null, inodes: [11] },
    ]);
  });

  test("are only processes that are still there", () => {
    expect(ownersOf(new Map([[11, [holder(4), holder(30)]]]), [30])).toEqual([
      { pid: 30, tid: null, inodes: [11] },
    ]);
  });

  test("name the thread in whose own table the descriptor is", () => {
    expect(ownersOf(new Map([[11, [holder(4, 5)]]]), [4])).toEqual([
      { pid: 4, tid: 5, inodes: [11] },
    ]);
  });

  test("hold a socket once, though two of their tables have it", () => {
    expect(ownersOf(new Map([[11, [holder(4), holder(7), holder(4, 5)]]]), [4, 7])).toEqual([
      { pid: 4, tid: null, inodes: [11] },
      { pid: 7, tid: null, inodes: [11] },
    ]);
  });

  test("leave no reason why there are none", () => {
    const holders = new Map([[1, [holder(4)]]]);
    expect(build([socket("tcp")], { holders, processes: processes(4) }).unowned).toBeNull();
  });

  test("are none for a reason", () => {
    expect(build([socket("tcp")]).unowned).toEqual(UNOWNED);
  });
});

describe("a bind", () => {
  const binds: readonly (readonly [
    string,
    Protocol,
    Partial<FoundSocket>,
    boolean,
    string | null,
  ])[] = [
    ["to 0.0.0.0 is wildcard", "tcp", {}, true, null],
    ["to [::] is wildcard", "tcp", onIpv6(), true, null],
    ["to an address is not", "tcp", { addresses: ["10.0.0.5"] }, false, null],
    ["to a device says so", "udp", { interfaceIndex: 2 }, true, "eth2"],
    ["of a packet socket is no wildcard", "packet", { interfaceIndex: 2 }, false, "eth2"],
    [
      "of an AF_XDP socket is where it is, not what it is bound to",
      "xdp",
      { interfaceIndex: 2 },
      false,
      null,
    ],
    [
      "to every Bluetooth adapter is wildcard",
      "rfcomm",
      { addresses: ["00:00:00:00:00:00"] },
      true,
      null,
    ],
    [
      "to one Bluetooth adapter is not",
      "rfcomm",
      { addresses: ["AA:BB:CC:DD:EE:FF"] },
      false,
      null,
    ],
    ["of a Bluetooth socket that is not known is not", "rfcomm", {}, false, null],
    ["to any CID is not", "vsock", { vsockCid: "any" }, false, null],
  ];
  test.each(binds)("%s", (_, protocol, parts, wildcard, device) => {
    expect(build([socket(protocol, parts)]).bind).toMatchObject({ wildcard, device });
  });

  test("that IPv6-only and dual-stack sockets share takes IPv4 too", () => {
    for (const choices of [
      [true, false],
      [false, true],
    ]) {
      const built = build(
        choices.map((v6only, at) => socket("tcp", onIpv6({ v6only, inode: at }))),
      );
      expect(built.bind.v6only).toBe(false);
      expect(built.reach.flatMap(({ addresses }) => addresses)).toContain("10.0.0.5");
    }
  });
});

describe("an endpoint", () => {
  test("of a client is reached from nowhere", () => {
    const built = build([socket("udp", { connected: true })]);
    expect(built).toMatchObject({ role: "client", clientReason: "connected", reach: [] });
  });

  test("of a service is reached from where its socket is", () => {
    const reach = [external("eth0", ["10.0.0.5"])];
    const built = build([socket("tcp")], { reach: () => reach });
    expect(built).toMatchObject({ role: "service", clientReason: null, reach });
  });

  test("has the inode and creator of each socket", () => {
    const sockets = [socket("tcp", { inode: 5, uid: 33 }), socket("tcp", { inode: 6, uid: null })];
    expect(build(sockets).sockets).toEqual([
      { inode: 5, uid: 33 },
      { inode: 6, uid: null },
    ]);
  });

  test("has a privileged owner when one of several is", () => {
    const known = new Map(processes(4, 7));
    known.set(9, buildProcess(9, "p9", 0, { privilegedCaps: true }));
    const holders = new Map([[1, [holder(4), holder(7), holder(9)]]]);
    expect(build([socket("tcp")], { holders, processes: known }).flags).toEqual([
      "wildcard-bind",
      "privileged-caps",
    ]);
  });

  test("asks for the socket unit with its owners", () => {
    const unit = { unit: "a.socket", activates: "a.service" };
    const built = build([socket("tcp")], {
      holders: new Map([[1, [holder(1)]]]),
      processes: processes(1),
      socketUnit: (_, owners) => (owners[0]?.pid === 1 ? unit : null),
    });
    expect(built.socketUnit).toEqual(unit);
  });

  test("without sockets is none", () => {
    const draft = { id: "x", sockets: [], clientReason: null };
    expect(buildEndpoint(draft, evidence())).toBeNull();
  });
});

describe("endpoints are sorted", () => {
  const ON_ETH0 = { reach: [external("eth0", ["10.0.0.5"])] };
  const bind = { addresses: ["10.0.0.5"], wildcard: false, device: null, v6only: null };
  const sorted: readonly Endpoint[] = [
    endpoint("tcp", 443, 1, [], { ...ON_ETH0 }),
    endpoint("tcp", 1024, 2, [], { ...ON_ETH0 }),
    endpoint("tcp", 22, 3, [], { ...ON_ETH0, bind }),
    endpoint("tcp", 22, 4, [], { ...ON_ETH0, family: "ipv6" }),
    endpoint("udp", 53, 5, [], { ...ON_ETH0 }),
    endpoint("udp", 53, 6, [], { ...ON_ETH0 }),
    endpoint("tcp", 22, 7, [], { reach: onPlane("inet-loopback", "lo") }),
    endpoint("packet", 3, 8, [], { family: null, reach: onPlane("link-layer", "eth0") }),
    endpoint("vsock", null, 9, [], { family: null, reach: onPlane("vsock", null) }),
    endpoint("vsock", 22, 10, [], { family: null, reach: onPlane("vsock", null) }),
    endpoint("tcp", 1, 11, [], { role: "client", reach: [] }),
  ];

  test("by plane, protocol, family, address with wildcards first, port and id", () => {
    expect(sortEndpoints(sorted.toReversed()).map(({ id }) => id)).toEqual(
      sorted.map(({ id }) => id),
    );
  });

  test("alike from whatever order", () => {
    const shuffled = [...sorted.slice(5), ...sorted.slice(0, 5)];
    expect(sortEndpoints(shuffled)).toEqual(sorted);
  });
});
