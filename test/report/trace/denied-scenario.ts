// SPDX-License-Identifier: Apache-2.0
import type { Profile } from "../../../src/trace/model.ts";
import { credentials, finding, image, profile, run } from "./build-profile.ts";

/** A user's program that is refused what it asks for, with every consequence. */
export const DENIED: Profile = profile({
  runs: [
    run({
      subject: { kind: "command", program: "/usr/bin/tool", argv: ["tool", "--all of it"] },
      images: [image({ exe: "/usr/bin/tool", comm: "tool", exitCode: 1 })],
      credentials: [credentials()],
    }),
  ],
  findings: [
    finding(
      "sys_nice",
      "denied",
      [
        {
          program: "/usr/bin/tool",
          syscall: "setpriority",
          gate: "set_one_prio_perm",
          granted: 0,
          denied: 4,
          outcomes: [
            { syscall: "setpriority", errno: "EINTR", count: 1 },
            { syscall: "setpriority", errno: null, count: 3 },
          ],
        },
      ],
      { denial: "mixed" },
    ),
    finding(
      "net_admin",
      "denied",
      [
        {
          program: "/usr/bin/tool",
          syscall: "setsockopt",
          gate: "sk_setsockopt",
          granted: 0,
          denied: 2,
          outcomes: [{ syscall: "setsockopt", errno: null, count: 2 }],
        },
      ],
      { denial: "harmless" },
    ),
    finding(
      "kill",
      "denied",
      [
        {
          program: "/usr/bin/tool",
          syscall: "kill",
          gate: "check_kill_permission",
          granted: 0,
          denied: 1,
          outcomes: [{ syscall: "kill", errno: "EPERM", count: 1 }],
        },
      ],
      { denial: "failing" },
    ),
    finding(
      "sys_ptrace",
      "denied",
      [{ program: "/usr/bin/tool", syscall: "ptrace", gate: null, granted: 0, denied: 1 }],
      { denial: "inconclusive", conditions: ["kernel.yama.ptrace_scope = 1"] },
    ),
    finding("sys_admin", "namespaced", [
      {
        program: "/usr/bin/tool",
        syscall: "mount",
        gate: "path_mount",
        reason: "asked for in a child user namespace",
      },
    ]),
  ],
});
