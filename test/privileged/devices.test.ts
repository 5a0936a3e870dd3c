// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Endpoint, ExposureReport, Reach } from "../../src/exposure/model.ts";
import { type Actor, type SocketSpec, startActor } from "./harness/actor.ts";
import { endpointOf, readReport } from "./harness/capscope.ts";
import { type KernelSocket, readKernelSockets } from "./harness/kernel.ts";
import { connects, delivers } from "./harness/knock.ts";
import {
  connect,
  type NetworkNamespace,
  openNetworkNamespace,
} from "./harness/network-namespace.ts";
import { until } from "./harness/until.ts";
import { describePrivileged } from "./harness/privileged.ts";

const listener = (address: string, port: number): SocketSpec => ({
  family: address.includes(":") ? "inet6" : "inet",
  type: "stream",
  bind: [address, port],
});

const SOCKETS = {
  onDevice: { ...listener("0.0.0.0", 8001), device: "front" },
  onDevice6: { ...listener("::", 8002), device: "front" },
  datagramOnDevice: { family: "inet", type: "dgram", bind: ["0.0.0.0", 68], device: "back" },
  rawOnDevice: { family: "inet", type: "raw", protocol: 89, device: "front" },
  onBareDevice: { family: "inet", type: "dgram", bind: ["0.0.0.0", 67], device: "bare" },
  everywhere: listener("0.0.0.0", 8003),
  everywhere6: listener("::", 8004),
  virtual: listener("9.9.9.9", 8005),
  virtual6: listener("2620:fe::9", 8006),
  onDownInterface: listener("10.7.0.1", 8007),
  onMissingAddress: { ...listener("10.99.99.99", 8008), freeBind: true },
  loopback: listener("127.0.0.1", 8009),
  otherLoopback: listener("127.5.6.7", 8010),
  private4: listener("10.9.0.1", 8011),
  linkLocal4: listener("169.254.7.7", 8012),
  public4: listener("8.8.4.4", 8013),
  sharedSpace: listener("100.64.0.1", 8014),
  broadcast: { family: "inet", type: "dgram", bind: ["10.9.0.255", 8015] },
} as const satisfies Record<string, SocketSpec>;
type Name = keyof typeof SOCKETS;
const NAMES = Object.keys(SOCKETS) as Name[];

