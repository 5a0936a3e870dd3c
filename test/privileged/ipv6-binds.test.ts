// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Endpoint, ExposureReport } from "../../src/exposure/model.ts";
import { type Actor, type SocketSpec, startActor } from "./harness/actor.ts";
import { endpointOf, readReport } from "./harness/capscope.ts";
import { type KernelSocket, readKernelSockets } from "./harness/kernel.ts";
import { connects, delivers } from "./harness/knock.ts";
import {
  connect,
  type NetworkNamespace,
  openNetworkNamespace,
} from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";

const LOOPBACK = 8001;
const LINK_LOCAL = 8002;
const UNIQUE_LOCAL = 8003;
const GLOBAL = 8004;
const MAPPED = 8005;
const MAPPED_WILDCARD = 8006;
const MAPPED_LOOPBACK = 8007;
const JOINED = 5353;
const NOT_JOINED = 5354;
const JOINED_V4 = 5355;
const NOT_JOINED_V4 = 5356;
const MAPPED_UDP = 5357;

const listener = (address: string, port: number): SocketSpec => ({
  family: "inet6",
  type: "stream",
  bind: [address, port],
});

const SOCKETS: readonly SocketSpec[] = [
  listener("::1", LOOPBACK),
  listener("fe80::1%v0", LINK_LOCAL),
  listener("fd00:9::1", UNIQUE_LOCAL),
  listener("2620:fe::9", GLOBAL),
  listener("::ffff:10.9.0.1", MAPPED),
  listener("::ffff:0.0.0.0", MAPPED_WILDCARD),
  listener("::ffff:127.0.0.1", MAPPED_LOOPBACK),
  {
    family: "inet6",
    type: "dgram",
    bind: ["ff02::fb%v0", JOINED],
    join: { group: "ff02::fb", interface: "v0" },
  },
  { family: "inet6", type: "dgram", bind: ["ff05::1234", NOT_JOINED] },
  {
    family: "inet",
    type: "dgram",
    bind: ["224.0.0.251", JOINED_V4],
    join: { group: "224.0.0.251", interface: "v0" },
  },
  { family: "inet", type: "dgram", bind: ["239.1.2.3", NOT_JOINED_V4] },
  { family: "inet6", type: "dgram", bind: ["::ffff:10.9.0.1", MAPPED_UDP] },
];

