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

const any = (family: "inet" | "inet6", type: "stream" | "dgram", port: number): SocketSpec => ({
  family,
  type,
  bind: [family === "inet" ? "0.0.0.0" : "::", port],
});

const SOCKETS = {
  tcpDual: { ...any("inet6", "stream", 8080), v6only: false },
  tcpOnly: { ...any("inet6", "stream", 8081), v6only: true },
  tcp4: any("inet", "stream", 8082),
  udpDual: { ...any("inet6", "dgram", 8080), v6only: false },
  udpOnly: { ...any("inet6", "dgram", 8081), v6only: true },
  udp4: any("inet", "dgram", 8082),
} as const;
type Name = keyof typeof SOCKETS;
const NAMES = Object.keys(SOCKETS) as Name[];

/** Address of ours -> how a peer names it. */
const TARGETS: Readonly<Record<string, string>> = {
  "10.9.0.1": "10.9.0.1",
  "fd00:9::1": "fd00:9::1",
  "fe80::1": "fe80::1%p0",
  "10.8.0.1": "10.8.0.1",
};

describePrivileged("2. a wildcard IPv6 bind takes IPv4 peers unless it is V6ONLY", () => {
  let here: NetworkNamespace;
  let peer: NetworkNamespace;
  let actor: Actor;
  let report: ExposureReport;
  let kernel: Map<number, KernelSocket>;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    peer = await openNetworkNamespace();
    connect(here, "both", peer, "p0");
    connect(here, "only4", peer, "p4");
    here.run("sysctl", "-qw", "net.ipv6.conf.only4.disable_ipv6=1");
    here.run("sysctl", "-qw", "net.ipv6.conf.both.addr_gen_mode=1");
    here.ip(
      "address flush dev both",
      "address add 10.9.0.1/24 dev both",
      "address add fd00:9::1/64 dev both nodad",
      "address add fe80::1/64 dev both nodad",
      "address add 10.8.0.1/24 dev only4",
    );
    peer.ip(
      "address add 10.9.0.2/24 dev p0",
      "address add fd00:9::2/64 dev p0 nodad",
      "address add 10.8.0.2/24 dev p4",
    );
    actor = await startActor(here, { sockets: NAMES.map((name) => SOCKETS[name]) });
    kernel = readKernelSockets(here);
    report = readReport(here);
  });

  afterAll(() => {
    actor?.stop();
    here?.close();
    peer?.close();
  });

  const inodeOf = (name: Name): number => actor.inodes[NAMES.indexOf(name)]!;
  const endpoint = (name: Name): Endpoint => endpointOf(report, inodeOf(name));

  /** Where peers get through, found by trying each address. */
  function addressesThatAnswer(name: Name): string[] {
    const { type, bind } = SOCKETS[name];
    const port = Number(bind?.[1]);
    return Object.entries(TARGETS)
      .filter(([, target]) =>
        type === "stream"
          ? connects(peer, target, port)
          : delivers(peer, here, inodeOf(name), target, port),
      )
      .map(([address]) => address)
      .sort();
  }

  function addressesReported(name: Name): string[] {
    return endpoint(name)
      .reach.filter((each) => each.plane === "inet-external" && each.state === "reachable")
      .flatMap((each) => each.addresses)
      .sort();
  }

  test("v6only is what the kernel's INET_DIAG_SKV6ONLY says, and null for IPv4", () => {
    for (const name of NAMES) {
      expect([name, endpoint(name).bind.v6only]).toEqual([name, kernel.get(inodeOf(name))!.v6only]);
    }
    expect(endpoint("tcpDual").bind.v6only).toBe(false);
    expect(endpoint("udpOnly").bind.v6only).toBe(true);
    expect(endpoint("tcp4").bind.v6only).toBeNull();
  });

  for (const name of NAMES) {
    test(`${name}: the addresses shown as reachable are those where peers get through`, () => {
      const answering = addressesThatAnswer(name);
      expect(answering.length).toBeGreaterThan(0);
      expect(addressesReported(name)).toEqual(answering);
    });
  }

  test("on an interface that has only IPv4, dual stack is reachable and V6ONLY is not", () => {
    for (const [name, expected] of [
      ["tcpDual", ["10.8.0.1"]],
      ["udpDual", ["10.8.0.1"]],
      ["tcpOnly", []],
      ["udpOnly", []],
    ] as const) {
      const reach = endpoint(name).reach.filter((each) => each.interface === "only4");
      expect([name, reach.flatMap((each) => each.addresses)]).toEqual([name, [...expected]]);
    }
  });

  test("all of them are wildcard binds", () => {
    for (const name of NAMES) {
      expect(endpoint(name).bind.wildcard).toBe(true);
      expect(endpoint(name).flags).toContain("wildcard-bind");
    }
  });
});
