// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ExposureReport } from "../../src/exposure/model.ts";
import { type Actor, type SocketSpec, startActor } from "./harness/actor.ts";
import {
  endpointOf,
  processOf,
  readReport,
  runCapscope,
  type RunOptions,
} from "./harness/capscope.ts";
import {
  readHolders,
  readKernelSockets,
  readStatus,
  readUnreadableProcesses,
} from "./harness/kernel.ts";
import { missingSocket } from "./harness/missing-socket.ts";
import { connects } from "./harness/knock.ts";
import {
  connect,
  type NetworkNamespace,
  openNetworkNamespace,
} from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { testUnless } from "../skip.ts";

const listener = (port: number): SocketSpec => ({
  family: "inet",
  type: "stream",
  bind: ["0.0.0.0", port],
});

const WITHOUT_PTRACE: RunOptions = { prefix: ["setpriv", "--bounding-set", "-sys_ptrace"] };
const AS_NOBODY: RunOptions = {
  asOtherUser: true,
  prefix: ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"],
};
const HIDEPID: RunOptions = {
  asOtherUser: true,
  prefix: [
    ..."unshare --mount --propagation private sh -c".split(" "),
    'mount -t proc -o hidepid=invisible proc /proc && exec "$@"',
    ..."sh setpriv --reuid 65534 --regid 65534 --clear-groups".split(" "),
  ],
};
const OWN_PID_NAMESPACE: RunOptions = {
  prefix: ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child=KILL"],
};

/** Somebody's descriptors are closed even to root here, so "nobody holds it" cannot be known. */
const unreadable = process.geteuid?.() === 0 ? readUnreadableProcesses() : [];

