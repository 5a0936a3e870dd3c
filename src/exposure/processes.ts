// SPDX-License-Identifier: Apache-2.0
import { formatFileCapabilities } from "../capabilities/file-capabilities.ts";
import { isOpenEnded, isPrivileged } from "../capabilities/privilege.ts";
import { EMPTY_SET } from "../capabilities/set.ts";
import type { Libc } from "../linux/ffi/libc.ts";
import { isWritableByOthers } from "../linux/files/permissions.ts";
import { type ExecutableFile, ExecutableReader } from "../linux/procfs/executable.ts";
import { type LabelReader, labelReader } from "../linux/procfs/labels.ts";
import { readAccounts } from "../linux/procfs/machine.ts";
import {
  INITIAL_USER_NAMESPACE,
  type Namespaces,
  readNamespaces,
  readReferenceNamespaces,
} from "../linux/procfs/namespaces.ts";
import { readLink, readText, textOrNull } from "../linux/procfs/read-text.ts";
import { parseStat } from "../linux/procfs/socket-holders.ts";
import type { TaskStatus } from "../linux/procfs/status.ts";
import { readProcessStatus, readProcOwner } from "../linux/procfs/task.ts";
import { credentialsOf, describeThreads, readDifferingThreads } from "../process/credentials.ts";
import { ManagementReader } from "../process/management.ts";
import { readYardstick, type Yardstick } from "../process/yardstick.ts";
import type { Defenses, Executable, Process } from "./model.ts";

/** Reads processes for one report; what is the same for all of them is read once. */
export class ProcessReader {
  readonly #executables: ExecutableReader;
  readonly #labelOf: LabelReader = labelReader();
  readonly #accounts = readAccounts();
  readonly #reference: Namespaces = readReferenceNamespaces();
  readonly #yardstick: Yardstick = readYardstick();
  readonly #management = new ManagementReader();

  constructor(libc: Libc | null) {
    this.#executables = new ExecutableReader(libc);
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
    const threads = readDifferingThreads(pid, status);
    const { all, ceiling } = this.#yardstick;
    const childUserNamespace =
      namespaces.user === null ? null : namespaces.user !== INITIAL_USER_NAMESPACE;
    return {
      pid,
      parentPid: status.parentPid,
      startTime,
      comm: status.comm,
      exe: this.#executableOf(pid, status),
      account: this.#accounts.get(status.uids[1]) ?? null,
      ...this.#management.read(pid),
      childUserNamespace,
      ...credentialsOf(status, all),
      ambientPresent: status.ambient !== EMPTY_SET,
      openEndedBounding: isOpenEnded(status.bounding, ceiling),
      privilegedCaps: [status, ...threads.map((group) => group.status)].some(({ permitted }) =>
        isPrivileged(permitted, childUserNamespace),
      ),
      threadCount: status.threads,
      differingThreads: threads.map((group) => describeThreads(group, all)),
      defenses: {
        ...this.#defensesOf(pid, status, namespaces),
        runsAsNonroot: ![status, ...threads.map((group) => group.status)].some(runsAsRoot),
      },
    };
  }

  #executableOf(pid: number, status: TaskStatus): Executable | null {
    const result = this.#executables.read(pid);
    if (result.kind !== "file") return null;
    const { file } = result;
    return {
      path: file.path,
      deleted: file.deleted,
      writableByOthers: writableByOthers(file, status.uids[1]),
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
function writableByOthers({ mode, uid, gid }: ExecutableFile, user: number): boolean | null {
  if (mode === null || uid === null || gid === null) return null;
  return isWritableByOthers({ mode, uid, gid }, user);
}

function runsAsRoot({ uids }: TaskStatus): boolean {
  return uids.includes(0);
}
