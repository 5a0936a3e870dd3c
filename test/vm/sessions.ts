// SPDX-License-Identifier: Apache-2.0
import type { FirstProcess } from "../../guest/initramfs.ts";

/** What one boot of a guest is for. */
export interface Session {
  readonly name: string;
  readonly first: FirstProcess;
  readonly modules: readonly string[];
  readonly files: readonly string[];
  /** More words of the kernel's command line. */
  readonly kernelOptions?: string;
  readonly timeoutMs: number;
}

/** Debian's kernels do not load these by themselves. */
const MODULES = ["dccp_ipv4", "dccp_ipv6", "hci_vhci", "tun", "vsock_loopback"];

const SUITES = "test/vm/suites";
const PRIVILEGED = "test/privileged";

/** For files that are part of no other session: any test of this repository. */
export function otherSession(files: readonly string[]): Session {
  return {
    name: "other",
    first: "shell",
    modules: MODULES,
    files,
    timeoutMs: 300_000 * files.length,
  };
}

/**
 * Those of test/privileged that meet something in a guest which the machine of the developer may lack:
 * protocols, security modules, other ways into the kernel.
 */
export const SESSIONS: readonly Session[] = [
  {
    name: "trace",
    first: "shell",
    modules: [],
    files: [
      `${SUITES}/ways-in.test.ts`,
      `${SUITES}/c-tools.test.ts`,
      `${PRIVILEGED}/trace-tracer.test.ts`,
      `${PRIVILEGED}/trace-fit.test.ts`,
      `${PRIVILEGED}/trace-kernel.test.ts`,
      `${PRIVILEGED}/trace-evidence.test.ts`,
    ],
    timeoutMs: 900_000,
  },
  {
    name: "exposure",
    first: "shell",
    modules: MODULES,
    files: [
      `${SUITES}/protocols.test.ts`,
      `${SUITES}/vsock.test.ts`,
      `${SUITES}/bluetooth.test.ts`,
      `${SUITES}/least-privilege.test.ts`,
      `${PRIVILEGED}/protocols.test.ts`,
      `${PRIVILEGED}/link-layer.test.ts`,
      `${PRIVILEGED}/defenses.test.ts`,
      `${PRIVILEGED}/doctor.test.ts`,
      // The last: it shuts ptrace(2) off for good.
      `${SUITES}/security-modules.test.ts`,
    ],
    timeoutMs: 900_000,
  },
  {
    name: "preemption",
    first: "shell",
    modules: [],
    files: [`${PRIVILEGED}/trace-interrupted.test.ts`],
    // As distributions for desktops have it; not all of these kernels do by themselves.
    kernelOptions: "preempt=full",
    timeoutMs: 400_000,
  },
  {
    name: "capabilities",
    first: "shell",
    modules: [],
    files: [`${PRIVILEGED}/execve-model.test.ts`, `${PRIVILEGED}/gates.test.ts`],
    timeoutMs: 1_500_000,
  },
  {
    name: "systemd",
    first: "systemd",
    modules: [],
    files: [`${SUITES}/systemd.test.ts`],
    timeoutMs: 400_000,
  },
  {
    name: "services",
    first: "systemd",
    modules: [],
    files: [`${SUITES}/services.test.ts`],
    timeoutMs: 1_500_000,
  },
];
