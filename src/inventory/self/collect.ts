// SPDX-License-Identifier: Apache-2.0
import { parseCgroupIdentity, parseCgroupPath } from "../../linux/cgroup/path.ts";
import { readContainerEvidence } from "../../linux/container/evidence.ts";
import { labelReader } from "../../linux/procfs/labels.ts";
import { type MountInfo, readMountInfo } from "../../linux/procfs/mount-info.ts";
import { readText, textOrNull } from "../../linux/procfs/read-text.ts";
import { readSystemContext } from "../../linux/procfs/system-context.ts";
import { readOwnSecurebits } from "../../linux/securebits.ts";
import { exists, isSameFile, readAccess, readBlockDevices } from "../../linux/self/access.ts";
import { readIdMap, readOwnNamespace } from "../../linux/self/own-namespaces.ts";
import { type OwnTask, readOwnTask } from "../../linux/self/own-task.ts";
import { credentialsOf } from "../../process/credentials.ts";
import type { Gap } from "../../process/model.ts";
import { readYardstick } from "../../process/yardstick.ts";
import { NAMESPACE_KINDS, type OwnNamespace, type SelfReport } from "../model.ts";
import { reportHead } from "../report-head.ts";
import { FILE_FACTS, type FileFact, type PowerFacts } from "./facts.ts";
import { assessPowers } from "./powers.ts";

export interface SelfOptions {
  /** When the report is made. */
  readonly time: Date;
  /** That of this process. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Tells what this process may do. Only reads; works with whatever is there, /proc or not. */
export async function collectSelf({ time, environment }: SelfOptions): Promise<SelfReport> {
  const task = await readOwnTask();
  const securebits = await readOwnSecurebits();
  const namespaces = NAMESPACE_KINDS.map((kind) => ({ kind, ...readOwnNamespace(kind) }));
  const cgroup = textOrNull(readText("/proc/self/cgroup"));
  const uidMap = readIdMap("uid_map");
  return {
    ...reportHead("self", time),
    credentials: task === null ? null : credentialsOf(task, readYardstick().all),
    securebits,
    noNewPrivs: task?.noNewPrivs ?? null,
    seccomp: task?.seccomp ?? null,
    seccompFilters: task?.seccompFilters ?? null,
    lsm: uidMap === null ? null : labelReader()("self"),
    uidMap,
    gidMap: readIdMap("gid_map"),
    namespaces,
    unit: cgroup === null ? null : parseCgroupIdentity(parseCgroupPath(cgroup)).unit,
    container: readContainerEvidence(environment),
    powers: assessPowers(readPowerFacts(task, namespaces)),
    coverage: coverageOf(task, uidMap !== null, securebits !== null),
  };
}

const ENGINE_SOCKETS = [
  "/var/run/docker.sock",
  "/run/docker.sock",
  "/run/containerd/containerd.sock",
  "/run/podman/podman.sock",
  "/run/crio/crio.sock",
  "/run/k3s/containerd/containerd.sock",
  "/var/snap/lxd/common/lxd/unix.socket",
  "/var/lib/lxd/unix.socket",
];

function readPowerFacts(task: OwnTask | null, namespaces: readonly OwnNamespace[]): PowerFacts {
  const initial = (kind: string): boolean | null =>
    namespaces.find((each) => each.kind === kind)?.initial ?? null;
  const mounts = readMountInfo();
  const blockDevices = readBlockDevices();
  const sameRoot = isSameFile("/proc/1/root/.", "/.");
  const limit = textOrNull(readText("/proc/sys/user/max_user_namespaces"));
  const restriction = readText("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
  return {
    permitted: task?.permitted ?? null,
    bounding: task?.bounding ?? null,
    noNewPrivs: task?.noNewPrivs ?? null,
    seccomp: task?.seccomp ?? null,
    initial: { user: initial("user"), pid: initial("pid"), net: initial("net") },
    context: readSystemContext(),
    hasModules: mounts === null ? null : exists("/proc/modules"),
    maxUserNamespaces: limit === null ? null : Number(limit),
    restrictsUserNamespaces: textOrNull(restriction)?.trim() === "1",
    chrooted: isChrooted(mounts),
    rootNosuid: mounts === null ? null : (rootOf(mounts)?.options.includes("nosuid") ?? null),
    otherRoot: sameRoot === null ? null : !sameRoot,
    engineSockets: ENGINE_SOCKETS.filter((path) => readAccess(path, "write") === "allowed"),
    blockDevices,
    writableDevices: blockDevices.filter((path) => readAccess(path, "write") === "allowed"),
    releaseAgents: (mounts ?? [])
      .filter(({ type }) => type === "cgroup")
      .map(({ target }) => `${target}/release_agent`)
      .filter((path) => readAccess(path, "write") === "allowed"),
    files: Object.fromEntries(
      Object.entries(FILE_FACTS).map(([name, [path, how]]) => [name, readAccess(path, how)]),
    ) as Record<FileFact, ReturnType<typeof readAccess>>,
  };
}

/**
 * In a chroot no mount is at the root directory, as mountinfo shows what is below it only; unless the
 * directory is itself a mount point, which is mostly a part of a file system then.
 */
function isChrooted(mounts: readonly MountInfo[] | null): boolean | null {
  if (mounts === null) return null;
  const root = rootOf(mounts);
  if (root === null) return true;
  return root.root === "/" ? false : null;
}

function rootOf(mounts: readonly MountInfo[]): MountInfo | null {
  return mounts.findLast(({ target }) => target === "/") ?? null;
}

function coverageOf(
  task: OwnTask | null,
  hasProc: boolean,
  hasSecurebits: boolean,
): SelfReport["coverage"] {
  const gaps: Gap[] = [];
  if (task === null) {
    gaps.push({
      code: "capabilities-unknown",
      incomplete: true,
      count: 1,
      message: "there is neither /proc nor a way to call the C library",
      remedy: "mount /proc, or set TMPDIR to a directory that allows executable files",
    });
  }
  if (!hasProc) {
    gaps.push({
      code: "proc-missing",
      incomplete: true,
      count: 1,
      message:
        "/proc is not mounted: namespaces, id maps, seccomp, label and control group are not known",
      remedy: "mount /proc",
    });
  }
  if (!hasSecurebits) {
    gaps.push({
      code: "securebits-unknown",
      incomplete: false,
      count: 1,
      message: "secure bits need the C library, which could not be called",
      remedy: "set TMPDIR to a directory that allows executable files",
    });
  }
  return { complete: !gaps.some(({ incomplete }) => incomplete), gaps };
}
