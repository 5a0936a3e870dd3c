// SPDX-License-Identifier: Apache-2.0
import { formatFileCapabilities } from "../capabilities/file-capabilities.ts";
import {
  allCapabilities,
  type CapabilitySet,
  capabilityNames,
  EMPTY_SET,
} from "../capabilities/set.ts";
import { type CgroupIdentity, parseCgroupIdentity, parseCgroupPath } from "../linux/cgroup/path.ts";
import type { Libc } from "../linux/ffi/libc.ts";
import { type ExecutableFile, ExecutableReader } from "../linux/procfs/executable.ts";
import { type LabelReader, labelReader } from "../linux/procfs/labels.ts";
import { readAccounts, readLastCapability } from "../linux/procfs/machine.ts";
import {
  INITIAL_USER_NAMESPACE,
  type Namespaces,
  readNamespaces,
  readReferenceNamespaces,
} from "../linux/procfs/namespaces.ts";
import { readLink, readText, textOrNull } from "../linux/procfs/read-text.ts";
import { parseStat } from "../linux/procfs/socket-holders.ts";
import type { FourIds, TaskStatus } from "../linux/procfs/status.ts";
import { readProcessStatus, readProcOwner, readThreadStatuses } from "../linux/procfs/task.ts";
import type { Credentials, Defenses, DifferingThreads, Executable, Ids, Process } from "./model.ts";
import { assessPrivilege, isOpenEnded, isPrivileged } from "./rules.ts";

/** Reads processes for one report; what is the same for all of them is read once. */
export class ProcessReader {
  readonly #executables: ExecutableReader;
  readonly #labelOf: LabelReader = labelReader();
  readonly #accounts = readAccounts();
  readonly #reference: Namespaces = readReferenceNamespaces();
  readonly #all: CapabilitySet;
  readonly #ceiling: CapabilitySet;
  readonly #identities = new Map<string, CgroupIdentity>();

  constructor(libc: Libc | null) {
    this.#executables = new ExecutableReader(libc);
    const NEWEST_KNOWN = 40;
    this.#all = allCapabilities(readLastCapability() ?? NEWEST_KNOWN);
    const first = readProcessStatus(1);
    this.#ceiling = first.kind === "status" ? first.status.bounding : this.#all;
  }

