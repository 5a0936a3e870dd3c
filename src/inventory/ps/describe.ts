// SPDX-License-Identifier: Apache-2.0
import { isOpenEnded, isPrivileged } from "../../capabilities/privilege.ts";
import { EMPTY_SET } from "../../capabilities/set.ts";
import { readExecutablePath } from "../../linux/procfs/executable.ts";
import { readAccounts } from "../../linux/procfs/machine.ts";
import { INITIAL_USER_NAMESPACE, readNamespace } from "../../linux/procfs/namespaces.ts";
import { readText } from "../../linux/procfs/read-text.ts";
import { isKernelThreadFlags, parseStat } from "../../linux/procfs/socket-holders.ts";
import type { TaskStatus } from "../../linux/procfs/status.ts";
import { credentialsOf, describeThreads, type ThreadGroup } from "../../process/credentials.ts";
import { ManagementReader } from "../../process/management.ts";
import { readYardstick } from "../../process/yardstick.ts";
import type { ListedProcess } from "../model.ts";

/** Secure bits of a process; null where they are not known. No file under /proc tells them. */
export type SecurebitsOf = (pid: number) => readonly string[] | null;

/** Describes processes for one report; what is the same for all of them is read once. */
export class ProcessDescriber {
  readonly #accounts = readAccounts();
  readonly #management = new ManagementReader();
  readonly #yardstick = readYardstick();
  readonly #securebitsOf: SecurebitsOf;

  constructor(securebitsOf: SecurebitsOf) {
    this.#securebitsOf = securebitsOf;
  }

  /** Null when the process ended meanwhile. */
  describe(status: TaskStatus, threads: readonly ThreadGroup[]): ListedProcess | null {
    const { pid } = status;
    const stat = readText(`/proc/${pid}/stat`);
    if (stat.kind !== "text") return null;
    const { flags, startTime } = parseStat(stat.text);
    const userNamespace = readNamespace(pid, "user");
    const childUserNamespace =
      userNamespace === null ? null : userNamespace !== INITIAL_USER_NAMESPACE;
    const { all, ceiling } = this.#yardstick;
    return {
      pid,
      parentPid: status.parentPid,
      startTime,
      comm: status.comm,
      exe: readExecutablePath(pid),
      account: this.#accounts.get(status.uids[1]) ?? null,
      kernelThread: isKernelThreadFlags(flags),
      ...this.#management.read(pid),
      userNamespace,
      childUserNamespace,
      ...credentialsOf(status, all),
      securebits: this.#securebitsOf(pid),
      ambientPresent: status.ambient !== EMPTY_SET,
      openEndedBounding: isOpenEnded(status.bounding, ceiling),
      privilegedCaps: [status, ...threads.map((group) => group.status)].some(({ permitted }) =>
        isPrivileged(permitted, childUserNamespace),
      ),
      noNewPrivs: status.noNewPrivs,
      seccomp: status.seccomp,
      threadCount: status.threads,
      differingThreads: threads.map((group) => describeThreads(group, all)),
    };
  }
}
