// SPDX-License-Identifier: Apache-2.0
import { sameIds, type TaskCredentials } from "../capabilities/credentials.ts";
import { execve } from "../capabilities/execve.ts";
import {
  type ExecNote,
  type ExecResult,
  identityRuleOf,
  PLAIN_EXEC,
} from "../capabilities/exec-model.ts";
import { capabilityNames, EMPTY_SET } from "../capabilities/set.ts";
import type { ResolvedUser } from "../linux/account.ts";
import { findProgram, type FoundProgram } from "../linux/executed-file.ts";
import { openLibc } from "../linux/ffi/libc.ts";
import { readHost, readLastCapability } from "../linux/procfs/machine.ts";
import { INITIAL_USER_NAMESPACE, readNamespace } from "../linux/procfs/namespaces.ts";
import { readOwnCredentials } from "../linux/procfs/own-credentials.ts";
import { securebitNames } from "../linux/securebits.ts";
import { readYardstick } from "../process/yardstick.ts";
import type { SeenHolder } from "./compare.ts";
import { type GivenSet, limitsFor } from "./expectation.ts";
import type { VerifyReport } from "./model.ts";
import { reportOf } from "./report-of.ts";

export interface ProgramOptions {
  readonly time: Date;
  /** Path or name. */
  readonly program: string;
  /** Directories to look for a name in, as in PATH. */
  readonly searchPath: string;
  /** Who runs it, as after a login; null for this process. */
  readonly user: ResolvedUser | null;
  readonly given: GivenSet;
  readonly exact: boolean;
}

/**
 * Compares what a program would have, were it executed now, with what it should have. Nothing is run:
 * the kernel's rules are applied. Throws UsageError where there is no such program.
 */
export async function verifyProgram(options: ProgramOptions): Promise<VerifyReport> {
  const { time, user, given, exact } = options;
  const libc = await openLibc();
  const found = findProgram(libc, options.program, options.searchPath);
  const own = readOwnCredentials(libc);
  const task = user === null ? own : afterLogin(own, user);
  const host = readHost();
  const result = execve(task, found.file, {
    ...PLAIN_EXEC,
    lastCapability: readLastCapability() ?? PLAIN_EXEC.lastCapability,
    identityRule: identityRuleOf(host.kernel),
  });
  const limits = limitsFor(given, null, exact, readYardstick().all);
  const report = reportOf({
    time,
    host,
    target: { kind: "command", program: found.path, uid: task.uids.real },
    // The bounding set is that of whoever runs it: the program changes nothing about it.
    limits: { ...limits, sets: { ...limits.sets, bounding: task.bounding } },
    unit: null,
    seen: [holderOf(found, task, result)],
    gaps: [],
  });
  return { ...report, notes: [...notesOn(found, result), ...report.notes] };
}

/** Root holds its bounding set; another user nothing. */
function afterLogin(own: TaskCredentials, { uid, gid, groups }: ResolvedUser): TaskCredentials {
  const permitted = uid === 0 ? own.bounding : EMPTY_SET;
  const rest = { inheritable: EMPTY_SET, ambient: EMPTY_SET, securebits: 0 };
  const ids = { uids: sameIds(uid), gids: sameIds(gid), groups };
  return { ...own, ...ids, ...rest, permitted, effective: permitted };
}

function holderOf(found: FoundProgram, task: TaskCredentials, result: ExecResult): SeenHolder {
  const after =
    result.kind === "executed"
      ? result.credentials
      : { ...task, permitted: EMPTY_SET, effective: EMPTY_SET, ambient: EMPTY_SET };
  const { inheritable, permitted, effective, bounding, ambient } = after;
  return {
    name: found.path,
    pid: null,
    tids: [],
    main: true,
    uid: after.uids.effective,
    compared: true,
    line: null,
    sets: { inheritable, permitted, effective, bounding, ambient },
    securebits: securebitNames(after.securebits),
    noNewPrivileges: after.noNewPrivs,
  };
}

function notesOn({ path, loaded, file }: FoundProgram, result: ExecResult): readonly string[] {
  const isHere = readNamespace("self", "user") === INITIAL_USER_NAMESPACE;
  return [
    ...(loaded !== path && file.capabilities === null
      ? [`What is loaded is ${loaded}: of a script, the interpreter's rights count.`]
      : []),
    ...(result.kind === "refused"
      ? [
          `execve(2) refuses it: the file insists on ${capabilityNames(result.missing).join(", ")}, ` +
            "which the bounding set lacks.",
        ]
      : result.notes.flatMap((note) => NOTES[note] ?? [])),
    ...(isHere ? [] : ["Worked out as if this user namespace were the initial one."]),
  ];
}

const NOTES: Readonly<Partial<Record<ExecNote, string>>> = {
  "setid-ignored-nosuid": "Its setuid or setgid bit is void: the file system is mounted nosuid.",
  "setid-ignored-no-new-privs": "Its setuid or setgid bit is void with no_new_privs.",
  "setid-ignored-unmapped": "Its setuid or setgid bit is void: its owner is not in this namespace.",
  "file-capabilities-ignored-nosuid":
    "Its file capabilities are void: the file system is mounted nosuid.",
  "file-capabilities-ignored-other-root":
    "Its file capabilities are void: they count in another user namespace.",
  "file-capabilities-win-over-setuid-root":
    "It is setuid root and has file capabilities: it gets those, and not root's.",
  root: "Run with root's user id, it gets all of the bounding set.",
  "privileges-not-gained": "It gains nothing: no_new_privs, or a tracer that may not.",
  "ambient-cleared": "Its file clears the ambient set.",
};
