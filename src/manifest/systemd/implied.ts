// SPDX-License-Identifier: Apache-2.0

/** Sandboxing that takes capabilities out of the bounding set; systemd 252, unit_patch_contexts(). */
export const REMOVED_FROM_BOUNDING: Readonly<Record<string, readonly string[]>> = {
  PrivateDevices: ["mknod", "sys_rawio"],
  ProtectKernelModules: ["sys_module"],
  ProtectKernelLogs: ["syslog"],
  ProtectClock: ["sys_time", "wake_alarm"],
};

/** Settings that imply NoNewPrivileges=yes for a service without CAP_SYS_ADMIN; man 5 systemd.exec. */
export const IMPLY_NO_NEW_PRIVILEGES: readonly string[] = [
  "LockPersonality",
  "MemoryDenyWriteExecute",
  "PrivateDevices",
  "ProtectClock",
  "ProtectHostname",
  "ProtectKernelLogs",
  "ProtectKernelModules",
  "ProtectKernelTunables",
  "RestrictAddressFamilies",
  "RestrictNamespaces",
  "RestrictRealtime",
  "RestrictSUIDSGID",
  "SystemCallArchitectures",
  "SystemCallFilter",
  "SystemCallLog",
];
