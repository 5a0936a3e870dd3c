// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect } from "bun:test";
import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ExposureReport } from "../../src/exposure/model.ts";
import { type Actor, startActor } from "./harness/actor.ts";
import { processOf, readReport, runCapscope } from "./harness/capscope.ts";
import { enterControlGroup, unusableControlGroups } from "./harness/control-group.ts";
import { type NetworkNamespace, openNetworkNamespace } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { testUnless } from "../skip.ts";

// Of this run alone, so that two runs do not meet in one group.
const ID = randomBytes(32).toString("hex");
const POD: string = randomUUID();
const NAME = `capscope-${ID.slice(0, 8)}`;
const POD_ESCAPED = POD.replaceAll("-", "_");

interface Placement {
  readonly path: string;
  readonly unit: string | null;
  readonly userUnitOf?: number;
  readonly slice?: string;
  readonly runtime?: string | null;
  /** Of the container; `ID` when left out. */
  readonly id?: string;
  readonly podUid?: string;
}

/** Where systemd and the container runtimes put processes -> what the report has to name. */
const PLACEMENTS: Readonly<Record<string, Placement>> = {
  "a system service": {
    path: `system.slice/${NAME}.service`,
    unit: `${NAME}.service`,
    slice: "system.slice",
  },
  "an instance in a slice of its own": {
    path: `system.slice/system-capscope.slice/${NAME}@a\\x2db.service`,
    unit: `${NAME}@a\\x2db.service`,
    slice: "system-capscope.slice",
  },
  "a control group below a service": {
    path: `system.slice/${NAME}-deep.service/worker`,
    unit: `${NAME}-deep.service`,
    slice: "system.slice",
  },
  "a user's service": {
    path: `user.slice/user-4321.slice/user@4321.service/app.slice/${NAME}.service`,
    unit: `${NAME}.service`,
    userUnitOf: 4321,
    slice: "app.slice",
  },
  "a login session": {
    path: "user.slice/user-4321.slice/session-9.scope",
    unit: "session-9.scope",
    slice: "user-4321.slice",
  },
  "pid 1's own scope": { path: "init.scope", unit: "init.scope" },
  "a virtual machine": {
    path: `machine.slice/machine-qemu\\x2d1\\x2d${NAME}.scope`,
    unit: `machine-qemu\\x2d1\\x2d${NAME}.scope`,
    slice: "machine.slice",
  },
  "a systemd-nspawn container": {
    path: `machine.slice/systemd-nspawn@${NAME}.service/payload`,
    unit: `systemd-nspawn@${NAME}.service`,
    slice: "machine.slice",
    runtime: "systemd-nspawn",
    id: NAME,
  },
  "Docker with the systemd driver": {
    path: `system.slice/docker-${ID}.scope`,
    unit: `docker-${ID}.scope`,
    slice: "system.slice",
    runtime: "docker",
  },
  "Docker with the cgroupfs driver": { path: `docker/${ID}`, unit: null, runtime: "docker" },
  Podman: {
    path: `machine.slice/libpod-${ID}.scope/container`,
    unit: `libpod-${ID}.scope`,
    slice: "machine.slice",
    runtime: "podman",
  },
  "Podman of a user": {
    path: `user.slice/user-4321.slice/user@4321.service/user.slice/libpod-${ID}.scope/container`,
    unit: `libpod-${ID}.scope`,
    userUnitOf: 4321,
    runtime: "podman",
  },
  "containerd in a Kubernetes pod": {
    path:
      "kubepods.slice/kubepods-burstable.slice/" +
      `kubepods-burstable-pod${POD_ESCAPED}.slice/cri-containerd-${ID}.scope`,
    unit: `cri-containerd-${ID}.scope`,
    slice: `kubepods-burstable-pod${POD_ESCAPED}.slice`,
    runtime: "containerd",
    podUid: POD,
  },
  "CRI-O in a Kubernetes pod": {
    path: `kubepods.slice/kubepods-pod${POD_ESCAPED}.slice/crio-${ID}.scope`,
    unit: `crio-${ID}.scope`,
    runtime: "cri-o",
    podUid: POD,
  },
  "a Kubernetes pod with the cgroupfs driver": {
    path: `kubepods/besteffort/pod${POD}/${ID}`,
    unit: null,
    runtime: null,
    podUid: POD,
  },
};

describePrivileged("10. units, containers and pods are named from the control group", () => {
  const reason = unusableControlGroups();
  let here: NetworkNamespace;
  const actors = new Map<string, Actor>();
  const leave: (() => void)[] = [];
  let report: ExposureReport;

  beforeAll(async () => {
    if (reason !== null) return;
    here = await openNetworkNamespace();
    await Promise.all(
      Object.entries(PLACEMENTS).map(async ([title, { path }], index) => {
        const actor = await startActor(here, {
          sockets: [{ family: "inet", type: "stream", bind: ["127.0.0.1", 8001 + index] }],
        });
        actors.set(title, actor);
        leave.push(enterControlGroup(path, actor.pid));
      }),
    );
    report = readReport(here);
  });

  afterAll(() => {
    for (const each of leave.reverse()) each();
    for (const actor of actors.values()) actor.stop();
    here?.close();
  });

  for (const [title, placement] of Object.entries(PLACEMENTS)) {
    testUnless(reason, title, () => {
      const { pid } = actors.get(title)!;
      expect(readFileSync(`/proc/${pid}/cgroup`, "utf8")).toContain(`/${placement.path}\n`);
      const process = processOf(report, pid);
      expect(process.unit).toBe(placement.unit);
      expect(process.userUnitOf).toBe(placement.userUnitOf ?? null);
      if (placement.slice !== undefined) expect(process.slice).toBe(placement.slice);
      expect(process.podUid).toBe(placement.podUid ?? null);
      const { runtime, id = ID } = placement;
      if (runtime === undefined) expect(process.container).toBeNull();
      else expect(process.container).toMatchObject({ runtime, id });
    });
  }

  testUnless(reason, "the tree names unit, container and pod in the process line", () => {
    const { stdout } = runCapscope(["exposure", "--no-color"], { namespace: here });
    const text = stdout.replaceAll(/\n[│ ]*/g, " ");
    expect(text).toContain(`unit=${NAME}.service`);
    expect(text).toContain(`user-unit=${NAME}.service`);
    expect(text).toContain(`container=containerd:${ID.slice(0, 12)}`);
    expect(text).toContain(`pod=${POD}`);
  });

  testUnless(reason, "--unit keeps the processes of that unit", () => {
    const { pid } = actors.get("a virtual machine")!;
    const filtered = readReport(here, ["--unit", PLACEMENTS["a virtual machine"]!.unit!]);
    expect(filtered.endpoints.flatMap((each) => each.owners.map((owner) => owner.pid))).toEqual([
      pid,
    ]);
  });
});
