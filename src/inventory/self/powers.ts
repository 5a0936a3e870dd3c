// SPDX-License-Identifier: Apache-2.0
import { EMPTY_SET, setOf } from "../../capabilities/set.ts";
import { constantName } from "../../capabilities/spelling.ts";
import type { Power, PowerState } from "../model.ts";
import type { PowerFacts } from "./facts.ts";
import { FILE_POWERS } from "./file-powers.ts";

/** What a rule says of one thing. */
export interface Verdict {
  readonly state: PowerState;
  readonly reason: string;
}

export interface PowerRule {
  readonly id: string;
  readonly what: string;
  readonly judge: (facts: PowerFacts) => Verdict;
}

/** Judges what this process could do by what was read. Nothing is tried. Pure. */
export function assessPowers(facts: PowerFacts): readonly Power[] {
  return [...CAPABILITY_POWERS, ...FILE_POWERS].map(({ id, what, judge }) => ({
    id,
    what,
    ...judge(facts),
  }));
}

/** Where a capability has to be held: `owner` is the user namespace that owns what is changed. */
type Where = "initial" | "owner";

/** "yes" where the capability is held; what is in the way of it otherwise. */
function byCapability(name: string, where: Where, alternatives: readonly string[] = []) {
  return (facts: PowerFacts): Verdict => {
    const { permitted, initial, seccomp } = facts;
    const constant = constantName(name);
    if (permitted === null) return { state: "unknown", reason: "capabilities could not be read" };
    const held = [name, ...alternatives].find((each) => (permitted & setOf(each)) !== EMPTY_SET);
    if (held === undefined) return { state: "no", reason: `needs ${constant}` };
    const has = `has ${constantName(held)}`;
    if (where === "initial" && initial.user === false) {
      return { state: "no", reason: `needs ${constant} in the initial user namespace` };
    }
    if (where === "initial" && initial.user === null) {
      return { state: "perhaps", reason: `${has}; which user namespace this is, is not known` };
    }
    if (where === "owner" && initial.user === false) {
      return { state: "perhaps", reason: `${has}, over what its user namespace owns` };
    }
    if (seccomp === "filter") {
      return { state: "perhaps", reason: `${has}; a seccomp filter may forbid it` };
    }
    return { state: "yes", reason: has };
  };
}

const mount = byCapability("sys_admin", "owner");
const module = byCapability("sys_module", "initial");
const trace = byCapability("sys_ptrace", "owner");
const bpf = byCapability("bpf", "initial", ["sys_admin"]);

const CAPABILITY_POWERS: readonly PowerRule[] = [
  { id: "mount", what: "mount file systems, and over others", judge: mount },
  {
    id: "kernel-modules",
    what: "load kernel modules",
    judge: (facts) => {
      const verdict = module(facts);
      if (verdict.state === "no") return verdict;
      const { sysctls, lockdown } = facts.context;
      if (facts.hasModules === false) return { state: "no", reason: "this kernel has no modules" };
      if (sysctls["kernel.modules_disabled"] === "1") {
        return { state: "no", reason: "kernel.modules_disabled is 1" };
      }
      if (lockdown !== null && lockdown !== "none") {
        return { state: "perhaps", reason: `${verdict.reason}; signed ones only (lockdown)` };
      }
      return verdict;
    },
  },
  {
    id: "ptrace",
    what: "take over processes of other users",
    judge: (facts) =>
      facts.context.sysctls["kernel.yama.ptrace_scope"] === "3"
        ? { state: "no", reason: "kernel.yama.ptrace_scope is 3" }
        : trace(facts),
  },
  {
    id: "read-any-file",
    what: "read files of all users",
    judge: byCapability("dac_read_search", "owner", ["dac_override"]),
  },
  {
    id: "write-any-file",
    what: "write files of all users",
    judge: byCapability("dac_override", "owner"),
  },
  {
    id: "files-by-handle",
    what: "open files outside this mount namespace (open_by_handle_at)",
    judge: byCapability("dac_read_search", "initial"),
  },
  { id: "become-any-user", what: "become any user", judge: byCapability("setuid", "owner") },
  { id: "device-nodes", what: "make device nodes", judge: byCapability("mknod", "initial") },
  {
    id: "raw-sockets",
    what: "sniff and forge packets",
    judge: byCapability("net_raw", "owner"),
  },
  {
    id: "network-configuration",
    what: "change interfaces, routes and firewall",
    judge: byCapability("net_admin", "owner"),
  },
  {
    id: "bpf",
    what: "load programs into the kernel",
    judge: (facts) => {
      const verdict = bpf(facts);
      const setting = facts.context.sysctls["kernel.unprivileged_bpf_disabled"];
      if (verdict.state !== "no" || setting !== "0") return verdict;
      return { state: "perhaps", reason: "kernel.unprivileged_bpf_disabled is 0" };
    },
  },
  { id: "clock", what: "set the clock", judge: byCapability("sys_time", "initial") },
  {
    id: "reboot",
    what: "reboot, or load another kernel",
    judge: byCapability("sys_boot", "owner"),
  },
  {
    id: "user-namespaces",
    what: "get all capabilities in a user namespace of its own",
    judge: judgeUserNamespaces,
  },
  {
    id: "setuid-programs",
    what: "gain by setuid programs and file capabilities",
    judge: judgeGain,
  },
];

/** Wide attack surface of the kernel's: create_user_ns() in kernel/user_namespace.c. */
function judgeUserNamespaces(facts: PowerFacts): Verdict {
  const { context, maxUserNamespaces, restrictsUserNamespaces, chrooted, seccomp } = facts;
  if (maxUserNamespaces === 0) return { state: "no", reason: "user.max_user_namespaces is 0" };
  if (chrooted === true) return { state: "no", reason: "its root directory was changed (chroot)" };
  const isPrivileged = facts.permitted !== null && (facts.permitted & setOf("sys_admin")) !== 0n;
  if (context.sysctls["kernel.unprivileged_userns_clone"] === "0" && !isPrivileged) {
    return { state: "no", reason: "kernel.unprivileged_userns_clone is 0" };
  }
  if (restrictsUserNamespaces && !isPrivileged) {
    return { state: "no", reason: "AppArmor restricts unprivileged user namespaces" };
  }
  if (seccomp === "filter") return { state: "perhaps", reason: "a seccomp filter may forbid it" };
  if (maxUserNamespaces === null) {
    return { state: "perhaps", reason: "user.max_user_namespaces could not be read" };
  }
  if (chrooted === null) {
    return { state: "perhaps", reason: "not if its root directory was changed (chroot)" };
  }
  return { state: "yes", reason: "nothing forbids it" };
}

function judgeGain({ noNewPrivs, bounding, rootNosuid }: PowerFacts): Verdict {
  if (noNewPrivs === true) return { state: "no", reason: "no_new_privs is set" };
  if (rootNosuid === true) return { state: "no", reason: "the root file system is nosuid" };
  if (noNewPrivs === null || bounding === null) {
    return { state: "unknown", reason: "no_new_privs could not be read" };
  }
  if (bounding === EMPTY_SET) {
    return {
      state: "perhaps",
      reason: "another user, but no capability: the bounding set is empty",
    };
  }
  return { state: "yes", reason: "no_new_privs is not set, and the bounding set is not empty" };
}
