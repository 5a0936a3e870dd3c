// SPDX-License-Identifier: Apache-2.0
import { readText, textOrNull } from "../procfs/read-text.ts";
import type { WayIn } from "./observation.ts";

/** Texts of the kernel about itself; null where they cannot be read. */
export interface KernelTexts {
  /** As uname(1) gives them with -r and -v. */
  readonly release: string | null;
  readonly version: string | null;
  /** The kinds of preemption that can be chosen, the one in force in round brackets: "full (lazy)". */
  readonly preemption: string | null;
}

/**
 * Whether another task may run on a processor while a program runs there for one that it interrupted. A
 * program at the end of a function may be interrupted wherever a kernel interrupts what it does itself; one
 * at a tracepoint since Linux 7.0; one at a kprobe never is, but tasks are followed by tracepoints. True
 * where it is not known.
 */
export function mayInterruptPrograms(wayIn: WayIn, texts: KernelTexts = readTexts()): boolean {
  if (wayIn !== "fexit" && majorVersion(texts.release) < FIRST_WITH_INTERRUPTED_TRACEPOINTS) {
    return false;
  }
  if (texts.version !== null && !texts.version.includes("PREEMPT")) return false;
  const [, mode] = /\((\w+)\)/.exec(texts.preemption ?? "") ?? [];
  return mode !== "none" && mode !== "voluntary";
}

const FIRST_WITH_INTERRUPTED_TRACEPOINTS = 7;

function majorVersion(release: string | null): number {
  const [, major] = /^(\d+)\./.exec(release ?? "") ?? [];
  return major === undefined ? Infinity : Number(major);
}

function readTexts(): KernelTexts {
  return {
    release: textOrNull(readText("/proc/sys/kernel/osrelease")),
    version: textOrNull(readText("/proc/sys/kernel/version")),
    // Since Linux 5.13, with CONFIG_PREEMPT_DYNAMIC, for who may look into debugfs.
    preemption: textOrNull(readText("/sys/kernel/debug/sched/preempt")),
  };
}
