// SPDX-License-Identifier: Apache-2.0
import { capabilityName } from "../capabilities/names.ts";
import type { CheckRecord } from "../linux/bpf/observation.ts";
import { INITIAL_USER_NAMESPACE } from "../linux/procfs/namespaces.ts";
import { syscallName } from "../linux/syscalls.ts";
import { type BearingCondition, conditionsOf } from "./conditions.ts";
import { purposeOf, reasonOf } from "./explain.ts";
import { fallbackReason } from "./fallbacks.ts";
import { gateOf, passesThrough, sourceNames } from "./kernel-stack.ts";
import type { Observation } from "./model.ts";
import type { Surroundings } from "./surroundings.ts";

/** A verdict with what it rests on. */
export type Judgement = Pick<
  Observation,
  "verdict" | "gate" | "reason" | "conditions" | "confidence" | "kernelStack"
>;

/** What one stack of a check says. */
interface Testimony {
  readonly gate: string | null;
  readonly samples: number;
  /** Null for a check that decides something. */
  readonly verdict: "opportunistic" | "self-confinement" | "conditional" | null;
  readonly reason: string;
  /** A rule tells what it is for. */
  readonly isExplained: boolean;
  readonly frames: readonly string[];
  readonly conditions: readonly BearingCondition[];
}

/** System calls that account for memory; null is a page fault that lets the stack grow. */
const MEMORY_CALLS: ReadonlySet<string | null> = new Set([
  "mmap",
  "brk",
  "mprotect",
  "mremap",
  "clone",
  "clone3",
  "fork",
  "vfork",
  "execve",
  "execveat",
  "shmget",
  null,
]);

/** System calls that make user namespaces, and ask for a capability in no other but one's own. */
const MAKING_CALLS: ReadonlySet<string> = new Set(["clone", "clone3", "unshare"]);

/**
 * Judges checks that are alike by what was asked, of whom, and from where in the kernel. They
 * decide nothing only when each stack that was sampled says so; without any stack, only where the
 * system call leaves no doubt.
 */
export function judgeCheck(check: CheckRecord, surroundings: Surroundings): Judgement {
  const testimonies = testify(check, surroundings);
  const deciding = testimonies.filter(({ verdict }) => verdict !== "opportunistic");
  const [first] = deciding.length > 0 ? deciding : testimonies;
  const common = { gate: first?.gate ?? null, conditions: textsOf(testimonies) };
  const certain = { ...common, confidence: "high", kernelStack: [] } as const;
  const foreign = judgeCredentials(check, surroundings);
  if (foreign !== null) return { ...certain, verdict: "borrowed", reason: foreign };
  if (check.moot) return { ...certain, verdict: "opportunistic", reason: mootReason(check) };
  const elsewhere = deciding.length === 0 ? null : judgeNamespace(check, surroundings);
  if (elsewhere !== null) return { ...certain, verdict: "namespaced", reason: elsewhere };
  const judged = { ...common, ...trustIn(deciding.length > 0 ? deciding : testimonies) };
  const reason = first?.reason ?? null;
  if (deciding.length === 0) return { ...judged, verdict: "opportunistic", reason };
  if (!check.granted) return { ...judged, verdict: "denied", reason };
  const [verdict, ...others] = new Set(deciding.map((each) => each.verdict));
  if (!verdict || others.length > 0) {
    const need = deciding.find((each) => each.verdict === null) ?? first;
    return { ...judged, verdict: "required", reason: need?.reason ?? null };
  }
  return { ...judged, verdict, reason };
}

/** How far the rules carry, and the stack that none of them explains. */
function trustIn(
  testimonies: readonly Testimony[],
): Pick<Observation, "confidence" | "kernelStack"> {
  const dark = testimonies.filter(({ isExplained }) => !isExplained);
  if (dark.length > 0) {
    const confidence = dark.length < testimonies.length ? "medium" : "low";
    return { confidence, kernelStack: dark[0]?.frames ?? [] };
  }
  const isSeen = testimonies.every(({ frames }) => frames.length > 0);
  return { confidence: isSeen ? "high" : "medium", kernelStack: [] };
}

/** What the answer would have decided, had there been anything to decide; bpf/moot.bpf.h. */
function mootReason({ capability }: CheckRecord): string {
  return capabilityName(capability) === "fsetid"
    ? "chmod: decides only whether the set-group-ID bit stays, and the mode has none"
    : "setuid and setgid: to the id that the process has already";
}

/** Why the credentials were not the program's own; null where they were. */
function judgeCredentials(check: CheckRecord, surroundings: Surroundings): string | null {
  if (check.borrowedCredentials) return "the credentials were not the program's own";
  const isOfHost = check.targetNamespace === INITIAL_USER_NAMESPACE;
  return isOfHost && check.granted && holds(check, surroundings) === false
    ? "granted, though the program does not have it"
    : null;
}