  /**
   * Reads one process; null when it ended, or when its pid belongs by now to a process that
   * started after `notAfter` (clock ticks since boot).
   */
  read(pid: number, notAfter: number | null): Process | null {
    const result = readProcessStatus(pid);
    const stat = textOrNull(readText(`/proc/${pid}/stat`));
    if (result.kind !== "status" || stat === null) return null;
    const { startTime } = parseStat(stat);
    if (notAfter !== null && startTime > notAfter) return null;
    const { status } = result;
    const namespaces = readNamespaces(pid);
    const threads = status.threads > 1 ? readDifferingThreads(pid, status) : [];
    const childUserNamespace =
      namespaces.user === null ? null : namespaces.user !== INITIAL_USER_NAMESPACE;
    return {
      pid,
      parentPid: status.parentPid,
      startTime,
      comm: status.comm,
      exe: this.#executableOf(pid, status),
      account: this.#accounts.get(status.uids[1]) ?? null,
      ...this.#identityOf(pid),
      childUserNamespace,
      ...credentialsOf(status, this.#all),
      ambientPresent: status.ambient !== EMPTY_SET,
      openEndedBounding: isOpenEnded(status.bounding, this.#ceiling),
      privilegedCaps: [status, ...threads.map((group) => group.status)].some(({ permitted }) =>
        isPrivileged(permitted, childUserNamespace),
      ),
      threadCount: status.threads,
      differingThreads: threads.map((group) => describeThreads(group, this.#all)),
      defenses: {
        ...this.#defensesOf(pid, status, namespaces),
        runsAsNonroot: ![status, ...threads.map((group) => group.status)].some(runsAsRoot),
      },
    };
  }

  #identityOf(pid: number): CgroupIdentity {
    const text = textOrNull(readText(`/proc/${pid}/cgroup`)) ?? "";
    const known = this.#identities.get(text);
    if (known !== undefined) return known;
    const identity = parseCgroupIdentity(parseCgroupPath(text));
    this.#identities.set(text, identity);
    return identity;
  }

  #executableOf(pid: number, status: TaskStatus): Executable | null {
    const result = this.#executables.read(pid);
    if (result.kind !== "file") return null;
    const { file } = result;
    return {
      path: file.path,
      deleted: file.deleted,
      writableByOthers: isWritableByOthers(file, status.uids[1]),
      setuid: file.mode === null ? null : (file.mode & 0o4000) !== 0,
      // Without the group's x bit, 2000 marks a file for mandatory locking.
      setgid: file.mode === null ? null : (file.mode & 0o2010) === 0o2010,
      fileCapabilities: fileCapabilitiesText(file),
    };
  }

  #defensesOf(
    pid: number,
    status: TaskStatus,
    namespaces: Namespaces,
  ): Omit<Defenses, "runsAsNonroot"> {
    const own = (kind: keyof Namespaces): boolean | null => {
      const [theirs, reference] = [namespaces[kind], this.#reference[kind]];
      return theirs === null || reference === null ? null : theirs !== reference;
    };
    const root = readLink(`/proc/${pid}/root`);
    return {
      noNewPrivs: status.noNewPrivs,
      seccomp: status.seccomp,
      seccompFilters: status.seccompFilters,
      lsm: this.#labelOf(pid),
      dumpable: isDumpable(pid, status),
      ownNamespaces: { user: own("user"), mount: own("mnt"), pid: own("pid"), net: own("net") },
      chroot: root.kind === "text" ? (root.text === "/" ? "" : root.text) : null,
    };
  }
}

function isDumpable(pid: number, status: TaskStatus): boolean | null {
  const effective = status.uids[1];
  // Root's files are root's either way.
  if (effective === 0) return null;
  const owner = readProcOwner(pid);
  return owner === null ? null : owner === effective;
}

function fileCapabilitiesText({ capabilities }: ExecutableFile): string | null {
  if (capabilities === null) return null;
  return capabilities === "none" ? "" : formatFileCapabilities(capabilities);
}

/** Others are all but root and the user that the process runs as. */
function isWritableByOthers({ mode, uid, gid }: ExecutableFile, user: number): boolean | null {
  if (mode === null) return null;
  const byAll = (mode & 0o002) !== 0;
  const byGroup = (mode & 0o020) !== 0 && gid !== 0;
  const byOwner = (mode & 0o200) !== 0 && uid !== 0 && uid !== user;
  return byAll || byGroup || byOwner;
}

function runsAsRoot({ uids }: TaskStatus): boolean {
  return uids.includes(0);
}

interface ThreadGroup {
  readonly tids: number[];
  readonly status: TaskStatus;
}

/** The threads whose credentials, no-new-privs bit or seccomp mode are not the leader's. */
function readDifferingThreads(pid: number, leader: TaskStatus): readonly ThreadGroup[] {
  const groups = new Map<string, ThreadGroup>();
  const usual = credentialsKey(leader);
  for (const { tid, status } of readThreadStatuses(pid)) {
    const key = credentialsKey(status);
    if (key === usual) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { tids: [tid], status });
    else group.tids.push(tid);
  }
  return [...groups.values()];
}

function describeThreads({ tids, status }: ThreadGroup, all: CapabilitySet): DifferingThreads {
  return {
    tids,
    credentials: credentialsOf(status, all),
    noNewPrivs: status.noNewPrivs,
    seccomp: status.seccomp,
  };
}

function credentialsKey(status: TaskStatus): string {
  const { uids, gids, permitted, effective, inheritable, bounding, ambient } = status;
  const { noNewPrivs, seccomp } = status;
  const sets = [permitted, effective, inheritable, bounding, ambient];
  return [...uids, ...gids, ...sets, noNewPrivs, seccomp].join(" ");
}

function credentialsOf(status: TaskStatus, all: CapabilitySet): Credentials {
  return {
    uids: idsOf(status.uids),
    gids: idsOf(status.gids),
    capabilities: {
      permitted: capabilityNames(status.permitted),
      effective: capabilityNames(status.effective),
      inheritable: capabilityNames(status.inheritable),
      bounding: capabilityNames(status.bounding),
      ambient: capabilityNames(status.ambient),
    },
    privilege: assessPrivilege(status.permitted, all),
  };
}

function idsOf([real, effective, saved, filesystem]: FourIds): Ids {
  return { real, effective, saved, filesystem };
}
