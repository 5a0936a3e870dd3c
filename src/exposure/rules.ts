// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EMPTY_SET, includesAll, setOf } from "../capabilities/set.ts";
import type { Endpoint, Flag } from "./model.ts";

/**
 * Capabilities with which a taken-over process gets control of the host, of other users'
 * processes or files, or of the network. Reasons: man 7 capabilities, one line each.
 */
const PRIVILEGED: CapabilitySet = setOf(
  "chown", // take over any file
  "dac_override", // read and write any file
  "dac_read_search", // read any file, also through open_by_handle_at(2)
  "fowner", // change the mode of any file
  "setgid", // become any group
  "setuid", // become any user
  "setpcap", // hand on capabilities, clear securebits
  "net_admin", // reconfigure interfaces, routes, firewall
  "net_raw", // forge and sniff packets
  "sys_module", // load kernel code
  "sys_rawio", // write to devices and ports directly
  "sys_chroot", // leave a chroot, mislead setuid programs
  "sys_ptrace", // take over any process
  "sys_admin", // mount, set namespaces and much more
  "sys_boot", // reboot, load another kernel
  "mknod", // make device nodes
  "setfcap", // give any capability to a file
  "audit_control", // switch the audit off
  "mac_override", // ignore mandatory access control
  "mac_admin", // change its policy
  "syslog", // read kernel addresses
  "perfmon", // observe every process
  "bpf", // run programs in the kernel
  "checkpoint_restore", // write to other processes' identity
);

interface FlagRule {
  readonly flag: Flag;
  readonly applies: (endpoint: FlagFacts) => boolean;
}

/** What the flags are judged by. */
export type FlagFacts = Pick<
  Endpoint,
  "protocol" | "bind" | "port" | "reach" | "reuseport" | "role"
> & { readonly privilegedOwner: boolean };

const SSH_PORT = 22;

/** In the order of `FLAGS` in the model. */
const FLAG_RULES: readonly FlagRule[] = [
  {
    flag: "proximity-plane",
    applies: ({ reach }) => reach.some(({ plane }) => plane === "bluetooth"),
  },
  {
    flag: "hypervisor-plane",
    applies: ({ reach }) => reach.some(({ plane }) => plane === "vsock"),
  },
  {
    flag: "ssh-on-vsock-port-22",
    applies: ({ protocol, port }) => protocol === "vsock" && port === SSH_PORT,
  },
  {
    flag: "wildcard-bind",
    applies: ({ bind, role }) => bind.wildcard && role === "service",
  },
  { flag: "reuseport", applies: ({ reuseport }) => reuseport === true },
  { flag: "privileged-caps", applies: ({ privilegedOwner }) => privilegedOwner },
];

/** The flags of an endpoint, in printing order. */
export function assessFlags(facts: FlagFacts): readonly Flag[] {
  return FLAG_RULES.filter(({ applies }) => applies(facts)).map(({ flag }) => flag);
}

/** True when a process can raise a capability that matters; its user namespace decides what counts. */
export function isPrivileged(
  permitted: CapabilitySet,
  childUserNamespace: boolean | null,
): boolean {
  return childUserNamespace !== true && (permitted & PRIVILEGED) !== EMPTY_SET;
}

/** Judges a permitted set against everything that this kernel knows. */
export function assessPrivilege(
  permitted: CapabilitySet,
  all: CapabilitySet,
): "full" | "partial" | "none" {
  if (permitted === EMPTY_SET) return "none";
  return includesAll(permitted, all) ? "full" : "partial";
}

/**
 * True when a bounding set was not trimmed: it still holds everything that pid 1's holds, or all
 * that the kernel knows where pid 1's cannot be read.
 */
export function isOpenEnded(bounding: CapabilitySet, ceiling: CapabilitySet): boolean {
  return bounding !== EMPTY_SET && includesAll(bounding, ceiling);
}
