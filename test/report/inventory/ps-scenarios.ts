// SPDX-License-Identifier: Apache-2.0
import { sortByDanger } from "../../../src/inventory/ps/danger.ts";
import type { ListedProcess, PsReport } from "../../../src/inventory/model.ts";
import type { Gap } from "../../../src/process/model.ts";
import {
  ALL_CAPABILITIES,
  ids,
  NO_CAPABILITIES,
  privilegeOf,
  sets,
} from "../../fixtures/reports/build.ts";

/** A process of root with everything that the parts do not change. */
export function listed(
  pid: number,
  comm: string,
  uid: number,
  parts: Partial<ListedProcess> = {},
): ListedProcess {
  const capabilities = parts.capabilities ?? sets(NO_CAPABILITIES);
  return {
    pid,
    parentPid: 1,
    startTime: pid * 100,
    comm,
    exe: `/usr/bin/${comm}`,
    account: uid === 0 ? "root" : null,
    kernelThread: false,
    unit: null,
    userUnitOf: null,
    slice: null,
    container: null,
    podUid: null,
    userNamespace: 4026531837,
    childUserNamespace: false,
    uids: ids(uid),
    gids: ids(uid),
    privilege: privilegeOf(capabilities.permitted),
    securebits: null,
    ambientPresent: capabilities.ambient.length > 0,
    openEndedBounding: capabilities.bounding === ALL_CAPABILITIES,
    privilegedCaps: capabilities.permitted.length > 0,
    noNewPrivs: false,
    seccomp: "disabled",
    threadCount: 1,
    differingThreads: [],
    ...parts,
    capabilities,
  };
}

function report(
  processes: readonly ListedProcess[],
  gaps: readonly Gap[] = [],
  ancestors: PsReport["ancestors"] = [],
): PsReport {
  return {
    schemaVersion: 1,
    kind: "ps",
    tool: { name: "capscope", version: "0.1.0" },
    host: { name: "host.example", kernel: "6.12.0" },
    time: "2026-06-09T12:00:00.000Z",
    processes: sortByDanger(processes),
    ancestors,
    coverage: {
      complete: !gaps.some(({ incomplete }) => incomplete),
      processesSeen: processes.length + ancestors.length,
      processesUnreadable: gaps.length,
      gaps,
    },
  };
}

const ID = "0123456789abcdef".repeat(4);

export const PS_SCENARIOS: Readonly<Record<string, PsReport>> = {
  server: report(
    [
      listed(1, "systemd", 0, {
        parentPid: 0,
        unit: "init.scope",
        capabilities: sets(ALL_CAPABILITIES),
      }),
      listed(301, "sshd", 0, { unit: "ssh.service", capabilities: sets(ALL_CAPABILITIES) }),
      listed(402, "chronyd", 104, {
        account: "_chrony",
        unit: "chrony.service",
        privilegedCaps: false,
        capabilities: sets(["net_bind_service", "sys_time"], {
          bounding: ["net_bind_service", "sys_time"],
        }),
      }),
      listed(500, "agent", 1000, {
        unit: "agent.service",
        capabilities: sets(["dac_read_search", "net_raw"], {
          effective: ["net_raw"],
          ambient: ["net_raw"],
          inheritable: ["net_raw"],
        }),
      }),
      listed(600, "node", 1000, {
        parentPid: 590,
        container: { runtime: "docker", id: ID },
        unit: `docker-${ID}.scope`,
        capabilities: sets(["sys_admin"], { effective: [] }),
        threadCount: 3,
        differingThreads: [
          {
            tids: [601, 602],
            credentials: {
              uids: ids(0),
              gids: ids(0),
              capabilities: sets(["setuid"]),
              privilege: "partial",
            },
            noNewPrivs: false,
            seccomp: "disabled",
          },
        ],
      }),
      listed(700, "root in a box", 1001, {
        childUserNamespace: true,
        userNamespace: 4026532500,
        privilegedCaps: false,
        capabilities: sets(ALL_CAPABILITIES),
      }),
      listed(2, "kthreadd", 0, {
        parentPid: 0,
        exe: null,
        kernelThread: true,
        capabilities: sets(ALL_CAPABILITIES),
      }),
    ],
    [],
    [{ pid: 590, parentPid: 1, comm: "containerd-shim" }],
  ),
  hostile: report(
    [
      listed(666, "sh (pid=1 uid=0", 1000, {
        unit: "a b\u0007.service",
        capabilities: sets(["net_raw", "cap_41"]),
      }),
      listed(667, "\u001b[2J\u202e", 0, {
        parentPid: 668,
        account: "al\tice",
        exe: "/tmp/\udce9",
        container: { runtime: null, id: "\udc80\\x" },
        childUserNamespace: null,
        userNamespace: null,
        capabilities: sets(["setuid"]),
      }),
      // A circle, as pids that were used again between two looks can make one.
      listed(668, "", 0, { parentPid: 667, capabilities: sets(["setuid"]) }),
    ],
    [
      {
        code: "processes-hidden",
        incomplete: true,
        count: 1,
        message: "/proc hides\u001b[31m",
        remedy: "run as root",
      },
    ],
  ),
  empty: report([]),
};
