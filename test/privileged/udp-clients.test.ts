// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Endpoint, ExposureReport } from "../../src/exposure/model.ts";
import { type Actor, type SocketSpec, startActor } from "./harness/actor.ts";
import { endpointOf, readReport, runCapscope } from "./harness/capscope.ts";
import { readKernelSockets } from "./harness/kernel.ts";
import {
  connect,
  type NetworkNamespace,
  openNetworkNamespace,
} from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";

/** The namespace's own range, not the usual one: the report must read it. */
const EPHEMERAL = [20000, 20999] as const;

const SOCKETS = {
  connected: {
    family: "inet",
    type: "dgram",
    bind: ["0.0.0.0", 123],
    connect: ["10.9.0.2", 123],
  },
  connected6: { family: "inet6", type: "dgram", connect: ["fd00:9::2", 53] },
  unconnected: { family: "inet", type: "dgram", sendTo: ["10.9.0.2", 53] },
  unconnected6: { family: "inet6", type: "dgram", sendTo: ["fd00:9::2", 53] },
  service: { family: "inet", type: "dgram", bind: ["0.0.0.0", 53] },
  service6: { family: "inet6", type: "dgram", bind: ["::", 5353] },
  outsideRange: { family: "inet", type: "dgram", bind: ["0.0.0.0", 40000] },
  pair4: { family: "inet", type: "dgram", bind: ["0.0.0.0", 20700] },
  pair6: { family: "inet6", type: "dgram", bind: ["::", 20700], v6only: true },
  balanced1: { family: "inet", type: "dgram", bind: ["0.0.0.0", 20800], reusePort: true },
  balanced2: { family: "inet", type: "dgram", bind: ["0.0.0.0", 20800], reusePort: true },
  group: {
    family: "inet",
    type: "dgram",
    bind: ["224.0.0.251", 20900],
    join: { group: "224.0.0.251", interface: "v0" },
  },
  tcpInRange: { family: "inet", type: "stream", bind: ["0.0.0.0", 20500] },
} as const satisfies Record<string, SocketSpec>;
type Name = keyof typeof SOCKETS;
const NAMES = Object.keys(SOCKETS) as Name[];
const CLIENTS: readonly Name[] = ["connected", "connected6", "unconnected", "unconnected6"];
const SERVICES: readonly Name[] = ["service", "service6", "outsideRange", "tcpInRange"];
/** In the ephemeral range, but bound as no client is. */
const CHOSEN: readonly Name[] = ["pair4", "pair6", "balanced1", "balanced2", "group"];

describePrivileged("7. UDP clients are told apart from services", () => {
  let here: NetworkNamespace;
  let peer: NetworkNamespace;
  let actor: Actor;
  let report: ExposureReport;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    peer = await openNetworkNamespace();
    connect(here, "v0", peer, "p0");
    here.run("sysctl", "-qw", `net.ipv4.ip_local_port_range=${EPHEMERAL.join(" ")}`);
    here.ip("address add 10.9.0.1/24 dev v0", "address add fd00:9::1/64 dev v0 nodad");
    peer.ip("address add 10.9.0.2/24 dev p0", "address add fd00:9::2/64 dev p0 nodad");
    actor = await startActor(here, { sockets: NAMES.map((name) => SOCKETS[name]) });
    report = readReport(here);
  });

  afterAll(() => {
    actor?.stop();
    here?.close();
    peer?.close();
  });

  const inodeOf = (name: Name): number => actor.inodes[NAMES.indexOf(name)]!;
  const endpoint = (name: Name): Endpoint => endpointOf(report, inodeOf(name));

  test("a connected socket, which the kernel calls ESTAB, is a client whatever its port", () => {
    const kernel = readKernelSockets(here);
    for (const name of ["connected", "connected6"] as const) {
      expect(kernel.get(inodeOf(name))?.state).toBe("ESTAB");
      expect(endpoint(name)).toMatchObject({
        role: "client",
        clientReason: "connected",
        reach: [],
      });
    }
    expect(endpoint("connected").port).toBe(123);
  });

  test("an unconnected socket on a port that the kernel chose is a client", () => {
    const kernel = readKernelSockets(here);
    for (const name of ["unconnected", "unconnected6"] as const) {
      const { port, state } = kernel.get(inodeOf(name))!;
      expect(state).toBe("UNCONN");
      expect(port).toBeGreaterThanOrEqual(EPHEMERAL[0]);
      expect(port).toBeLessThanOrEqual(EPHEMERAL[1]);
      expect(endpoint(name)).toMatchObject({
        port,
        role: "client",
        clientReason: "ephemeral-port",
        reach: [],
      });
    }
  });

  test("a client has no flags of a bind, but keeps its owner", () => {
    for (const name of CLIENTS) {
      expect(endpoint(name).flags).not.toContain("wildcard-bind");
      expect(endpoint(name).owners).toMatchObject([{ pid: actor.pid }]);
    }
  });

  test("a socket on a port outside this namespace's ephemeral range is a service", () => {
    for (const name of SERVICES) {
      expect([name, endpoint(name).role]).toEqual([name, "service"]);
      expect(endpoint(name).clientReason).toBeNull();
      expect(endpoint(name).reach.some((each) => each.interface === "v0")).toBe(true);
    }
  });

  test("a port of the range that several sockets share, or a group, was chosen: a service", () => {
    const kernel = readKernelSockets(here);
    for (const name of CHOSEN) {
      expect(kernel.get(inodeOf(name))!.port).toBeGreaterThanOrEqual(EPHEMERAL[0]);
      expect(kernel.get(inodeOf(name))!.port).toBeLessThanOrEqual(EPHEMERAL[1]);
      expect([name, endpoint(name).role]).toEqual([name, "service"]);
    }
  });

  test("a TCP listener inside the ephemeral range is a service", () => {
    expect(endpoint("tcpInRange").flags).toContain("wildcard-bind");
  });

  test("the tree does not show a client under any interface", () => {
    const { stdout } = runCapscope(["exposure", "--no-color"], { namespace: here });
    const external = stdout.slice(stdout.indexOf("INET (external)"));
    for (const name of SERVICES) {
      expect(external).toMatch(new RegExp(`─ ${endpoint(name).port}\\b`));
    }
    expect(external).not.toMatch(/─ 123\b/);
  });
});
