// SPDX-License-Identifier: Apache-2.0

/**
 * Capability names in number order, lower case without the `cap_` prefix, as of Linux 6.18.
 * Source: include/uapi/linux/capability.h.
 */
export const CAPABILITY_NAMES: readonly string[] = [
  "chown",
  "dac_override",
  "dac_read_search",
  "fowner",
  "fsetid",
  "kill",
  "setgid",
  "setuid",
  "setpcap",
  "linux_immutable",
  "net_bind_service",
  "net_broadcast",
  "net_admin",
  "net_raw",
  "ipc_lock",
  "ipc_owner",
  "sys_module",
  "sys_rawio",
  "sys_chroot",
  "sys_ptrace",
  "sys_pacct",
  "sys_admin",
  "sys_boot",
  "sys_nice",
  "sys_resource",
  "sys_time",
  "sys_tty_config",
  "mknod",
  "lease",
  "audit_write",
  "audit_control",
  "setfcap",
  "mac_override",
  "mac_admin",
  "syslog",
  "wake_alarm",
  "block_suspend",
  "audit_read",
  "perfmon",
  "bpf",
  "checkpoint_restore",
];

/** Name of a capability number; numbers newer than the table are kept as `cap_41`. */
export function capabilityName(number: number): string {
  return CAPABILITY_NAMES[number] ?? `cap_${number}`;
}
