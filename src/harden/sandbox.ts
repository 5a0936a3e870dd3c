// SPDX-License-Identifier: Apache-2.0
import { constantName } from "../capabilities/spelling.ts";
import { isUntouchable, type SandboxRule, SANDBOX_RULES, UNDECIDED } from "./sandbox-rules.ts";
import { listNames } from "./wording.ts";
import { runsAsRoot, type Workload } from "./workload.ts";

/** An option of systemd.exec(5) and why it is written, or why it is not. */
export interface SandboxOption {
  readonly setting: string;
  readonly reason: string;
}

export interface Sandbox {
  /** Why none of it can be written; null where it is judged one by one. */
  readonly obstacle: string | null;
  readonly written: readonly SandboxOption[];
  /** Not written, because a capability was asked for that it would take away, or nothing is known. */
  readonly refused: readonly SandboxOption[];
  /** What no trace of capabilities can decide. */
  readonly undecided: readonly SandboxOption[];
}

/**
 * Chooses the options that take nothing away which the program was seen to use: what they forbid
 * takes a capability that is not granted, or was not used for that.
 */
export function sandboxFor(workload: Workload): Sandbox {
  if (workload.grant.gainAtExec === "seen" && !runsAsRoot(workload)) {
    // Man 5 systemd.exec, NoNewPrivileges=: implied where the service has no CAP_SYS_ADMIN.
    const obstacle =
      "for a user other than root it implies NoNewPrivileges=yes, and programs gained privileges " +
      "when they were executed";
    return { obstacle, written: [], refused: [], undecided: [] };
  }
  const judged = SANDBOX_RULES.map((rule) => ({ rule, ...judge(rule, workload) }));
  const option = ({ rule, reason }: (typeof judged)[number]): SandboxOption => ({
    setting: rule.setting,
    reason,
  });
  return {
    obstacle: null,
    written: judged.filter(({ holds }) => holds).map(option),
    refused: judged.filter(({ holds }) => !holds).map(option),
    undecided: UNDECIDED,
  };
}

interface Judgement {
  readonly holds: boolean;
  readonly reason: string;
}

function judge(rule: SandboxRule, workload: Workload): Judgement {
  const unheld = rule.implies.filter((name) => workload.grant.all.includes(name));
  if (unheld.length > 0) return no(`it would take ${listNames(unheld)} away, which is granted`);
  for (const condition of [rule.user, rule.log, rule.namespaces]) {
    const refusal = condition === undefined ? null : refusalOf(condition, workload);
    if (refusal !== null) return no(refusal);
  }
  const reasons = [];
  for (const { capability, calls } of rule.asks) {
    const judgement = judgeCalls(capability, calls, workload);
    if (!judgement.holds) return judgement;
    reasons.push(judgement.reason);
  }
  return yes([rule.what, [...new Set(reasons)].join(", and ")].join(" ").trim());
}

function refusalOf(
  condition: NonNullable<SandboxRule["user" | "log" | "namespaces"]>,
  workload: Workload,
): string | null {
  const { evidence } = workload;
  if (evidence === null) return "nothing was traced";
  if (!evidence.isWhole) return "the trace is not whole";
  switch (condition) {
    case "never-root":
      return isUntouchable(workload)
        ? null
        : "root may do it without being asked for a capability, so a trace does not tell";
    case "restricted":
      return evidence.isLogRestricted
        ? null
        : "kernel.dmesg_restrict was not 1, so reading the log asks for no capability";
    case "unused":
      return evidence.usesUserNamespaces ? "it used user namespaces" : null;
  }
}

/** Either the capability is not there to be used, or it was not used for these calls. */
function judgeCalls(
  capability: string,
  calls: readonly string[] | null,
  { grant, evidence }: Workload,
): Judgement {
  const name = constantName(capability);
  if (!grant.all.includes(capability)) return yes(`takes ${name}, which is not granted`);
  if (evidence === null) return no(`${name} is granted, and nothing was traced`);
  if (!evidence.isWhole) return no(`${name} is granted, and the trace is not whole`);
  const seen = evidence.calls.get(capability) ?? new Set();
  const used = calls === null ? [...seen] : calls.filter((call) => seen.has(call));
  if (used.length > 0) return no(`${name} was asked for in ${used.join(", ")}`);
  const where = calls === null ? "" : ` in ${calls.join(", ")}`;
  return yes(`takes ${name}, which was not asked for${where}`);
}

function yes(reason: string): Judgement {
  return { holds: true, reason };
}

function no(reason: string): Judgement {
  return { holds: false, reason };
}
