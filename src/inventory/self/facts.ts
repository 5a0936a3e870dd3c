// SPDX-License-Identifier: Apache-2.0
import type { CapabilitySet } from "../../capabilities/set.ts";
import type { Access } from "../../linux/self/access.ts";
import type { SystemContextRecord } from "../../linux/procfs/system-context.ts";

/** What decides what this process could do; null is "could not be read". */
export interface PowerFacts {
  /** What it holds or can raise. */
  readonly permitted: CapabilitySet | null;
  readonly bounding: CapabilitySet | null;
  readonly noNewPrivs: boolean | null;
  readonly seccomp: "disabled" | "strict" | "filter" | null;
  readonly initial: {
    readonly user: boolean | null;
    readonly pid: boolean | null;
    readonly net: boolean | null;
  };
  readonly context: SystemContextRecord;
  /** The kernel can load modules at all: /proc/modules is there. */
  readonly hasModules: boolean | null;
  /** user.max_user_namespaces */
  readonly maxUserNamespaces: number | null;
  /** kernel.apparmor_restrict_unprivileged_userns is 1. */
  readonly restrictsUserNamespaces: boolean;
  readonly chrooted: boolean | null;
  readonly rootNosuid: boolean | null;
  /** /proc/1/root leads to another directory than /; null: it cannot be looked at. */
  readonly otherRoot: boolean | null;
  /** Sockets of container engines that may be written to. */
  readonly engineSockets: readonly string[];
  readonly writableDevices: readonly string[];
  readonly blockDevices: readonly string[];
  readonly releaseAgents: readonly string[];
  readonly files: Readonly<Record<FileFact, Access>>;
}

/** Files whose permissions decide, and how they would be opened. */
export const FILE_FACTS = {
  corePattern: ["/proc/sys/kernel/core_pattern", "write"],
  modprobe: ["/proc/sys/kernel/modprobe", "write"],
  sysrq: ["/proc/sysrq-trigger", "write"],
  memory: ["/dev/mem", "read"],
  kernelLog: ["/dev/kmsg", "read"],
  serviceAccount: ["/var/run/secrets/kubernetes.io/serviceaccount/token", "read"],
} as const satisfies Readonly<Record<string, readonly [string, "read" | "write"]>>;
export type FileFact = keyof typeof FILE_FACTS;