describePrivileged("3. devices, addresses and interface states narrow what is reachable", () => {
  let here: NetworkNamespace;
  let peer: NetworkNamespace;
  let actor: Actor;
  let report: ExposureReport;
  let kernel: Map<number, KernelSocket>;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    peer = await openNetworkNamespace();
    connect(here, "front", peer, "p-front");
    connect(here, "back", peer, "p-back");
    connect(here, "dead", peer, "p-dead");
    connect(here, "bare", peer, "p-bare");
    here.ip(
      "link set bare addrgenmode none",
      "address flush dev bare",
      "link add bridge0 type bridge",
      "link set bridge0 up",
      "link add link front name upper type macvlan mode bridge",
      "address add 10.9.0.1/24 dev front label front:web",
      "address add 169.254.7.7/16 dev front scope link",
      "address add 8.8.4.4/32 dev front",
      "address add 100.64.0.1/32 dev front",
      "address add fd00:9::1/64 dev front nodad",
      "address add 10.8.0.1/24 dev back",
      "address add 10.7.0.1/24 dev dead",
      "address add 10.6.0.1/24 dev bridge0",
      "address add 9.9.9.9/32 dev lo",
      "address add 2620:fe::9/128 dev lo",
    );
    peer.ip(
      "address add 10.9.0.2/24 dev p-front",
      "address add fd00:9::2/64 dev p-front nodad",
      "address add 10.8.0.2/24 dev p-back",
      "route add 9.9.9.9 via 10.9.0.1",
      "address add 10.7.0.2/24 dev p-dead",
      "route add 10.99.99.99 via 10.9.0.1",
      "route add 10.6.0.1 via 10.9.0.1",
      "route add 2620:fe::9 via fd00:9::1",
    );
    actor = await startActor(here, { sockets: NAMES.map((name) => SOCKETS[name]) });
    here.ip("link set dead down");
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
  const reach = (name: Name, device: string): Reach[] =>
    endpoint(name).reach.filter((each) => each.interface === device);

  test("every socket is reported with the address, device and port that the kernel names", () => {
    for (const name of NAMES) {
      // What ss says of RAW sockets is as incomplete as the kernel's table where it has no raw_diag.
      if (name === "rawOnDevice") continue;
      const truth = kernel.get(inodeOf(name))!;
      const { bind, port } = endpoint(name);
      expect([name, bind.addresses, bind.device, port]).toEqual([
        name,
        [truth.address],
        truth.device,
        truth.port,
      ]);
    }
  });

  test("SO_BINDTODEVICE leaves one interface", () => {
    for (const [name, device] of [
      ["onDevice", "front"],
      ["onDevice6", "front"],
      ["datagramOnDevice", "back"],
    ] as const) {
      expect(kernel.get(inodeOf(name))!.device).toBe(device);
      expect([name, [...new Set(endpoint(name).reach.map((each) => each.interface))]]).toEqual([
        name,
        [device],
      ]);
    }
    expect(connects(peer, "10.9.0.1", 8001)).toBe(true);
    expect(connects(peer, "10.8.0.1", 8001)).toBe(false);
    expect(connects(peer, "fd00:9::1", 8002)).toBe(true);
    expect(delivers(peer, here, inodeOf("datagramOnDevice"), "10.8.0.1", 68)).toBe(true);
    expect(delivers(peer, here, inodeOf("datagramOnDevice"), "10.9.0.1", 68)).toBe(false);
  });

  test("SO_BINDTODEVICE of a RAW socket is known, also where the kernel's table lacks it", () => {
    expect(endpoint("rawOnDevice").bind.device).toBe("front");
    expect(endpoint("rawOnDevice").reach.map((each) => each.interface)).toEqual(["front"]);
  });

  test("bound to a device without an address a socket still gets broadcasts, as DHCP does", () => {
    expect(endpoint("onBareDevice").reach).toMatchObject([
      { plane: "inet-external", interface: "bare", state: "reachable", addresses: [] },
    ]);
    const inode = inodeOf("onBareDevice");
    expect(delivers(peer, here, inode, "255.255.255.255%p-bare", 67)).toBe(true);
    expect(delivers(peer, here, inode, "255.255.255.255%p-back", 67)).toBe(false);
  });

  test("an address on lo that is not loopback is external, as the peers who reach it know", () => {
    for (const [name, address, port] of [
      ["virtual", "9.9.9.9", 8005],
      ["virtual6", "2620:fe::9", 8006],
    ] as const) {
      expect(endpoint(name).reach).toEqual([
        {
          plane: "inet-external",
          interface: "lo",
          state: "reachable",
          addresses: [address],
          scope: "public",
        },
      ]);
      expect(connects(peer, address, port)).toBe(true);
    }
  });

  test("a wildcard bind is reachable at the external address of lo too", () => {
    for (const [name, address, port] of [
      ["everywhere", "9.9.9.9", 8003],
      ["everywhere6", "2620:fe::9", 8004],
    ] as const) {
      const external = reach(name, "lo").filter((each) => each.plane === "inet-external");
      expect(external).toHaveLength(1);
      expect(external[0]!.addresses).toContain(address);
      expect(external[0]!.addresses).not.toContain("127.0.0.1");
      expect(connects(peer, address, port)).toBe(true);
    }
  });

  test("a wildcard bind has every up interface with an address, and only those as reachable", () => {
    const reachable = endpoint("everywhere")
      .reach.filter((each) => each.plane === "inet-external" && each.state === "reachable")
      .map((each) => each.interface)
      .sort();
    expect(reachable).toEqual(["back", "bridge0", "front", "lo"]);
    expect(connects(peer, "10.6.0.1", 8003)).toBe(true);
  });

  test("an address on a downed interface is shown as down; nothing comes through that one", async () => {
    expect(reach("onDownInterface", "dead")).toMatchObject([
      { plane: "inet-external", state: "down", addresses: ["10.7.0.1"] },
    ]);
    for (const each of reach("everywhere", "dead")) expect(each.state).toBe("down");
    expect(connects(peer, "10.7.0.1", 8007)).toBe(false);
    expect(connects(peer, "10.7.0.1", 8003)).toBe(false);
    here.ip("link set dead up");
    await until(() => connects(peer, "10.7.0.1", 8007));
    expect(endpointOf(readReport(here), inodeOf("onDownInterface")).reach).toMatchObject([
      { interface: "dead", state: "reachable" },
    ]);
    here.ip("link set dead down");
  });

  test("a bind to an address that no interface has is shown as absent", () => {
    expect(endpoint("onMissingAddress").reach).toMatchObject([
      { plane: "inet-external", state: "absent" },
    ]);
    expect(connects(peer, "10.99.99.99", 8008)).toBe(false);
  });

  test("all of 127/8 is loopback, on lo", () => {
    for (const [name, address, port] of [
      ["loopback", "127.0.0.1", 8009],
      ["otherLoopback", "127.5.6.7", 8010],
    ] as const) {
      expect(endpoint(name).reach).toMatchObject([
        { plane: "inet-loopback", interface: "lo", state: "reachable", scope: "loopback" },
      ]);
      expect(connects(here, address, port)).toBe(true);
    }
  });

  test("private, link-local and public addresses are told apart", () => {
    for (const [name, scope] of [
      ["private4", "private"],
      ["linkLocal4", "link-local"],
      ["public4", "public"],
      ["sharedSpace", "private"],
    ] as const) {
      expect([name, endpoint(name).reach.map((each) => each.scope)]).toEqual([name, [scope]]);
    }
    expect(reach("everywhere", "front")[0]!.scope).toBe("public");
    expect(reach("everywhere", "back")[0]!.scope).toBe("private");
  });

  test("a bind to a broadcast address is reachable where that is the broadcast address", () => {
    expect(endpoint("broadcast").reach).toMatchObject([
      { plane: "inet-external", interface: "front", state: "reachable" },
    ]);
    expect(delivers(peer, here, inodeOf("broadcast"), "10.9.0.255", 8015)).toBe(true);
  });
});
