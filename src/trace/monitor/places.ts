// SPDX-License-Identifier: Apache-2.0
import type { FedImage } from "../../linux/bpf/observation.ts";
import { parseCgroupIdentity, parseCgroupPath } from "../../linux/cgroup/path.ts";
import { readText, textOrNull } from "../../linux/procfs/read-text.ts";
import { parseStat } from "../../linux/procfs/socket-holders.ts";
import type { MonitorCheck } from "../model.ts";

/** Unit and container of a process. */
export type Place = Pick<MonitorCheck, "unit" | "container" | "placedBy">;

export const UNPLACED: Place = { unit: null, container: null, placedBy: null };

/**
 * Programs whose children are put into other control groups than their own: service managers,
 * container runtimes. Comm, cut as the kernel cuts it.
 */
const LAUNCHERS =
  /^(?:\(.*\)|systemd|systemd-executo|systemd-nspawn|init|containerd.*|dockerd|docker-init|conmon|runc.*|crun.*|youki|crio|podman|lxc-start|lxcfs|machinectl)$/;

const NS_PER_TICK = 10_000_000;

/** Ancestors beyond it are not asked. */
const GENERATIONS = 16;

/**
 * The place of a program's process: by /proc while it is there, else by its nearest ancestor's,
 * which is where it began. A child of a service manager or container runtime begins elsewhere than
 * it ends. `imageOf` knows programs that ended not long ago, by pid.
 */
export function readPlace(
  image: FedImage,
  imageOf: (pid: number) => FedImage | undefined = () => undefined,
): Place {
  const own = isSameProcess(image) ? placeOf(image.pid, "process") : null;
  if (own !== null) return own;
  let child = image;
  for (let generation = 0; generation < GENERATIONS; generation++) {
    const pid = child.parentPid;
    const isAlive = startTicksOf(pid) * NS_PER_TICK <= child.taskStartNs;
    const parent = imageOf(pid);
    const comm = isAlive ? commOf(pid) : (parent?.comm ?? null);
    if (pid <= 1 || comm === null || LAUNCHERS.test(comm)) return UNPLACED;
    const place = isAlive ? placeOf(pid, "ancestor") : null;
    if (place !== null) return place;
    if (parent === undefined || parent.taskStartNs > child.taskStartNs) return UNPLACED;
    child = parent;
  }
  return UNPLACED;
}

function commOf(pid: number): string | null {
  return textOrNull(readText(`/proc/${pid}/comm`))?.replace(/\n$/, "") ?? null;
}

/** Hundredths of a second after boot at which a process was made; NaN when it is not there. */
export function startTicksOf(pid: number): number {
  const stat = textOrNull(readText(`/proc/${pid}/stat`));
  return stat === null ? Number.NaN : parseStat(stat).startTime;
}

function isSameProcess({ pid, taskStartNs }: FedImage): boolean {
  const ticks = startTicksOf(pid);
  if (Number.isNaN(ticks)) return false;
  return taskStartNs === 0 || Math.abs(Math.floor(taskStartNs / NS_PER_TICK) - ticks) <= 1;
}

function placeOf(pid: number, placedBy: "process" | "ancestor"): Place | null {
  const text = textOrNull(readText(`/proc/${pid}/cgroup`));
  if (text === null || text === "") return null;
  const { unit, container } = parseCgroupIdentity(parseCgroupPath(text));
  return { unit, container, placedBy };
}
