// SPDX-License-Identifier: Apache-2.0
import { listNames } from "../wording.ts";
import { isRoot, type Workload } from "../workload.ts";
import { mayForbidGains } from "./containers.ts";

/** Levels of the Pod Security Standards, the strictest first. */
export type PodSecurityLevel = "restricted" | "baseline" | "privileged";

/** Capabilities that the level baseline lets a container add; the Pod Security Standards. */
const BASELINE: readonly string[] = [
  "audit_write",
  "chown",
  "dac_override",
  "fowner",
  "fsetid",
  "kill",
  "mknod",
  "net_bind_service",
  "setfcap",
  "setgid",
  "setpcap",
  "setuid",
  "sys_chroot",
];

/** The strictest level that admits the pod, by what is written, and what keeps it from a stricter one. */
export function podSecurityOf(workload: Workload): {
  readonly level: PodSecurityLevel;
  readonly reasons: readonly string[];
} {
  const { all } = workload.grant;
  const beyondBaseline = all.filter((name) => !BASELINE.includes(name));
  if (beyondBaseline.length > 0) {
    return {
      level: "privileged",
      reasons: [`baseline does not admit ${listNames(beyondBaseline)}`],
    };
  }
  const beyondRestricted = all.filter((name) => name !== "net_bind_service");
  const isNonRoot = workload.user === null ? all.length === 0 : !isRoot(workload.user);
  const reasons = [
    ...(beyondRestricted.length > 0
      ? [`restricted does not admit ${listNames(beyondRestricted)}`]
      : []),
    ...(isNonRoot ? [] : ["restricted does not admit root"]),
    ...(mayForbidEscalation(workload) ? [] : ["restricted does not admit privilege escalation"]),
  ];
  return { level: reasons.length === 0 ? "restricted" : "baseline", reasons };
}

/** The runtime lets a container with SYS_ADMIN escalate whatever is written: it is always true then. */
export function mayForbidEscalation(workload: Workload): boolean {
  return mayForbidGains(workload) && !workload.grant.all.includes("sys_admin");
}

/** The level in a sentence. */
export function podSecurityNotes(workload: Workload): readonly string[] {
  const { level, reasons } = podSecurityOf(workload);
  const why = reasons.length === 0 ? "" : `: ${reasons.join("; ")}`;
  return [
    `Pod Security level by what is written here: ${level}${why}. Volumes, host namespaces and ports ` +
      "of yours count as well.",
  ];
}
