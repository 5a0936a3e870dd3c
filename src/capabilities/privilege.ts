// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EMPTY_SET, includesAll, setOf } from "./set.ts";

/**
 * Capabilities with which a taken-over process gets control of the host, of other users'
 * processes or files, or of the network. Reasons: man 7 capabilities, one line each.
 */
export const HOST_CONTROL: CapabilitySet = setOf(
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

/** True when a process can raise a capability that matters; its user namespace decides what counts. */
export function isPrivileged(
  permitted: CapabilitySet,
  childUserNamespace: boolean | null,
): boolean {
  return childUserNamespace !== true && (permitted & HOST_CONTROL) !== EMPTY_SET;
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
