// SPDX-License-Identifier: Apache-2.0
import type { CheckRecord } from "../linux/bpf/observation.ts";
import { INITIAL_USER_NAMESPACE } from "../linux/procfs/namespaces.ts";
import type { Verdict } from "./model.ts";

/** A verdict with the kernel function that asked. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly gate: string | null;
  readonly reason: string | null;
}

interface OpportunisticGate {
  /** Functions, one of which is on the stack. */
  readonly functions: readonly string[];
  readonly reason: string;
  /** Only these capabilities; null for whichever is asked. */
  readonly capabilities: readonly number[] | null;
}

const SETPCAP = 8;
const SYS_ADMIN = 21;
const SYS_RESOURCE = 24;

/** Places in Linux 6.x where the kernel asks and goes on without the capability. */
const OPPORTUNISTIC_GATES: readonly OpportunisticGate[] = [
  {
    functions: ["security_vm_enough_memory_mm", "cap_vm_enough_memory", "__vm_enough_memory"],
    reason: "memory accounting: the reserve for the administrator",
    capabilities: [SYS_ADMIN],
  },
  {
    functions: ["ext4_has_free_clusters", "xfs_mod_freecounter", "btrfs_reserve_metadata_bytes"],
    reason: "free blocks: the reserve for the administrator",
    capabilities: null,
  },
  {
    functions: ["too_many_unix_fds", "too_many_pipe_buffers_hard", "too_many_pipe_buffers_soft"],
    reason: "limit on descriptors in flight or pipe buffers",
    capabilities: null,
  },
  {
    functions: ["cap_inh_is_capped", "cap_capset"],
    reason: "capset(2): decides only whether the inheritable set may grow",
    capabilities: [SETPCAP],
  },
  {
    functions: ["cap_bprm_creds_from_file", "bprm_creds_from_file", "begin_new_exec"],
    reason: "exec: decides only whether the new program may be dumped or traced",
    capabilities: null,
  },
  {
    functions: ["is_ucounts_overlimit", "inc_rlimit_ucounts", "is_rlimit_overlimit"],
    reason: "limit on processes",
    capabilities: [SYS_ADMIN, SYS_RESOURCE],
  },
];

/** Functions between cap_capable() and the one that really asked. */
const WRAPPERS =
  /^(?:cap_capable|security_capable|ns_capable|ns_capable_common|capable|has_capability|has_ns_capability|ns_capable_noaudit|has_capability_noaudit|has_ns_capability_noaudit|ns_capable_setid|capable_wrt_inode_uidgid|privileged_wrt_inode_uidgid|sk_capable|sk_ns_capable|sk_net_capable|netlink_capable|netlink_ns_capable|netlink_net_capable|file_ns_capable|bpf_.*|trace_.*|__traceiter_.*|__bpf_trace_.*)(?:\..*)?$/;

/** Judges checks that are alike by what was asked, of whom, and from where in the kernel. */
export function judgeCheck(record: CheckRecord): Judgement {
  const check = { ...record, stacks: record.stacks.map(withSourceNames) };
  const gate = gateOf(check);
  if (check.borrowedCredentials) {
    return { verdict: "borrowed", gate, reason: "the credentials were not the program's own" };
  }
  if (check.targetNamespace !== INITIAL_USER_NAMESPACE) {
    return { verdict: "namespaced", gate, reason: "asked for in a child user namespace" };
  }
  const opportunistic = opportunisticReason(check);
  if (opportunistic !== null) return { verdict: "opportunistic", gate, reason: opportunistic };
  if (check.silent === true) {
    return { verdict: "opportunistic", gate, reason: "asked without audit" };
  }
  return { verdict: check.granted ? "required" : "denied", gate, reason: null };
}

type Stack = CheckRecord["stacks"][number];

/** Copies that the compiler made have a suffix: "rtnl_get_net.constprop.0", "f.isra.0", "f.cold". */
function withSourceNames({ frames, samples }: Stack): Stack {
  return { frames: frames.map((frame) => frame.split(".")[0] ?? frame), samples };
}

/** The innermost function that is no wrapper, of the stack that was sampled most. */
function gateOf({ stacks }: CheckRecord): string | null {
  const [stack] = stacks.toSorted((one, other) => other.samples - one.samples);
  return stack?.frames.find((frame) => !WRAPPERS.test(frame)) ?? null;
}

/** Null unless every stack that was sampled leads to such a place. */
function opportunisticReason({ stacks, capability }: CheckRecord): string | null {
  const reasons = stacks.map(({ frames }) => {
    const gate = OPPORTUNISTIC_GATES.find(
      ({ functions, capabilities }) =>
        (capabilities === null || capabilities.includes(capability)) &&
        frames.some((frame) => functions.includes(frame)),
    );
    return gate?.reason ?? null;
  });
  return reasons.includes(null) ? null : (reasons[0] ?? null);
}
