// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect } from "bun:test";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { ExposureReport } from "../../../src/exposure/model.ts";
import { type Actor, startActor } from "../../privileged/harness/actor.ts";
import { endpointOf, readReport, runCapscope } from "../../privileged/harness/capscope.ts";
import { missingSocket } from "../../privileged/harness/missing-socket.ts";
import {
  type NetworkNamespace,
  openNetworkNamespace,
} from "../../privileged/harness/network-namespace.ts";
import { describePrivileged } from "../../privileged/harness/privileged.ts";
import { testUnless } from "../../skip.ts";
import { whyNoGuest } from "../whether-guest.ts";

const PORT = 52422;
const BLOCKED = "/run/modprobe.d/no-vsock-diag.conf";

describePrivileged("VSOCK", () => {
  const reason = whyNoGuest() ?? missingSocket("vsock");
  let here: NetworkNamespace;
  let actor: Actor;

  beforeAll(async () => {
    if (reason !== null) return;
    here = await openNetworkNamespace();
    const listener = (port: number, type: "stream" | "seqpacket") =>
      ({ family: "vsock", type, bind: ["any", port] }) as const;
    actor = await startActor(here, {
      sockets: [listener(PORT, "stream"), listener(22, "stream"), listener(PORT + 1, "seqpacket")],
    });
  });

  afterAll(() => {
    actor?.stop();
    here?.close();
    rmSync(BLOCKED, { force: true });
  });

  /** What holds with and without the kernel's list. */
  function expectListeners(report: ExposureReport): void {
    const [first, ssh, packets] = actor.inodes.map((inode) => endpointOf(report, inode));
    const common = { protocol: "vsock", vsockCid: "any", owners: [{ pid: actor.pid }] } as const;
    expect(first).toMatchObject({ ...common, type: "stream", port: PORT });
    expect(ssh).toMatchObject({ ...common, type: "stream", port: 22 });
    expect(packets).toMatchObject({ ...common, type: "seqpacket", port: PORT + 1 });
    expect(first!.reach).toMatchObject([{ plane: "vsock", interface: null, state: "reachable" }]);
    expect(first!.flags).toContain("hypervisor-plane");
    expect(first!.flags).not.toContain("ssh-on-vsock-port-22");
    expect(ssh!.flags).toContain("ssh-on-vsock-port-22");
  }

  // The kernel loads the module when somebody asks; it stays until it is removed.
  testUnless(reason, "without vsock_diag listeners are found by their descriptors", () => {
    Bun.spawnSync(["modprobe", "-r", "vsock_diag"]);
    mkdirSync("/run/modprobe.d", { recursive: true });
    writeFileSync(BLOCKED, "install vsock_diag /bin/false\n");
    const report = readReport(here);
    expect(existsSync("/sys/module/vsock_diag")).toBe(false);
    expect(report.coverage.sources.vsock).toBe("descriptors");
    expectListeners(report);
    rmSync(BLOCKED);
  });

  testUnless(reason, "with vsock_diag the kernel lists them", () => {
    expect(Bun.spawnSync(["modprobe", "vsock_diag"]).exitCode).toBe(0);
    const report = readReport(here);
    expect(report.coverage.sources.vsock).toBe("sock_diag");
    expectListeners(report);
  });

  testUnless(reason, "SSH on port 22 of the hypervisor's plane stands out in the tree", () => {
    const words = ["exposure", "--no-color", "--flag", "ssh-on-vsock-port-22"];
    const { status, stdout } = runCapscope(words, { namespace: here });
    expect(status).toBe(0);
    expect(stdout).toContain("cid=ANY:22");
    expect(stdout).not.toContain(`:${PORT}`);
  });
});