describePrivileged("4. no endpoint is dropped because its owner is not seen", () => {
  let here: NetworkNamespace;
  let peer: NetworkNamespace;
  let root: Actor;
  let user: Actor;
  let inFlight: Actor;
  let orphaned: Actor;
  let ownTable: Actor;
  let report: ExposureReport;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    peer = await openNetworkNamespace();
    connect(here, "v0", peer, "p0");
    here.ip(
      "address add 10.9.0.1/24 dev v0",
      "link add tunnel0 type vxlan id 5 dstport 4789 local 10.9.0.1 dev v0",
      "link set tunnel0 up",
    );
    peer.ip("address add 10.9.0.2/24 dev p0");
    [root, user, inFlight, orphaned, ownTable] = await Promise.all([
      startActor(here, { sockets: [listener(8001)] }),
      startActor(
        here,
        { sockets: [listener(8002)] },
        { prefix: ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups"] },
      ),
      startActor(here, { sockets: [listener(8003)], holder: "in-flight" }),
      startActor(here, { sockets: [listener(8004)], holder: "orphaned-thread" }),
      startActor(here, { sockets: [listener(8005)], holder: "thread-table" }),
    ]);
    report = readReport(here);
  });

  afterAll(() => {
    for (const actor of [root, user, inFlight, orphaned, ownTable]) actor?.stop();
    here?.close();
    peer?.close();
  });

  /** Inodes of all that listens, from the kernel. */
  const listening = (): number[] =>
    [...readKernelSockets(here).values()]
      .filter((each) => ["LISTEN", "UNCONN"].includes(each.state))
      .map((each) => each.inode)
      .sort((a, b) => a - b);
  const reported = (from: ExposureReport): number[] =>
    from.endpoints
      .filter((each) => ["tcp", "udp"].includes(each.protocol))
      .flatMap((each) => each.sockets.map((socket) => socket.inode))
      .sort((a, b) => a - b);

  test("root sees every socket that the kernel lists", () => {
    expect(reported(report)).toEqual(listening());
  });

  test("a descriptor in flight is reachable, so it is shown: nobody holds it", () => {
    const inode = inFlight.inodes[0]!;
    expect(connects(peer, "10.9.0.1", 8003)).toBe(true);
    expect(readHolders(inode)).toEqual([]);
    const endpoint = endpointOf(report, inode);
    expect(endpoint.owners).toEqual([]);
    expect(endpoint.sockets).toEqual([{ inode, uid: 0 }]);
    expect(endpoint.unowned?.reason).toBe(unreadable.length > 0 ? "unreadable" : "no-holder");
    expect(endpoint.unowned?.detail).not.toBe("");
    expect(endpoint.unowned?.candidates.map((each) => each.pid)).toEqual(unreadable);
  });

  test("a listener kept by a thread whose leader has exited has that thread as its owner", () => {
    const { pid, tid, inodes } = orphaned;
    expect(readStatus(pid).get("State")).toStartWith("Z");
    expect(connects(peer, "10.9.0.1", 8004)).toBe(true);
    const endpoint = endpointOf(report, inodes[0]);
    expect(endpoint.owners).toEqual([{ pid, tid, inodes: [inodes[0]!] }]);
    expect(endpoint.unowned).toBeNull();
    expect(processOf(report, pid).pid).toBe(pid);
  });

  test("a listener in a thread's own descriptor table has that thread as its owner", () => {
    const { pid, tid, inodes } = ownTable;
    expect(readHolders(inodes[0]!)).toEqual([]);
    expect(endpointOf(report, inodes[0])).toMatchObject({
      owners: [{ pid, tid, inodes: [inodes[0]!] }],
      unowned: null,
    });
  });

  test("a kernel listener is shown with the service that the kernel runs there", () => {
    const truth = [...readKernelSockets(here).values()].find((each) => each.port === 4789)!;
    expect(readHolders(truth.inode)).toEqual([]);
    const endpoint = endpointOf(report, truth.inode);
    expect(endpoint).toMatchObject({ protocol: "udp", port: 4789, role: "service", owners: [] });
    expect(endpoint.unowned?.reason).toBe("kernel");
    expect(endpoint.unowned?.detail).toMatch(/vxlan/i);
    expect(endpoint.unowned?.detail).toContain("tunnel0");
  });

  for (const [title, options, reason] of [
    ["without CAP_SYS_PTRACE", WITHOUT_PTRACE, "unreadable"],
    ["as another user", AS_NOBODY, "unreadable"],
    ["with hidepid", HIDEPID, "hidden"],
    ["in a PID namespace of its own", OWN_PID_NAMESPACE, "hidden"],
  ] as const) {
    let partial: ExposureReport;

    test(`${title} every socket is still there, with its reason, uid and inode`, () => {
      partial = readReport(here, [], options);
      expect(reported(partial)).toEqual(listening());
      for (const [actor, uid] of [
        [root, 0],
        [user, 1000],
      ] as const) {
        const inode = actor.inodes[0]!;
        expect(readKernelSockets(here).get(inode)!.uid).toBe(uid);
        const endpoint = endpointOf(partial, inode);
        expect(endpoint.sockets).toEqual([{ inode, uid }]);
        expect(endpoint.owners).toEqual([]);
        expect(endpoint.unowned?.reason).toBe(reason);
        expect(endpoint.unowned?.detail).not.toBe("");
      }
    });

    test(`${title} the coverage counts what has no owner and says what to do`, () => {
      const without = partial.endpoints.filter((each) => each.owners.length === 0);
      expect(partial.coverage.endpointsWithoutOwner).toBe(without.length);
      expect(without.length).toBeGreaterThanOrEqual(5);
      expect(partial.coverage.complete).toBe(false);
      const gaps = partial.coverage.gaps.filter((gap) => gap.incomplete);
      expect(gaps.length).toBeGreaterThan(0);
      for (const gap of gaps) expect(gap.message).not.toBe("");
      expect(gaps.some((gap) => gap.remedy !== null)).toBe(true);
    });

    test(`${title} the text ends with one line on it, and the exit code is 4`, () => {
      for (const [words, status] of [
        [["--format", "tree"], 4],
        [["--format", "table", "--allow-partial"], 0],
      ] as const) {
        const run = runCapscope(["exposure", ...words], { ...options, namespace: here });
        expect(run.status).toBe(status);
        const last = run.stdout.trimEnd().split("\n").at(-1)!;
        expect(last).toMatch(/^incomplete: \d+ endpoints without a known owner; .*: .*\brun /);
      }
    });
  }

  testUnless(
    missingSocket("vsock"),
    "a socket that only its descriptor tells of is listed, or the report is not complete",
    async () => {
      const virtual = { family: "vsock", type: "stream", bind: ["any", 52423] } as const;
      const quiet = await openNetworkNamespace();
      const actor = await startActor(quiet, { sockets: [virtual] });
      const reports = [WITHOUT_PTRACE, AS_NOBODY, HIDEPID, OWN_PID_NAMESPACE].map((options) =>
        readReport(quiet, [], options),
      );
      actor.stop();
      quiet.close();
      for (const { endpoints, coverage } of reports) {
        const isListed = endpoints.some(({ port }) => port === 52423);
        expect([isListed, coverage.complete]).not.toEqual([false, true]);
      }
    },
  );

  test("candidates of an unreadable owner are processes, and the owner is one of them", () => {
    const partial = readReport(here, [], WITHOUT_PTRACE);
    const { unowned } = endpointOf(partial, root.inodes[0]);
    const pids = unowned!.candidates.map((each) => each.pid);
    if (pids.length > 0) expect(pids).toContain(root.pid);
    else expect(partial.coverage.processesUnreadable).toBeGreaterThan(1);
  });

  test("the unreadable processes are counted as /proc has them", () => {
    expect(report.coverage.processesUnreadable).toBe(unreadable.length);
    expect(report.coverage.processesSeen).toBeGreaterThanOrEqual(5);
  });

  testUnless(
    unreadable.length > 0 ? `even root cannot read process ${unreadable.join(", ")} here` : null,
    "as root, with every owner known, the report is complete and the exit code is 0",
    async () => {
      const quiet = await openNetworkNamespace();
      const actor = await startActor(quiet, { sockets: [listener(8001)] });
      const run = runCapscope(["exposure", "--json"], { namespace: quiet });
      actor.stop();
      quiet.close();
      expect(run.status).toBe(0);
      expect(JSON.parse(run.stdout)).toMatchObject({ coverage: { complete: true } });
    },
  );
});
