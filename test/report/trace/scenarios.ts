// SPDX-License-Identifier: Apache-2.0
import type { Profile } from "../../../src/trace/model.ts";
import { credentials, finding, image, profile, run } from "./build-profile.ts";
import { DROPPING_DAEMON } from "./daemon-scenario.ts";
import { DENIED } from "./denied-scenario.ts";
import { CONTEXT, ROOT } from "./systems.ts";

/** A command that could not be run. */
export const INCONCLUSIVE: Profile = profile({
  runs: [
    run({
      images: [],
      coverage: {
        complete: false,
        lost: { checks: 0, stacks: 0, images: 0 },
        gaps: ["the command was not executed"],
      },
    }),
  ],
  conclusion: "inconclusive",
});

/** Two traces of a script, on two kernels, the second with losses. */
export const MERGED: Profile = profile({
  runs: [
    run({
      subject: { kind: "command", program: "/usr/bin/python3.11", argv: ["python3", "log.py"] },
      images: [image({ exe: "/usr/bin/python3.11", comm: "python3" })],
      context: CONTEXT,
      credentials: [credentials({ ...ROOT })],
    }),
    run({
      id: "run-2",
      time: "2026-01-03T03:04:05.000Z",
      host: { name: "db2", kernel: "6.12.1" },
      wayIn: "fexit",
      durationNs: 4_000_000_000_000,
      subject: { kind: "process", program: "/usr/bin/python3.11", pid: 77 },
      images: [
        image({ id: 1, exe: "/usr/bin/python3.11", attached: true, endNs: null, exitCode: null }),
        image({ id: 2, exe: "/usr/bin/id", exitCode: null, exitSignal: 9 }),
      ],
      context: { ...CONTEXT, sysctls: { "kernel.dmesg_restrict": "0" }, securityModules: null },
    }),
  ],
  findings: [
    finding("net_raw", "required", [
      { program: "/usr/bin/python3.11", syscall: "socket", gate: "packet_create" },
    ]),
    finding(
      "syslog",
      "conditional",
      [{ program: "/usr/bin/python3.11", syscall: "syslog", gate: "check_syslog_permissions" }],
      { conditions: ["kernel.dmesg_restrict = 1"], runs: ["run-1"] },
    ),
    finding(
      "cap_41",
      "required",
      [{ program: "/usr/bin/id", syscall: "ioctl", gate: "new_gate", granted: 2 }],
      { runs: ["run-2"] },
    ),
  ],
  coverage: { complete: false, lost: { checks: 3, stacks: 1, images: 0 }, gaps: [] },
});

/** A root's command that the kernel asked in passing alone. */
export const NOTHING: Profile = profile({
  runs: [
    run({
      subject: { kind: "command", program: "/usr/bin/true", argv: ["true"] },
      images: [image({ exe: "/usr/bin/true", comm: "true" })],
      credentials: [credentials({ ...ROOT })],
    }),
  ],
  findings: [
    finding("sys_admin", "opportunistic", [
      {
        program: "/usr/bin/true",
        syscall: "execve",
        gate: "security_vm_enough_memory_mm",
        reason: "memory accounting: the reserve for the administrator",
        granted: 7,
      },
    ]),
  ],
});

const EVIL = "/tmp/a\nb\x1b[2J'\"\u202e c";

/** Names that try to be something else, and very many of everything. */
export const HOSTILE: Profile = profile({
  runs: [
    run({
      id: "run\n1",
      host: { name: "we\x1bb", kernel: "6\n7" },
      subject: { kind: "unit", unit: "a\nb.service" },
      images: Array.from({ length: 40 }, (_, id) =>
        image({ id: id + 1, exe: id < 5 ? EVIL : `/usr/bin/it's ${id}` }),
      ),
      credentials: [credentials({ ...ROOT }), credentials({ id: 2, previous: 1 })],
    }),
  ],
  findings: [
    finding(
      "net_raw",
      "required",
      Array.from({ length: 40 }, (_, id) => ({
        program: id < 5 ? EVIL : `/usr/bin/it's ${id}`,
        gate: "a\x1bb",
        userStack: [{ name: "f\n\x1b", file: EVIL, buildId: null, offset: null }],
      })),
    ),
    finding("no\nname", "required", [{}]),
  ],
});

export { DENIED, DROPPING_DAEMON };

export const SCENARIOS: Readonly<Record<string, Profile>> = {
  "dropping-daemon": DROPPING_DAEMON,
  denied: DENIED,
  inconclusive: INCONCLUSIVE,
  merged: MERGED,
  nothing: NOTHING,
  hostile: HOSTILE,
};
