// SPDX-License-Identifier: Apache-2.0
import { includesAll, setOf } from "../capabilities/set.ts";
import type { Facts } from "./facts.ts";
import type { Check } from "./model.ts";

interface Privilege {
  readonly name: string;
  readonly use: string;
  /** What its lack costs; null where nothing needs it. */
  readonly effect: string | null;
  /** CAP_SYS_ADMIN stands for it (man 7 capabilities). */
  readonly inAdmin: boolean;
}

const PRIVILEGES: readonly Privilege[] = [
  privilege("bpf", "loads the programs of a trace", "no trace", true),
  privilege("perfmon", "lets them read the kernel", "no trace", true),
  privilege(
    "sys_ptrace",
    "looks into processes of others",
    "owners of sockets, programs and namespaces of other users' processes stay unknown",
  ),
  privilege(
    "dac_read_search",
    "reads directories of others",
    "descriptors of other users' processes and their files stay unread",
  ),
  privilege(
    "net_admin",
    "sees what lies above a TCP socket",
    "before Linux 6.15 the kernel does not tell TLS and MPTCP sides of sockets",
  ),
  privilege("sys_admin", "stands for bpf and perfmon before Linux 5.8", null),
  privilege("sys_resource", "not needed: BPF memory is accounted to control groups", null),
];

function privilege(name: string, use: string, effect: string | null, inAdmin = false): Privilege {
  return { name, use, effect, inAdmin };
}

/** Judges the capabilities in effect, one by one. */
export function checkPrivileges({ privileges, namespaces }: Facts): readonly Check[] {
  return PRIVILEGES.map(({ name, use, effect, inAdmin }): Check => {
    const base = { area: "privileges", name } as const;
    if (privileges === null) {
      const detail = `${use}; /proc does not tell whether it is held`;
      return { ...base, state: "unknown", detail, effect: null, remedy: "mount /proc" };
    }
    if (namespaces.user === false && includesAll(privileges, setOf(name))) {
      const detail = `held in this user namespace only; ${use}`;
      return { ...base, state: "limited", detail, effect: null, remedy: null };
    }
    if (includesAll(privileges, setOf(name))) {
      return { ...base, state: "ok", detail: `held; ${use}`, effect: null, remedy: null };
    }
    if (inAdmin && includesAll(privileges, setOf("sys_admin"))) {
      const detail = `held as part of sys_admin; ${use}`;
      return { ...base, state: "ok", detail, effect: null, remedy: null };
    }
    if (effect === null) {
      return { ...base, state: "ok", detail: `not held; ${use}`, effect: null, remedy: null };
    }
    const remedy = `run it as root, or with CAP_${name.toUpperCase()}`;
    return { ...base, state: "missing", detail: `not held; ${use}`, effect, remedy };
  });
}
