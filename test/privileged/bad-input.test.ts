// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { testUnless } from "../skip.ts";
import { type Actor, PYTHON, startActor } from "./harness/actor.ts";
import { endpointOf, parseReport, runCapscope } from "./harness/capscope.ts";
import { type NetworkNamespace, openNetworkNamespace } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";

const WITHOUT_NETLINK = fileURLToPath(new URL("actors/without_netlink.py", import.meta.url));
const PACKAGE_FORM = fileURLToPath(new URL("../../dist/node/cli/main.js", import.meta.url));
const MOUNT_NAMESPACE = "unshare --mount --propagation private sh -c".split(" ");

describePrivileged("bad input and missing kernel interfaces", () => {
  let here: NetworkNamespace;
  let actor: Actor;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    actor = await startActor(here, {
      sockets: [
        { family: "inet", type: "stream", bind: ["0.0.0.0", 8001] },
        { family: "inet6", type: "dgram", bind: ["::1", 8002] },
      ],
    });
  });

  afterAll(() => {
    actor?.stop();
    here?.close();
  });

  test("an unknown interface is refused, and the message names those that exist", () => {
    const run = runCapscope(["exposure", "--interface", "eth77"], { namespace: here });
    expect(run.status).toBe(2);
    expect(run.stdout).toBe("");
    expect(run.stderr).toMatch(/^capscope: error: /);
    expect(run.stderr).toContain("eth77");
    expect(run.stderr).toContain("lo");
  });

  test("an unknown interface with a hostile name does not drive the terminal", () => {
    const run = runCapscope(["exposure", "--interface", "\x1b[2J"], { namespace: here });
    expect(run.status).toBe(2);
    expect(run.stderr).not.toContain("\x1b");
    expect(run.stderr).toContain("\\x1b[2J");
  });

  test("with a /proc of processes alone the sockets and their owners are still reported", () => {
    const mount = 'mount -t proc -o subset=pid proc /proc && exec "$@"';
    const run = runCapscope(["exposure", "--json"], {
      namespace: here,
      prefix: [...MOUNT_NAMESPACE, mount, "sh"],
    });
    expect([0, 4]).toContain(run.status!);
    const report = parseReport(run.stdout);
    for (const inode of actor.inodes) {
      expect(endpointOf(report, inode).owners).toMatchObject([{ pid: actor.pid }]);
    }
  });

  // Bun itself does not start without /proc, so that only the package form can answer.
  testUnless(
    existsSync(PACKAGE_FORM) ? null : `${PACKAGE_FORM} is not built`,
    "without /proc there is a message, and the sockets are still reported",
    () => {
      const mount = 'mount -t tmpfs none /proc && exec "$@"';
      const node = ["sh", "node", PACKAGE_FORM, "exposure", "--json"];
      const result = Bun.spawnSync(here.inside([...MOUNT_NAMESPACE, mount, ...node]));
      expect([3, 4]).toContain(result.exitCode);
      const report = parseReport(result.stdout.toString());
      expect(report.coverage.complete).toBe(false);
      expect(report.coverage.gaps.map((gap) => gap.message).join()).toContain("/proc");
      for (const inode of actor.inodes) {
        expect(endpointOf(report, inode).owners).toEqual([]);
        expect(endpointOf(report, inode).unowned).not.toBeNull();
      }
    },
  );

  test("without netlink there is a message, and the sockets come from procfs", () => {
    const run = runCapscope(["exposure", "--json"], {
      namespace: here,
      prefix: [PYTHON, "-B", "-S", WITHOUT_NETLINK],
    });
    expect([3, 4]).toContain(run.status!);
    const report = parseReport(run.stdout);
    expect(report.coverage.complete).toBe(false);
    expect(report.coverage.gaps.map((gap) => gap.message).join()).toContain("netlink");
    for (const [inode, port] of [
      [actor.inodes[0], 8001],
      [actor.inodes[1], 8002],
    ] as const) {
      expect(endpointOf(report, inode)).toMatchObject({ port, owners: [{ pid: actor.pid }] });
    }
    // Only sock_diag tells these; the tables in /proc/net do not.
    expect(endpointOf(report, actor.inodes[0]).reuseport).not.toBe(true);
  });
});