/** Why it is no need on the host that the check was not for the initial user namespace. */
function judgeNamespace(check: CheckRecord, surroundings: Surroundings): string | null {
  if (check.targetNamespace === INITIAL_USER_NAMESPACE) return null;
  if (check.ownNamespace) return "asked for in the user namespace that it lives in";
  if (check.ownsNamespace) return "asked for in a user namespace that its user made";
  const { credentials, granted, syscall } = check;
  // The one that the call itself makes, whose owner the caller is.
  const isNew = syscall !== null && MAKING_CALLS.has(syscallName(syscall));
  if (isNew) return "asked for in the user namespace that the call makes";
  const isOfHost = credentials !== null && surroundings.ofInitialNamespace.has(credentials);
  // What a process has in the initial namespace it has in every other one.
  if (isOfHost && granted && holds(check, surroundings) === true) return null;
  return "asked for in a child user namespace";
}

/** Whether the program has the capability; null where its credentials were not seen. */
function holds(
  { credentials, capability }: CheckRecord,
  { credentials: rows }: Surroundings,
): boolean | null {
  const row = credentials === null ? undefined : rows.get(credentials);
  return row === undefined ? null : ((row.permitted >> BigInt(capability)) & 1n) === 1n;
}

/** One for each stack, the most frequent first; one for none. */
function testify(check: CheckRecord, surroundings: Surroundings): readonly Testimony[] {
  const stacks = check.stacks.filter(({ frames }) => frames.length > 0);
  if (stacks.length === 0) return [testifyWithoutStack(check, surroundings)];
  return stacks
    .toSorted((one, other) => other.samples - one.samples)
    .map(({ frames, samples }) => testifyOf(sourceNames(frames), samples, check, surroundings));
}

function testifyOf(
  frames: readonly string[],
  samples: number,
  check: CheckRecord,
  surroundings: Surroundings,
): Testimony {
  const capability = capabilityName(check.capability);
  const conditions = conditionsOf(frames, capability, surroundings.context);
  const common = { gate: gateOf(frames), samples, conditions, frames, isExplained: true };
  const fallback =
    fallbackReason(frames, capability, check, surroundings) ??
    inheritableReason(passesThrough(frames, ["cap_capset"]), check, surroundings);
  if (fallback !== null) return { ...common, verdict: "opportunistic", reason: fallback };
  const confinement = confinementReason(passesThrough(frames, ["cap_task_prctl"]), check);
  if (confinement !== null) return { ...common, verdict: "self-confinement", reason: confinement };
  const setting = conditions.find(({ decides }) => decides);
  const purpose = purposeOf(frames, capability);
  return {
    ...common,
    verdict: setting === undefined ? null : "conditional",
    reason: reasonOf(frames, purpose, check.granted, setting),
    isExplained: purpose !== null,
  };
}

/** The kernel hides its symbols, or no stack was kept. */
function testifyWithoutStack(check: CheckRecord, surroundings: Surroundings): Testimony {
  const capability = capabilityName(check.capability);
  const call = check.syscall === null ? null : syscallName(check.syscall);
  const conditions = conditionsOf([], capability, surroundings.context);
  const common = { gate: null, samples: 0, conditions, frames: [], isExplained: true };
  if (capability === "sys_admin" && check.silent === true && MEMORY_CALLS.has(call)) {
    const reason = "memory accounting, as far as the system call tells";
    return { ...common, verdict: "opportunistic", reason };
  }
  const inheritable = inheritableReason(call === "capset", check, surroundings);
  if (inheritable !== null) return { ...common, verdict: "opportunistic", reason: inheritable };
  const confinement = confinementReason(call === "prctl", check);
  if (confinement !== null) return { ...common, verdict: "self-confinement", reason: confinement };
  const reason = reasonOf([], null, check.granted, undefined);
  return { ...common, verdict: null, reason, isExplained: false };
}

/** security/commoncap.c, cap_inh_is_capped(): asked in each capset(2). */
function inheritableReason(
  isCapset: boolean,
  { capability, credentials }: CheckRecord,
  { growingInheritable }: Surroundings,
): string | null {
  if (!isCapset || capabilityName(capability) !== "setpcap") return null;
  if (credentials !== null && growingInheritable.has(credentials)) return null;
  return "capset: decides only whether the inheritable set may get what is not permitted";
}

/** security/commoncap.c, cap_task_prctl(): PR_CAPBSET_DROP and PR_SET_SECUREBITS. */
function confinementReason(isPrctl: boolean, { capability }: CheckRecord): string | null {
  if (!isPrctl || capabilityName(capability) !== "setpcap") return null;
  return "prctl: takes from the bounding set, or sets secure bits";
}

function textsOf(testimonies: readonly Testimony[]): readonly string[] {
  return [...new Set(testimonies.flatMap(({ conditions }) => conditions.map(({ text }) => text)))];
}
