// SPDX-License-Identifier: Apache-2.0
import { EMPTY_SET, setOf } from "../../capabilities/set.ts";
import type { PowerFacts } from "./facts.ts";
import type { PowerRule, Verdict } from "./powers.ts";

/** What can be reached from here by files, sockets, devices and namespaces. */
export const FILE_POWERS: readonly PowerRule[] = [
  {
    id: "host-pid-namespace",
    what: "see every process of the machine",
    judge: ({ initial }) => judgeNamespace(initial.pid, "PID"),
  },
  {
    id: "host-network",
    what: "use the machine's own network",
    judge: ({ initial }) => judgeNamespace(initial.net, "network"),
  },
  {
    id: "root-of-pid-1",
    what: "reach another root directory by /proc/1/root",
    judge: ({ otherRoot }) => {
      if (otherRoot === null) return { state: "no", reason: "/proc/1/root cannot be looked at" };
      return otherRoot
        ? { state: "yes", reason: "/proc/1/root is another directory than /" }
        : { state: "no", reason: "process 1 has the same root directory" };
    },
  },
  {
    id: "engine-socket",
    what: "give orders to a container engine",
    judge: ({ engineSockets }) =>
      engineSockets.length === 0
        ? { state: "no", reason: "no socket of one may be written to" }
        : { state: "yes", reason: `may write ${engineSockets.join(", ")}` },
  },
  { id: "block-devices", what: "read and write disks directly", judge: judgeDevices },
  {
    id: "physical-memory",
    what: "read physical memory (/dev/mem)",
    judge: (facts) => judgeMemory(facts),
  },
  {
    id: "release-agent",
    what: "have the kernel run a program as root (cgroup release_agent)",
    judge: judgeReleaseAgent,
  },
  {
    id: "core-pattern",
    what: "have the kernel run a program as root (core_pattern)",
    judge: ({ files }) => judgeFile(files.corePattern, "/proc/sys/kernel/core_pattern", "write"),
  },
  {
    id: "modprobe-path",
    what: "have the kernel run a program as root (kernel.modprobe)",
    judge: ({ files }) => judgeFile(files.modprobe, "/proc/sys/kernel/modprobe", "write"),
  },
  {
    id: "sysrq",
    what: "crash or reboot the machine (/proc/sysrq-trigger)",
    judge: ({ files }) => judgeFile(files.sysrq, "/proc/sysrq-trigger", "write"),
  },
  {
    id: "kernel-log",
    what: "read the kernel's log",
    judge: ({ files, context, permitted }) => {
      const verdict = judgeFile(files.kernelLog, "/dev/kmsg", "read");
      const isOpen = context.sysctls["kernel.dmesg_restrict"] === "0";
      if (permitted === null) return verdict;
      if ((permitted & setOf("syslog")) !== EMPTY_SET) {
        return { state: "yes", reason: "has CAP_SYSLOG" };
      }
      return isOpen ? { state: "yes", reason: "kernel.dmesg_restrict is 0" } : NEEDS_SYSLOG;
    },
  },
  {
    id: "service-account",
    what: "act as a Kubernetes service account",
    judge: ({ files }) => judgeFile(files.serviceAccount, "its token", "read"),
  },
];

const NEEDS_SYSLOG: Verdict = { state: "no", reason: "needs CAP_SYSLOG" };

function judgeNamespace(initial: boolean | null, kind: string): Verdict {
  if (initial === null) return { state: "unknown", reason: `which ${kind} namespace it is in` };
  return initial
    ? { state: "yes", reason: `it is in the initial ${kind} namespace` }
    : { state: "no", reason: `it is in a ${kind} namespace of its own` };
}

function judgeFile(
  access: PowerFacts["files"]["sysrq"],
  name: string,
  how: "read" | "write",
): Verdict {
  if (access === "absent") return { state: "no", reason: `${name} is not there` };
  return access === "allowed"
    ? { state: "yes", reason: `may ${how} ${name}` }
    : { state: "no", reason: `may not ${how} ${name}` };
}

/** What access(2) allows, a device control group can still forbid. */
function judgeDevices({ writableDevices, blockDevices }: PowerFacts): Verdict {
  if (writableDevices.length > 0) {
    const reason = `may write ${writableDevices.slice(0, 3).join(", ")}`;
    return { state: "perhaps", reason: `${reason}; a device control group may forbid it` };
  }
  return blockDevices.length === 0
    ? { state: "no", reason: "there is no block device in /dev" }
    : { state: "no", reason: "may write none of those in /dev" };
}

function judgeMemory({ files, permitted, context }: PowerFacts): Verdict {
  const verdict = judgeFile(files.memory, "/dev/mem", "read");
  if (verdict.state === "no" || permitted === null) return verdict;
  if ((permitted & setOf("sys_rawio")) === EMPTY_SET) {
    return { state: "no", reason: "needs CAP_SYS_RAWIO" };
  }
  if (context.lockdown !== null && context.lockdown !== "none") {
    return { state: "no", reason: `lockdown is ${context.lockdown}` };
  }
  return verdict;
}

/** Since Linux 5.17 in the initial user namespace only (cgroup_release_agent_write). */
function judgeReleaseAgent({ releaseAgents, permitted, initial }: PowerFacts): Verdict {
  const [agent] = releaseAgents;
  if (agent === undefined) return { state: "no", reason: "no release_agent may be written" };
  if (permitted !== null && (permitted & setOf("sys_admin")) === EMPTY_SET) {
    return { state: "no", reason: `may write ${agent}, but needs CAP_SYS_ADMIN` };
  }
  if (initial.user === false) {
    return { state: "no", reason: "needs CAP_SYS_ADMIN in the initial user namespace" };
  }
  return { state: "yes", reason: `may write ${agent}` };
}
