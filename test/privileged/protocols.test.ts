// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Endpoint, ExposureReport } from "../../src/exposure/model.ts";
import { type Actor, type SocketSpec, startActor } from "./harness/actor.ts";
import { endpointOf, readReport, runCapscope } from "./harness/capscope.ts";
import {
  connect,
  type NetworkNamespace,
  openNetworkNamespace,
} from "./harness/network-namespace.ts";
import { lineOf } from "./harness/kernel.ts";
import { missingSocket } from "./harness/missing-socket.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { testUnless } from "../skip.ts";

const IPPROTO_ICMP = 1;
const IPPROTO_OSPF = 89;
const IPPROTO_ICMPV6 = 58;
const IPPROTO_UDPLITE = 136;
const IPPROTO_MPTCP = 262;
const VSOCK_PORT = 52422;

const SOCKETS = {
  raw: { family: "inet", type: "raw", protocol: IPPROTO_OSPF },
  rawIcmp: { family: "inet", type: "raw", protocol: IPPROTO_ICMP, bind: ["10.9.0.1", 0] },
  raw6: { family: "inet6", type: "raw", protocol: IPPROTO_ICMPV6 },
  udplite: { family: "inet", type: "dgram", protocol: IPPROTO_UDPLITE, bind: ["0.0.0.0", 5000] },
  udplite6: {
    family: "inet6",
    type: "dgram",
    protocol: IPPROTO_UDPLITE,
    bind: ["fd00:9::1", 5001],
  },
} as const satisfies Record<string, SocketSpec>;
type Name = keyof typeof SOCKETS;
/** Linux 7 can do without UDPLITE. */
const NO_UDPLITE = missingSocket("udplite");
const NAMES = (Object.keys(SOCKETS) as Name[]).filter(
  (name) => NO_UDPLITE === null || !name.startsWith("udplite"),
);

