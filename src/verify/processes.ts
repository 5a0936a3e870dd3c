// SPDX-License-Identifier: Apache-2.0
import { UnsupportedError } from "../errors.ts";
import { readMembers } from "../linux/cgroup/control-group.ts";
import { findContainer } from "../linux/container/find.ts";
import { readProcessStatus } from "../linux/procfs/task.ts";
import { readUnit, unitControlGroup } from "../linux/systemd/unit.ts";
import type { VerifyTarget } from "./model.ts";
import type { Processes } from "./read-holders.ts";

/** Something that runs, as the user named it. */
export type RunningTarget =
  | { readonly kind: "process"; readonly pid: number }
  | { readonly kind: "unit"; readonly unit: string }
  | { readonly kind: "container"; readonly container: string };

export interface FoundProcesses extends Processes {
  readonly target: VerifyTarget;
}

/**
 * Finds the processes of a target. Throws UsageError for what does not exist, UnsupportedError for
 * what exists and has no process that could be looked at.
 */
export function findProcesses(target: RunningTarget): FoundProcesses {
  switch (target.kind) {
    case "process":
      return findProcess(target.pid);
    case "unit":
      return findUnit(target.unit);
    case "container": {
      const { id, runtime, group, pids } = findContainer(target.container);
      const list = (): readonly number[] => readMembers(group);
      return { target: { kind: "container", id, runtime }, mainPid: pids[0] ?? 0, list };
    }
  }
}

function findProcess(pid: number): FoundProcesses {
  const result = readProcessStatus(pid);
  if (result.kind === "denied") {
    throw new UnsupportedError(`reading /proc/${pid}/status: permission denied`, {
      hint: "run it as root",
    });
  }
  if (result.kind !== "status") throw new UnsupportedError(`no such process: ${pid}`);
  return { target: { kind: "process", pid }, mainPid: pid, list: () => [pid] };
}

function findUnit(name: string): FoundProcesses {
  const state = readUnit(name, "look at its processes one by one: --pid");
  const { unit, controlGroup, activeState, mainPid } = state;
  if (controlGroup === null) {
    throw new UnsupportedError(`${unit} has no processes: it is ${activeState}`, {
      hint: `systemctl start ${unit} starts it; --file checks what its file declares`,
    });
  }
  const group = unitControlGroup(state);
  const list = (): readonly number[] => readMembers(group);
  const first = mainPid ?? list()[0];
  if (first === undefined) throw new UnsupportedError(`${unit} has no processes any more`);
  return { target: { kind: "unit", unit }, mainPid: first, list };
}
