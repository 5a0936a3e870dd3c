// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "../../../src/capabilities/names.ts";
import type { Profile } from "../../../src/trace/model.ts";
import { credentials, finding, image, profile, run } from "./build-profile.ts";
import { CONTEXT, ROOT } from "./systems.ts";

const NGINX = "/usr/sbin/nginx";
const LIBC = "/usr/lib/x86_64-linux-gnu/libc.so.6";
/** A service that binds its port and changes to its user as root, then works on without. */
export const DROPPING_DAEMON: Profile = profile({
  runs: [
    run({
      subject: {
        kind: "service",
        unit: "nginx.service",
        file: "/lib/systemd/system/nginx.service",
        argv: [NGINX, "-g", "daemon off;"],
      },
      durationNs: 75_000_000_000,
      context: CONTEXT,
      images: [
        image({ exe: NGINX, comm: "nginx" }),
        image({ id: 2, pid: 4243, exe: NGINX, comm: "nginx", endNs: null, exitCode: null }),
        image({ id: 3, pid: 4244, exe: NGINX, comm: "nginx", endNs: null, exitCode: null }),
        image({ id: 4, pid: 4245, exe: "/bin/sh", comm: "sh", exitCode: 1 }),
      ],
      credentials: [
        credentials({ ...ROOT, bounding: CAPABILITY_NAMES }),
        credentials({ id: 2, image: 2, ...ROOT, bounding: CAPABILITY_NAMES, firstNs: 2_000_000 }),
        credentials({
          id: 3,
          previous: 1,
          phase: "after-drop",
          uid: 33,
          effectiveUid: 33,
          permitted: ["chown", "sys_nice"],
          effective: ["sys_nice"],
          bounding: CAPABILITY_NAMES,
          noNewPrivileges: true,
          firstNs: 3_000_000,
        }),
      ],
    }),
  ],
  findings: [
    finding("net_bind_service", "required", [
      {
        program: NGINX,
        userStack: [
          { name: "bind", file: LIBC, buildId: "ab12", offset: 16 },
          { name: "ngx_open_listening_sockets", file: NGINX, buildId: "cd34", offset: 4096 },
          { name: "main", file: NGINX, buildId: "cd34", offset: 512 },
        ],
      },
    ]),
    finding("setgid", "required", [
      { program: NGINX, syscall: "setgid", gate: "__sys_setgid", granted: 2 },
      { program: NGINX, syscall: "setgroups", gate: "may_setgroups", granted: 2 },
    ]),
    finding("setuid", "required", [
      { program: NGINX, syscall: "setuid", gate: "__sys_setuid", granted: 2 },
    ]),
    finding("sys_nice", "required", [
      {
        program: NGINX,
        syscall: "setpriority",
        gate: "set_one_prio_perm",
        phase: "start-up",
        granted: 3,
      },
      {
        program: NGINX,
        syscall: "setpriority",
        gate: "set_one_prio_perm",
        phase: "after-drop",
        granted: 5,
      },
    ]),
    finding("setpcap", "self-confinement", [
      {
        program: NGINX,
        syscall: "prctl",
        gate: "cap_task_prctl",
        reason: "prctl(PR_CAPBSET_DROP): gives capabilities up for good",
        granted: 43,
      },
    ]),
    finding("chown", "capset-only", [], { installedIn: ["permitted"] }),
    finding("sys_admin", "opportunistic", [
      {
        program: NGINX,
        syscall: "mmap",
        gate: "security_vm_enough_memory_mm",
        reason: "memory accounting: the reserve for the administrator",
        granted: 20,
      },
      {
        program: NGINX,
        syscall: null,
        gate: "security_vm_enough_memory_mm",
        reason: "memory accounting: the reserve for the administrator",
        granted: 2,
      },
    ]),
    finding("dac_read_search", "borrowed", [
      {
        program: "/bin/sh",
        syscall: "openat",
        gate: "ovl_permission",
        reason: "the credentials were not the program's own",
      },
    ]),
  ],
});