describePrivileged("1. IPv6 binds decode right", () => {
  let here: NetworkNamespace;
  let peer: NetworkNamespace;
  let actor: Actor;
  let report: ExposureReport;
  let kernel: Map<number, KernelSocket>;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    peer = await openNetworkNamespace();
    connect(here, "v0", peer, "p0");
    here.ip(
      "address add 10.9.0.1/24 dev v0",
      "address add fe80::1/64 dev v0 nodad",
      "address add fd00:9::1/64 dev v0 nodad",
      "address add 2620:fe::9/64 dev v0 nodad",
    );
    peer.ip(
      "address add 10.9.0.2/24 dev p0",
      "address add fd00:9::2/64 dev p0 nodad",
      "address add 2620:fe::a/64 dev p0 nodad",
    );
    actor = await startActor(here, { sockets: SOCKETS });
    kernel = readKernelSockets(here);
    report = readReport(here);
  });

  afterAll(() => {
    actor?.stop();
    here?.close();
    peer?.close();
  });

  const inodeOn = (port: number): number =>
    actor.inodes[SOCKETS.findIndex((spec) => spec.bind?.[1] === port)]!;
  const endpointOn = (port: number): Endpoint => endpointOf(report, inodeOn(port));

  test("every bind has the address, device, port and uid that the kernel names", () => {
    for (const inode of actor.inodes) {
      const endpoint = endpointOf(report, inode);
      const truth = kernel.get(inode)!;
      expect({
        address: endpoint.bind.addresses,
        device: endpoint.bind.device,
        port: endpoint.port,
        uid: endpoint.sockets[0]?.uid,
        owner: endpoint.owners.map((owner) => owner.pid),
      }).toEqual({
        address: [truth.address.replace(/^::ffff:/, "")],
        device: truth.device,
        port: truth.port,
        uid: truth.uid,
        owner: [actor.pid],
      });
    }
  });

  test("::1 is on the loopback plane and no peer gets through", () => {
    expect(endpointOn(LOOPBACK).reach).toEqual([
      {
        plane: "inet-loopback",
        interface: "lo",
        state: "reachable",
        addresses: ["::1"],
        scope: "loopback",
      },
    ]);
    expect(connects(peer, "fd00:9::1", LOOPBACK)).toBe(false);
    expect(connects(here, "::1", LOOPBACK)).toBe(true);
  });

  test("a link-local bind is reachable on the interface of its scope id", () => {
    const { bind, reach } = endpointOn(LINK_LOCAL);
    expect(bind.device).toBe("v0");
    expect(reach).toEqual([
      {
        plane: "inet-external",
        interface: "v0",
        state: "reachable",
        addresses: ["fe80::1"],
        scope: "link-local",
      },
    ]);
    expect(connects(peer, "fe80::1%p0", LINK_LOCAL)).toBe(true);
  });

  test("a unique local address is private, a global one public", () => {
    for (const [port, address, scope] of [
      [UNIQUE_LOCAL, "fd00:9::1", "private"],
      [GLOBAL, "2620:fe::9", "public"],
    ] as const) {
      expect(endpointOn(port).reach).toEqual([
        {
          plane: "inet-external",
          interface: "v0",
          state: "reachable",
          addresses: [address],
          scope,
        },
      ]);
      expect(connects(peer, address, port)).toBe(true);
    }
  });

  test("a multicast bind is reachable where its group is joined", () => {
    for (const [port, group, target] of [
      [JOINED, "ff02::fb", "ff02::fb%p0"],
      [JOINED_V4, "224.0.0.251", "224.0.0.251"],
    ] as const) {
      if (group === "224.0.0.251") peer.ip("route replace 224.0.0.0/4 dev p0");
      const { reach, bind } = endpointOn(port);
      expect(bind.addresses).toEqual([group]);
      expect(reach).toHaveLength(1);
      expect(reach[0]).toMatchObject({
        plane: "inet-external",
        interface: "v0",
        state: "reachable",
        scope: "multicast",
      });
      expect(delivers(peer, here, inodeOn(port), target, port)).toBe(true);
    }
  });

  test("a multicast bind whose group nobody joined is shown as not joined", () => {
    peer.ip("route replace 224.0.0.0/4 dev p0");
    for (const [port, target] of [
      [NOT_JOINED, "ff05::1234"],
      [NOT_JOINED_V4, "239.1.2.3"],
    ] as const) {
      const { reach } = endpointOn(port);
      expect(reach.length).toBeGreaterThan(0);
      expect(reach.map((each) => each.state)).toEqual(reach.map(() => "not-joined"));
      expect(delivers(peer, here, inodeOn(port), target, port)).toBe(false);
    }
  });

  test("a v4-mapped bind is an IPv4 endpoint of that address", () => {
    for (const port of [MAPPED, MAPPED_UDP]) {
      const endpoint = endpointOn(port);
      expect(kernel.get(inodeOn(port))?.address).toBe("::ffff:10.9.0.1");
      expect(endpoint.family).toBe("ipv4");
      expect(endpoint.bind.addresses).toEqual(["10.9.0.1"]);
      expect(endpoint.reach).toMatchObject([
        { plane: "inet-external", interface: "v0", addresses: ["10.9.0.1"], scope: "private" },
      ]);
    }
    expect(connects(peer, "10.9.0.1", MAPPED)).toBe(true);
    expect(delivers(peer, here, inodeOn(MAPPED_UDP), "10.9.0.1", MAPPED_UDP)).toBe(true);
  });

  test("::ffff:0.0.0.0 is the IPv4 wildcard: on every IPv4 address, on no IPv6 one", () => {
    const endpoint = endpointOn(MAPPED_WILDCARD);
    expect(endpoint.family).toBe("ipv4");
    expect(endpoint.bind).toMatchObject({ addresses: ["0.0.0.0"], wildcard: true });
    expect(endpoint.flags).toContain("wildcard-bind");
    expect(endpoint.reach.filter((each) => each.interface === "v0")).toMatchObject([
      { state: "reachable", addresses: ["10.9.0.1"] },
    ]);
    expect(connects(peer, "10.9.0.1", MAPPED_WILDCARD)).toBe(true);
    expect(connects(peer, "fd00:9::1", MAPPED_WILDCARD)).toBe(false);
  });

  test("::ffff:127.0.0.1 is on the loopback plane", () => {
    expect(endpointOn(MAPPED_LOOPBACK)).toMatchObject({
      family: "ipv4",
      reach: [{ plane: "inet-loopback", interface: "lo", addresses: ["127.0.0.1"] }],
    });
    expect(connects(here, "127.0.0.1", MAPPED_LOOPBACK)).toBe(true);
  });
});