describePrivileged("9. every protocol is shown in its own terms", () => {
  let here: NetworkNamespace;
  let peer: NetworkNamespace;
  let actor: Actor;
  const others: Actor[] = [];
  let report: ExposureReport;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    peer = await openNetworkNamespace();
    connect(here, "v0", peer, "p0");
    here.ip("address add 10.9.0.1/24 dev v0", "address add fd00:9::1/64 dev v0 nodad");
    peer.ip("address add 10.9.0.2/24 dev p0");
    here.run("sysctl", "-qw", "net.ipv4.ping_group_range=0 0");
    actor = await startActor(here, { sockets: NAMES.map((name) => SOCKETS[name]) });
    report = readReport(here);
  });

  afterAll(() => {
    for (const each of [actor, ...others]) each?.stop();
    here?.close();
    peer?.close();
  });

  const inodeOf = (name: Name): number => actor.inodes[NAMES.indexOf(name)]!;
  const endpoint = (name: Name): Endpoint => endpointOf(report, inodeOf(name));
  const interfaces = (name: Name): (string | null)[] =>
    endpoint(name)
      .reach.map((each) => each.interface)
      .sort();
  async function alone(...sockets: SocketSpec[]): Promise<Actor> {
    const started = await startActor(here, { sockets });
    others.push(started);
    return started;
  }

  test("RAW has its IP protocol by number and name", () => {
    for (const [name, port, portName, table] of [
      ["raw", IPPROTO_OSPF, "ospf", "raw"],
      ["rawIcmp", IPPROTO_ICMP, "icmp", "raw"],
      ["raw6", IPPROTO_ICMPV6, "ipv6-icmp", "raw6"],
    ] as const) {
      const line = lineOf(here.run("cat", `/proc/net/${table}`), inodeOf(name));
      expect(Number.parseInt(line[1]!.split(":")[1]!, 16)).toBe(port);
      expect(endpoint(name)).toMatchObject({ protocol: "raw", type: "raw", port, role: "service" });
      expect(endpoint(name).portName?.toLowerCase()).toStartWith(portName);
    }
    expect(endpoint("rawIcmp").bind.addresses).toEqual(["10.9.0.1"]);
    expect(interfaces("rawIcmp")).toEqual(["v0"]);
    expect(interfaces("raw")).toContain("v0");
  });

  testUnless(NO_UDPLITE, "UDPLITE is read from the kernel's own tables, both families", () => {
    for (const [name, table, port] of [
      ["udplite", "udplite", 5000],
      ["udplite6", "udplite6", 5001],
    ] as const) {
      const line = lineOf(here.run("cat", `/proc/net/${table}`), inodeOf(name));
      expect(Number.parseInt(line[1]!.split(":")[1]!, 16)).toBe(port);
      expect(endpoint(name)).toMatchObject({ protocol: "udplite", port, type: "dgram" });
      expect(endpoint(name).owners).toMatchObject([{ pid: actor.pid }]);
    }
    expect(endpoint("udplite6").bind.addresses).toEqual(["fd00:9::1"]);
  });

  test("a ping socket is a client and no service", async () => {
    const { inodes } = await alone({
      family: "inet",
      type: "dgram",
      protocol: IPPROTO_ICMP,
      bind: ["0.0.0.0", 0],
    });
    expect(lineOf(here.run("cat", "/proc/net/icmp"), inodes[0]!)).toBeDefined();
    expect(endpointOf(readReport(here), inodes[0])).toMatchObject({
      protocol: "ping",
      role: "client",
      clientReason: "ping",
      reach: [],
    });
  });

  testUnless(missingSocket("mptcp"), "MPTCP is marked, and is one endpoint", async () => {
    const spec = { family: "inet", type: "stream", bind: ["10.9.0.1", 8001] } as const;
    const { inodes, pid } = await alone({ ...spec, protocol: IPPROTO_MPTCP });
    expect(here.run("ss", "-HnlM")).toContain("10.9.0.1:8001");
    const fresh = readReport(here);
    const found = fresh.endpoints.filter((each) => each.port === 8001);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ protocol: "mptcp", owners: [{ pid }] });
    expect(found[0]!.sockets.map((socket) => socket.inode)).toContain(inodes[0]!);
    expect(found[0]!.reach).toMatchObject([{ interface: "v0", addresses: ["10.9.0.1"] }]);
  });

  testUnless(
    missingSocket("vsock"),
    "VSOCK listeners have their CID and port; port 22 is flagged",
    async () => {
      const listener = (port: number): SocketSpec => ({
        family: "vsock",
        type: "stream",
        bind: ["any", port],
      });
      const { inodes, pid } = await alone(listener(VSOCK_PORT), listener(22));
      const fresh = readReport(here);
      for (const [inode, port] of [
        [inodes[0], VSOCK_PORT],
        [inodes[1], 22],
      ] as const) {
        expect(endpointOf(fresh, inode)).toMatchObject({
          protocol: "vsock",
          type: "stream",
          family: null,
          port,
          vsockCid: "any",
          owners: [{ pid }],
          reach: [{ plane: "vsock", interface: null }],
        });
        expect(endpointOf(fresh, inode).flags).toContain("hypervisor-plane");
      }
      expect(endpointOf(fresh, inodes[0]).flags).not.toContain("ssh-on-vsock-port-22");
      expect(endpointOf(fresh, inodes[1]).flags).toContain("ssh-on-vsock-port-22");
      const { stdout } = runCapscope(["exposure", "--no-color", "--plane", "vsock"], {
        namespace: here,
      });
      expect(stdout).toContain(`stream:cid=ANY:${VSOCK_PORT}`);
    },
  );

  testUnless(missingSocket("sctp"), "SCTP shows every address that it is bound to", async () => {
    here.ip("address add 10.9.1.1/24 dev v0");
    const { inodes } = await alone({
      family: "inet",
      type: "stream",
      protocol: 132,
      bind: ["10.9.0.1", 9000],
      alsoBind: [["10.9.1.1", 9000]],
    });
    const found = endpointOf(readReport(here), inodes[0]);
    expect(found.protocol).toBe("sctp");
    expect([...found.bind.addresses].sort()).toEqual(["10.9.0.1", "10.9.1.1"]);
    const table = here.run("cat", "/proc/net/sctp/eps");
    for (const address of found.bind.addresses) expect(table).toContain(address);
  });
});
