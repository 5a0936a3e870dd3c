// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect } from "bun:test";
import type { Endpoint } from "../../../src/exposure/model.ts";
import { type Actor, type SocketSpec, startActor } from "../../privileged/harness/actor.ts";
import { endpointOf, readReport, runCapscope } from "../../privileged/harness/capscope.ts";
import { missingSocket } from "../../privileged/harness/missing-socket.ts";
import {
  connect,
  type NetworkNamespace,
  openNetworkNamespace,
} from "../../privileged/harness/network-namespace.ts";
import { describePrivileged } from "../../privileged/harness/privileged.ts";
import { testUnless } from "../../skip.ts";

const IPPROTO_SCTP = 132;
const IPPROTO_DCCP = 33;

describePrivileged("IP protocols that are modules", () => {
  let here: NetworkNamespace;
  let peer: NetworkNamespace;
  const actors: Actor[] = [];

  beforeAll(async () => {
    here = await openNetworkNamespace();
    peer = await openNetworkNamespace();
    connect(here, "v0", peer, "p0");
    connect(here, "v1", peer, "p1");
    here.ip(
      "address add 10.9.0.1/24 dev v0",
      "address add fd00:9::1/64 dev v0 nodad",
      "address add 10.8.0.1/24 dev v1",
    );
  });

  afterAll(() => {
    for (const actor of actors) actor.stop();
    here?.close();
    peer?.close();
  });

  async function open(spec: SocketSpec): Promise<{ pid: number; endpoint: Endpoint }> {
    const actor = await startActor(here, { sockets: [spec] });
    actors.push(actor);
    return { pid: actor.pid, endpoint: endpointOf(readReport(here), actor.inodes[0]) };
  }

  const sctp = missingSocket("sctp");
  const dccp = missingSocket("dccp");

  testUnless(sctp, "an SCTP listener for one peer at a time has all its addresses", async () => {
    const { pid, endpoint } = await open({
      family: "inet",
      type: "stream",
      protocol: IPPROTO_SCTP,
      bind: ["10.9.0.1", 9000],
      alsoBind: [["10.8.0.1", 9000]],
    });
    expect(here.run("ss", "-HnlS")).toContain(":9000");
    expect(endpoint).toMatchObject({ protocol: "sctp", port: 9000 });
    expect(endpoint.bind.addresses.toSorted()).toEqual(["10.8.0.1", "10.9.0.1"]);
    expect(endpoint.owners).toMatchObject([{ pid }]);
    const reach = endpoint.reach.map((each) => [each.interface, each.addresses]);
    expect(reach.toSorted()).toEqual([
      ["v0", ["10.9.0.1"]],
      ["v1", ["10.8.0.1"]],
    ]);
  });

  testUnless(sctp, "an SCTP listener for many peers has all its addresses too", async () => {
    const { pid, endpoint } = await open({
      family: "inet",
      type: "seqpacket",
      protocol: IPPROTO_SCTP,
      bind: ["10.9.0.1", 9001],
      alsoBind: [["10.8.0.1", 9001]],
    });
    expect(endpoint).toMatchObject({ protocol: "sctp", port: 9001 });
    expect(endpoint.bind.addresses.toSorted()).toEqual(["10.8.0.1", "10.9.0.1"]);
    expect(endpoint.owners).toMatchObject([{ pid }]);
  });

  testUnless(sctp, "an SCTP listener on all addresses is reachable through each", async () => {
    const { endpoint } = await open({
      family: "inet6",
      type: "seqpacket",
      protocol: IPPROTO_SCTP,
      bind: ["::", 9002],
    });
    expect(endpoint.flags).toContain("wildcard-bind");
    const names = endpoint.reach.map((each) => each.interface);
    expect(names).toContain("v0");
    expect(names).toContain("v1");
  });

  for (const [family, address, port] of [
    ["inet", "10.9.0.1", 9003],
    ["inet6", "fd00:9::1", 9004],
  ] as const) {
    testUnless(dccp, `a DCCP listener (${family}) is told by its own diagnosis`, async () => {
      const spec = { family, type: "dccp", protocol: IPPROTO_DCCP } as const;
      const { pid, endpoint } = await open({ ...spec, bind: [address, port] });
      expect(here.run("ss", "-Hnl", "--dccp")).toContain(`:${port}`);
      expect(endpoint).toMatchObject({ protocol: "dccp", port, owners: [{ pid }] });
      expect(endpoint.bind.addresses).toEqual([address]);
      expect(endpoint.reach).toMatchObject([{ interface: "v0", plane: "inet-external" }]);
      const { stdout } = runCapscope(["exposure", "--no-color", "--proto", "dccp"], {
        namespace: here,
      });
      expect(stdout).toContain("dccp");
    });
  }
});
