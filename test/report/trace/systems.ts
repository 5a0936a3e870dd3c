// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "../../../src/capabilities/names.ts";
import type { SystemContext } from "../../../src/trace/model.ts";

/** Of a machine with common settings. */
export const CONTEXT: SystemContext = {
  sysctls: {
    "kernel.yama.ptrace_scope": "1",
    "kernel.kptr_restrict": "1",
    "kernel.dmesg_restrict": "1",
    "kernel.modules_disabled": "0",
    "kernel.perf_event_paranoid": "2",
    "kernel.unprivileged_bpf_disabled": "2",
    "net.core.bpf_jit_harden": "1",
    "vm.mmap_min_addr": "65536",
    "fs.protected_hardlinks": "1",
    "fs.suid_dumpable": null,
  },
  securityModules: ["capability", "yama", "apparmor"],
  lockdown: "integrity",
};

/** Credentials of root with everything. */
export const ROOT = {
  uid: 0,
  effectiveUid: 0,
  permitted: CAPABILITY_NAMES,
  effective: CAPABILITY_NAMES,
};
