// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Endpoint, ExposureReport } from "../../src/exposure/model.ts";
import { type Actor, type SocketSpec, startActor } from "./harness/actor.ts";
import { testUnless } from "../skip.ts";
import { endpointOf, readReport } from "./harness/capscope.ts";
import { lineOf } from "./harness/kernel.ts";
import {
  connect,
  type NetworkNamespace,
  openNetworkNamespace,
} from "./harness/network-namespace.ts";
import { missingSocket } from "./harness/missing-socket.ts";
import { describePrivileged } from "./harness/privileged.ts";

const ETH_P_ALL = 0x0003;
const ETH_P_ARP = 0x0806;
const ETH_P_LLDP = 0x88cc;

const SOCKETS = {
  arp: { family: "packet", type: "raw", protocol: ETH_P_ARP },
  sniffer: { family: "packet", type: "dgram", protocol: ETH_P_ALL },
  lldp: { family: "packet", type: "raw", protocol: 0, bind: ["v0", ETH_P_LLDP] },
} as const satisfies Record<string, SocketSpec>;
type Name = keyof typeof SOCKETS;
const NAMES = Object.keys(SOCKETS) as Name[];

describePrivileged("9. link-layer sockets are on the interfaces that they receive from", () => {
  let here: NetworkNamespace;
  let actor: Actor;
  let report: ExposureReport;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    connect(here, "v0", here, "bare");
    here.ip("address add 10.9.0.1/24 dev v0", "address flush dev bare");
    actor = await startActor(here, { sockets: NAMES.map((name) => SOCKETS[name]) });
    report = readReport(here);
  });

  afterAll(() => {
    actor?.stop();
    here?.close();
  });

  const inodeOf = (name: Name): number => actor.inodes[NAMES.indexOf(name)]!;
  const endpoint = (name: Name): Endpoint => endpointOf(report, inodeOf(name));
  const interfaces = (name: Name): (string | null)[] =>
    endpoint(name)
      .reach.map((each) => each.interface)
      .sort();

  test("PACKET has its ethertype by number and name", () => {
    const table = here.run("cat", "/proc/net/packet");
    for (const [name, port, portName] of [
      ["arp", ETH_P_ARP, "ARP"],
      ["lldp", ETH_P_LLDP, "LLDP"],
      ["sniffer", ETH_P_ALL, "all"],
    ] as const) {
      expect(Number.parseInt(lineOf(table, inodeOf(name))[3]!, 16)).toBe(port);
      expect(endpoint(name)).toMatchObject({ protocol: "packet", family: null, port });
      expect(endpoint(name).portName?.toLowerCase()).toBe(portName.toLowerCase());
      for (const { plane } of endpoint(name).reach) expect(plane).toBe("link-layer");
    }
    expect(endpoint("arp").type).toBe("raw");
    expect(endpoint("sniffer").type).toBe("dgram");
  });

  test("PACKET bound to no interface is on every one, also those without an address", () => {
    const everywhere = ["bare", "lo", "v0"];
    expect(interfaces("sniffer")).toEqual(everywhere);
    expect(interfaces("arp")).toEqual(everywhere);
    expect(endpoint("sniffer").bind.device).toBeNull();
  });

  test("PACKET bound to one interface is on that one", () => {
    expect(interfaces("lldp")).toEqual(["v0"]);
    expect(endpoint("lldp").bind.device).toBe("v0");
  });

  testUnless(
    missingSocket("xdp"),
    "AF_XDP is on its interface and queue, as far as the kernel tells",
    async () => {
      const { pid, inodes, stop } = await startActor(here, {
        sockets: [{ family: "xdp", type: "raw", bind: ["v0", 0] }],
      });
      const fresh = readReport(here);
      const isListed = here.run("ss", "-Ha", "--xdp").includes("v0");
      stop();
      if (isListed) {
        expect(endpointOf(fresh, inodes[0])).toMatchObject({
          protocol: "xdp",
          port: 0,
          owners: [{ pid }],
          reach: [{ plane: "link-layer", interface: "v0", state: "reachable" }],
        });
      } else {
        // Without xdp_diag (CONFIG_XDP_SOCKETS_DIAG) only the descriptor tells that it is there.
        expect(endpointOf(fresh, inodes[0])).toMatchObject({ protocol: "xdp", owners: [{ pid }] });
        expect(fresh.coverage.sources["xdp"]).toBe("descriptors");
      }
    },
  );
});
