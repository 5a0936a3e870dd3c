// SPDX-License-Identifier: Apache-2.0
import { setOf } from "../../src/capabilities/set.ts";
import type { Facts } from "../../src/doctor/facts.ts";

/** A machine on which nothing is lost, with the facts given. */
export function facts(given: Partial<Facts> = {}): Facts {
  return {
    kernel: "6.18.0",
    types: { iterators: { task: true, task_file: true } },
    libbpf: "v1.1",
    libbpfFailure: null,
    waysIn: [
      { wayIn: "tp_btf", refusal: null },
      { wayIn: "fexit", refusal: null },
      { wayIn: "kprobe", refusal: null },
    ],
    trial: { counted: true, named: true, seesOutcomes: true },
    lockdown: "none",
    sysctls: {
      "kernel.perf_event_paranoid": "2",
      "kernel.unprivileged_bpf_disabled": "2",
      "kernel.kptr_restrict": "0",
    },
    exposure: {
      complete: true,
      processesSeen: 90,
      processesUnreadable: 0,
      endpointsWithoutOwner: 0,
      sources: { tcp: "sock_diag", udp: "sock_diag", sctp: "absent" },
      gaps: [],
    },
    mounts: [{ target: "/proc", type: "proc", options: ["rw"] }],
    hierarchies: [hierarchy("unified", "/sys/fs/cgroup")],
    namespaces: { pid: true, user: true },
    managerFailure: null,
    containers: { named: 0, closed: [] },
    privileges: setOf("bpf", "perfmon", "sys_ptrace", "dac_read_search", "net_admin", "sys_admin"),
    ...given,
  };
}

/** A mounted hierarchy of control groups. */
export function hierarchy(name: string, mountPoint: string): Facts["hierarchies"][number] {
  return { hierarchy: name, controllers: [], root: "/", mountPoint };
}

/** What the tracer says of a way that the kernel refuses. */
export function refusal(wayIn: string, why: string): { reason: string; remedy: string | null } {
  return { reason: `the kernel's cap_capable() cannot be reached (${wayIn}: ${why})`, remedy: "x" };
}
