// SPDX-License-Identifier: Apache-2.0
import type { HiddenProcesses } from "../../process/hidden.ts";
import type { Gap } from "../../process/model.ts";
import type { ListedProcess, PsCoverage } from "../model.ts";

/** What was noticed while processes were listed. */
export interface PsFacts {
  readonly unreadable: number[];
  /** Those asked for by number that are not there. */
  readonly missing: number[];
  /** Numbers asked for that are those of threads, with their processes. */
  readonly threads: { readonly tid: number; readonly pid: number }[];
  readonly hidden: HiddenProcesses | null;
}

/** Turns what was noticed into gaps with their remedies. Pure. */
export function assessCoverage(
  facts: PsFacts,
  processes: readonly ListedProcess[],
  processesSeen: number,
  wantsSecurebits: boolean,
): PsCoverage {
  const gaps = [...lossesOf(facts), ...notesOf(facts, processes, wantsSecurebits)];
  return {
    complete: !gaps.some(({ incomplete }) => incomplete),
    processesSeen,
    processesUnreadable: facts.unreadable.length,
    gaps,
  };
}

function lossesOf({ unreadable, missing, hidden }: PsFacts): readonly Gap[] {
  const gaps: Gap[] = [];
  if (hidden !== null) {
    gaps.push({
      code: "processes-hidden",
      incomplete: true,
      count: 1,
      message: hidden.reason,
      remedy: hidden.remedy,
    });
  }
  if (unreadable.length > 0) {
    gaps.push({
      code: "processes-unreadable",
      incomplete: true,
      count: unreadable.length,
      message: `the status of ${count(unreadable.length, "process", "processes")} could not be read`,
      remedy: "run as root",
    });
  }
  if (missing.length > 0) {
    gaps.push({
      code: "processes-missing",
      incomplete: true,
      count: missing.length,
      message: `no such process: ${missing.join(", ")}`,
      remedy: null,
    });
  }
  return gaps;
}

function notesOf(
  { threads }: PsFacts,
  processes: readonly ListedProcess[],
  wantsSecurebits: boolean,
): readonly Gap[] {
  const gaps: Gap[] = threads.map(({ tid, pid }) => ({
    code: "thread-named",
    incomplete: false,
    count: 1,
    message: `${tid} is a thread of process ${pid}: the row shows what that thread has`,
    remedy: null,
  }));
  const unknown = processes.filter(({ userNamespace }) => userNamespace === null).length;
  if (unknown > 0) {
    gaps.push({
      code: "user-namespaces-unknown",
      incomplete: false,
      count: unknown,
      message: `the user namespace of ${count(unknown, "process", "processes")} could not be read: their capabilities are taken to hold on the host`,
      remedy: "run as root, or with CAP_SYS_PTRACE",
    });
  }
  const withoutBits = processes.filter(({ securebits }) => securebits === null).length;
  if (withoutBits > 0) {
    gaps.push({
      code: "securebits-unknown",
      incomplete: wantsSecurebits,
      count: withoutBits,
      message: wantsSecurebits
        ? "secure bits could not be read: the kernel refused the BPF program"
        : "secure bits are in no file under /proc",
      remedy: wantsSecurebits
        ? "run as root, or with CAP_BPF and CAP_PERFMON; capscope doctor tells more"
        : "--securebits asks by a BPF program",
    });
  }
  return gaps;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
