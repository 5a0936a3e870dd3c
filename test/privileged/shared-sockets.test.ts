// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ExposureReport } from "../../src/exposure/model.ts";
import { type Actor, type SocketSpec, startActor } from "./harness/actor.ts";
import { endpointOf, readReport, runCapscope } from "./harness/capscope.ts";
import { readHolders, readKernelSockets } from "./harness/kernel.ts";
import { type NetworkNamespace, openNetworkNamespace } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";

const listener = (port: number, reusePort = false): SocketSpec => ({
  family: "inet",
  type: "stream",
  bind: ["0.0.0.0", port],
  reusePort,
});
const GROUP: SocketSpec = { ...listener(8002), reusePort: true };
const DATAGRAMS: SocketSpec = { ...GROUP, type: "dgram" };

describePrivileged("8. a socket that several processes hold is one endpoint", () => {
  let here: NetworkNamespace;
  let master: Actor;
  let balanced: Actor[];
  let single: Actor;
  let report: ExposureReport;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    master = await startActor(here, {
      sockets: [listener(8001)],
      steps: [{ do: "name", with: "forking" }],
      holder: "workers",
      workers: 4,
    });
    balanced = await Promise.all(
      [1, 2].map(() => startActor(here, { sockets: [GROUP, GROUP, DATAGRAMS, DATAGRAMS] })),
    );
    single = await startActor(here, { sockets: [listener(8003), listener(8004, true)] });
    report = readReport(here);
  });

  afterAll(() => {
    for (const actor of [master, single, ...(balanced ?? [])]) actor?.stop();
    here?.close();
  });

  test("forked workers that inherited the listener are all its owners, each once", () => {
    const inode = master.inodes[0]!;
    const endpoint = endpointOf(report, inode);
    const pids = [master.pid, ...master.workers].sort((a, b) => a - b);
    expect(readHolders(inode).sort((a, b) => a - b)).toEqual(pids);
    expect(endpoint.owners.map((owner) => owner.pid)).toEqual(pids);
    expect(endpoint.sockets).toEqual([{ inode, uid: 0 }]);
    expect(report.endpoints.filter((each) => each.port === 8001)).toHaveLength(1);
  });

  test("the tree shows equal owners as one line with their number", () => {
    const tree = runCapscope(["exposure", "--no-color", "--port", "8001"], { namespace: here });
    const lines = tree.stdout.split("\n").filter((line) => line.includes("forking"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("forking x5");
  });

  test("one SO_REUSEPORT group is one endpoint with all its sockets and owners", () => {
    for (const [type, protocol, places] of [
      ["stream", "tcp", [0, 1]],
      ["dgram", "udp", [2, 3]],
    ] as const) {
      const inodes = balanced.flatMap((actor) => places.map((place) => actor.inodes[place]!));
      const found = report.endpoints.filter((each) => each.port === 8002 && each.type === type);
      expect(found).toHaveLength(1);
      expect(found[0]!.protocol).toBe(protocol);
      expect(found[0]!.reuseport).toBe(true);
      expect(found[0]!.flags).toContain("reuseport");
      expect(found[0]!.sockets.map((socket) => socket.inode).sort()).toEqual(inodes.sort());
      expect(found[0]!.owners.map((owner) => owner.pid).sort()).toEqual(
        balanced.map((actor) => actor.pid).sort(),
      );
      const kernel = readKernelSockets(here);
      expect(inodes.map((inode) => kernel.get(inode)?.port)).toEqual(inodes.map(() => 8002));
    }
  });

  test("a socket of a thread in another network namespace belongs to that one's report", async () => {
    const actor = await startActor(here, {
      sockets: [listener(8009)],
      holder: "thread-namespace",
    });
    const inode = actor.inodes[0]!;
    const there = {
      ...here,
      inside: (command: readonly string[]) => [
        "nsenter",
        `--net=/proc/${actor.pid}/task/${actor.tid}/ns/net`,
        ...command,
      ],
    };
    const [ours, theirs] = [readReport(here), readReport(there)];
    actor.stop();
    expect(ours.endpoints.flatMap((each) => each.sockets)).not.toContainEqual({ inode, uid: 0 });
    expect(theirs.networkNamespace).not.toBe(here.inode);
    expect(endpointOf(theirs, inode)).toMatchObject({ port: 8009, owners: [{ pid: actor.pid }] });
  });

  test("SO_REUSEPORT is told from its absence", () => {
    expect(endpointOf(report, single.inodes[0]).reuseport).toBe(false);
    expect(endpointOf(report, single.inodes[0]).flags).not.toContain("reuseport");
    expect(endpointOf(report, single.inodes[1]).reuseport).toBe(true);
    expect(endpointOf(report, single.inodes[1]).flags).toContain("reuseport");
  });

  test("what could not be checked is null, not false, and no format says no", () => {
    const prefix = ["setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-all"];
    const partial = readReport(here, [], { prefix });
    const endpoint = endpointOf(partial, single.inodes[1]);
    expect(endpoint.owners).toEqual([]);
    expect(endpoint.reuseport).toBeNull();
    expect(endpointOf(partial, single.inodes[0]).reuseport).toBeNull();
    for (const format of ["tree", "table", "yaml"]) {
      const run = runCapscope(["exposure", "--port", "8004", "--no-color", "--format", format], {
        namespace: here,
        prefix,
      });
      expect(run.stdout).toContain("8004");
      expect(run.stdout).not.toMatch(/reuseport:? +(no|false)\b/);
    }
  });
});
