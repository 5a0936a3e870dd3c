// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from "node:fs";
import { type ContainerRuntime, parseCgroupIdentity, parseCgroupPath } from "../cgroup/path.ts";
import { readText, textOrNull } from "../procfs/read-text.ts";

/** A container that has processes, as their control groups tell. */
export interface RunningContainer {
  readonly id: string;
  readonly runtime: ContainerRuntime | null;
  /** uid of the user manager that it runs under; null for the system's. */
  readonly managerOf: number | null;
  /** In ascending order. */
  readonly pids: readonly number[];
}

/** Looks at all processes of this PID namespace. */
export function readRunningContainers(): readonly RunningContainer[] {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), text: textOrNull(readText(`/proc/${name}/cgroup`)) }));
  return groupByContainer(processes);
}

/** Texts are those of /proc/PID/cgroup; null for a process that is gone. */
export function groupByContainer(
  processes: readonly { readonly pid: number; readonly text: string | null }[],
): readonly RunningContainer[] {
  const containers = new Map<string, RunningContainer>();
  for (const { pid, text } of processes) {
    const identity = text === null ? null : parseCgroupIdentity(parseCgroupPath(text));
    if (identity === null || identity.container === null) continue;
    const { id, runtime } = identity.container;
    const known = containers.get(id);
    const pids = [...(known?.pids ?? []), pid];
    const managerOf = known?.managerOf ?? identity.userUnitOf;
    containers.set(id, { id, runtime: known?.runtime ?? runtime, managerOf, pids });
  }
  return [...containers.values()].map((each) => ({
    ...each,
    pids: each.pids.toSorted((one, other) => one - other),
  }));
}

/** The path up to the group of the container itself; null where the path does not hold it. */
export function containerPath(path: string, id: string): string | null {
  const components = path.split("/");
  const at = components.findLastIndex((component) => component.includes(id));
  return at === -1 ? null : components.slice(0, at + 1).join("/");
}
