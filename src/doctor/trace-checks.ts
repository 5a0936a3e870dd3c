// SPDX-License-Identifier: Apache-2.0
import { includesAll, setOf } from "../capabilities/set.ts";
import type { Facts, Failure, WayInFacts } from "./facts.ts";
import type { Check } from "./model.ts";

const BPF_PRIVILEGES = setOf("bpf", "perfmon");
const ADMIN = setOf("sys_admin");

/** Judges what a trace could see here. */
export function checkTrace(facts: Facts): readonly Check[] {
  return [
    ...facts.waysIn.map((way) => checkWayIn(way, facts)),
    checkNames(facts),
    checkOutcomes(facts),
    ...checkSysctls(facts),
    checkIterators(facts),
  ];
}

/** The tracepoint alone sees the checks of callers that the compiler made cap_capable() a part of. */
const WAY_IN_NOTES = {
  tp_btf: "the tracepoint cap_capable of Linux 6.14",
  fexit: "the end of cap_capable(), without the callers it was compiled into",
  kprobe: "the entry of cap_capable(), without the callers it was compiled into",
} as const;

function checkWayIn({ wayIn, refusal }: WayInFacts, facts: Facts): Check {
  const best = facts.waysIn.find((way) => way.refusal === null)?.wayIn;
  const base = { area: "trace", name: wayIn } as const;
  if (refusal === null) {
    const use = wayIn === best ? "trace uses it" : `works too; trace uses ${best}`;
    const detail = `${WAY_IN_NOTES[wayIn]}: ${use}`;
    return { ...base, state: "ok", detail, effect: null, remedy: null };
  }
  const detail = reasonOf(wayIn, refusal);
  if (best !== undefined) {
    const isBetter = isBefore(wayIn, best, facts);
    const loss = "checks in functions that cap_capable() was compiled into are not seen";
    const effect = isBetter && wayIn === "tp_btf" ? `trace falls to ${best}: ${loss}` : null;
    const remedy = effect === null ? null : "a kernel with Linux 6.14 or newer";
    const note = isBetter && effect === null ? `; trace falls to ${best}` : "";
    return { ...base, state: "missing", detail: `${detail}${note}`, effect, remedy };
  }
  const state = holdsBpf(facts) ? "missing" : "unknown";
  const effect = "no trace, as there is no other way in";
  return { ...base, state, detail, effect, remedy: refusal.remedy };
}

function isBefore(one: string, other: string, { waysIn }: Facts): boolean {
  const names = waysIn.map(({ wayIn }) => wayIn as string);
  return names.indexOf(one) < names.indexOf(other);
}

/** "...cannot be reached (fexit: loading: EPERM)": only what is in the parentheses, explained. */
function reasonOf(wayIn: string, { reason }: Failure): string {
  const start = reason.indexOf(`(${wayIn}: `);
  if (start === -1 || !reason.endsWith(")")) return reason;
  const step = reason.slice(start + wayIn.length + 3, -1);
  if (/: (?:EPERM|EACCES)$/.test(step)) return `refused by the kernel or its policy (${step})`;
  return /: (?:ENOENT|ESRCH|EOPNOTSUPP|ENOTSUPP)$/.test(step)
    ? `not in this kernel (${step})`
    : step;
}

function holdsBpf({ privileges }: Facts): boolean {
  if (privileges === null) return false;
  return includesAll(privileges, BPF_PRIVILEGES) || includesAll(privileges, ADMIN);
}

function checkNames({ trial }: Facts): Check {
  const base = { area: "trace", name: "kernel functions" } as const;
  if (trial === null) return untried("kernel functions");
  if (!trial.counted) {
    return {
      ...base,
      state: "missing",
      detail: "a check of this process itself was not seen",
      effect: "a trace would miss what it is for",
      remedy: null,
    };
  }
  if (trial.named) {
    const detail = "named: a check of this process itself was led back to its origin";
    return { ...base, state: "ok", detail, effect: null, remedy: null };
  }
  return {
    ...base,
    state: "limited",
    detail: "not named",
    effect: "opportunistic checks cannot be told from required ones",
    remedy: "a kernel with CONFIG_KALLSYMS",
  };
}

function checkOutcomes({ trial }: Facts): Check {
  const name = "ends of system calls";
  if (trial === null) return untried(name);
  const base = { area: "trace", name } as const;
  if (trial.seesOutcomes) {
    const detail = "seen where a check was denied";
    return { ...base, state: "ok", detail, effect: null, remedy: null };
  }
  return {
    ...base,
    state: "limited",
    detail: "not seen",
    effect: "whether a system call failed because of a denied check stays open",
    remedy: "Linux 6.18 or newer; trace --syscall-exits, which slows all system calls down",
  };
}

function untried(name: string): Check {
  const detail = "could not be tried";
  return { area: "trace", name, state: "unknown", detail, effect: null, remedy: null };
}

/** They keep out only those who have no privileges to trace in the first place. */
function checkSysctls({ sysctls }: Facts): readonly Check[] {
  return SYSCTLS.map(([name, sysctl]): Check => {
    const value = sysctls[sysctl] ?? null;
    const detail =
      value === null
        ? `${sysctl} cannot be read`
        : `${sysctl} is ${value}; ${demandOf(sysctl, Number(value))}`;
    const state = value === null ? "unknown" : "ok";
    return { area: "trace", name, state, detail, effect: null, remedy: null };
  });
}

function demandOf(sysctl: string, value: number): string {
  // A level that Debian and Ubuntu add to perf_event_open(2).
  return sysctl === "kernel.perf_event_paranoid" && value > 2
    ? "a trace needs bpf and perfmon, by kprobe also sys_admin"
    : "a trace needs bpf and perfmon whatever it says";
}

const SYSCTLS = [
  ["unprivileged BPF", "kernel.unprivileged_bpf_disabled"],
  ["perf events", "kernel.perf_event_paranoid"],
] as const;

function checkIterators({ types }: Facts): Check {
  const base = { area: "trace", name: "iterators", effect: null, remedy: null } as const;
  if (typeof types === "string") {
    return { ...base, state: "unknown", detail: "not to be told without the kernel's types" };
  }
  const entries = Object.entries(types.iterators);
  const absent = entries.filter(([, exists]) => !exists).map(([name]) => name);
  const names = entries.map(([name]) => name).join(" and ");
  if (absent.length === 0) return { ...base, state: "ok", detail: `this kernel has ${names}` };
  const detail = `no ${absent.join(", ")}`;
  return absent.includes("task")
    ? { ...base, state: "missing", detail, effect: "verify cannot see secure bits of others" }
    : { ...base, state: "limited", detail };
}
