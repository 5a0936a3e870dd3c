// SPDX-License-Identifier: Apache-2.0
import {
  idInside,
  rootOf,
  SECURE_BITS,
  type TaskCredentials,
  type UserNamespace,
} from "./credentials.ts";
import {
  type ExecConditions,
  type ExecNote,
  type ExecResult,
  type ExecutedFile,
  PLAIN_EXEC,
} from "./exec-model.ts";
import { allCapabilities, type CapabilitySet, EMPTY_SET, includesAll, setOf } from "./set.ts";

/**
 * What execve(2) makes of a task's credentials. Whether the file may be executed at all is not asked
 * here. Source: cap_bprm_creds_from_file() in security/commoncap.c, bprm_fill_uid() in fs/exec.c,
 * Linux 6.18; checked against the running kernel by test/privileged/execve-model.test.ts.
 */
export function execve(
  task: TaskCredentials,
  file: ExecutedFile,
  conditions: ExecConditions = PLAIN_EXEC,
): ExecResult {
  const notes: ExecNote[] = [];
  let { effectiveUid, effectiveGid } = idsOfFile(task, file, notes);
  const fromFile = capabilitiesOfFile(task, file, conditions, notes);
  if (fromFile.error !== null) {
    return { kind: "refused", error: fromFile.error, missing: fromFile.missing };
  }
  const granted = applyRoot(task, fromFile, effectiveUid, notes);

  const isMember = effectiveGid === task.gids.fileSystem || task.groups.includes(effectiveGid);
  const idChanged =
    conditions.identityRule === "effective"
      ? effectiveUid !== task.uids.effective || !isMember
      : effectiveUid !== task.uids.real || effectiveGid !== task.gids.real;
  let { permitted } = granted;
  const gains = idChanged || !includesAll(task.permitted, permitted);
  if (gains && isUnsafe(task, conditions)) {
    notes.push("privileges-not-gained");
    if (task.noNewPrivs || !includesAll(task.effective, setOf("setuid"))) {
      effectiveUid = task.uids.real;
      effectiveGid = task.gids.real;
    }
    permitted &= task.permitted;
  }
  const clearsAmbient = fromFile.found || idChanged;
  if (clearsAmbient && task.ambient !== EMPTY_SET) notes.push("ambient-cleared");
  const ambient = clearsAmbient ? EMPTY_SET : task.ambient;
  permitted |= ambient;
  const effective = granted.effective ? permitted : ambient;
  const isRealRoot = task.uids.real === rootOf(task.userNamespace);
  const elevated = !isRealRoot && (granted.effective || !includesAll(ambient, permitted));
  return {
    kind: "executed",
    credentials: {
      ...task,
      uids: identities(task.uids.real, effectiveUid),
      gids: identities(task.gids.real, effectiveGid),
      permitted,
      effective,
      ambient,
      securebits: task.securebits & ~SECURE_BITS.keepCaps,
    },
    secure: isSecure(task, { idChanged, effectiveUid, effectiveGid, elevated }, conditions),
    notes,
  };
}

/** bprm_fill_uid(): the effective ids that the setuid and setgid bits give. */
function idsOfFile(
  task: TaskCredentials,
  file: ExecutedFile,
  notes: ExecNote[],
): { effectiveUid: number; effectiveGid: number } {
  const ids = { effectiveUid: task.uids.effective, effectiveGid: task.gids.effective };
  const isSetuid = (file.mode & 0o4000) !== 0;
  // Without execute permission for the group the bit means something else: mandatory locking, once.
  const isSetgid = (file.mode & 0o2010) === 0o2010;
  if (!isSetuid && !isSetgid) return ids;
  const { uids, gids } = task.userNamespace;
  if (file.nosuid || !file.ownedByAncestor) notes.push("setid-ignored-nosuid");
  else if (task.noNewPrivs) notes.push("setid-ignored-no-new-privs");
  else if (idInside(uids, file.uid) === null || idInside(gids, file.gid) === null) {
    notes.push("setid-ignored-unmapped");
  } else {
    if (isSetuid) ids.effectiveUid = file.uid;
    if (isSetgid) ids.effectiveGid = file.gid;
  }
  return ids;
}

interface Granted {
  readonly permitted: CapabilitySet;
  readonly effective: boolean;
}

interface GrantedByFile extends Granted {
  /** The file has capabilities, and they count for this task. */
  readonly found: boolean;
  readonly missing: CapabilitySet;
  readonly error: "EPERM" | "EINVAL" | null;
}

const NOTHING: GrantedByFile = {
  found: false,
  permitted: EMPTY_SET,
  effective: false,
  missing: EMPTY_SET,
  error: null,
};

/** get_file_caps() and bprm_caps_from_vfs_caps() */
function capabilitiesOfFile(
  task: TaskCredentials,
  file: ExecutedFile,
  { lastCapability }: ExecConditions,
  notes: ExecNote[],
): GrantedByFile {
  const { capabilities } = file;
  if (capabilities === null) return NOTHING;
  if (file.nosuid || !file.ownedByAncestor) {
    notes.push("file-capabilities-ignored-nosuid");
    return NOTHING;
  }
  if (capabilities === "malformed") return { ...NOTHING, error: "EINVAL" };
  if (!isRootOfAncestor(capabilities.rootUid ?? 0, task.userNamespace)) {
    notes.push("file-capabilities-ignored-other-root");
    return NOTHING;
  }
  const forced = capabilities.permitted & allCapabilities(lastCapability);
  const permitted =
    (task.bounding & forced) |
    (task.inheritable & capabilities.inheritable & allCapabilities(lastCapability));
  // A program that does not know of capabilities would run with less than it was given.
  const missing = capabilities.effective ? forced & ~permitted : EMPTY_SET;
  const error = missing === EMPTY_SET ? null : "EPERM";
  return { found: true, permitted, effective: capabilities.effective, missing, error };
}

/** rootid_owns_currentns() */
function isRootOfAncestor(uid: number, namespace: UserNamespace): boolean {
  let each: UserNamespace | null = namespace;
  for (; each !== null; each = each.parent) if (rootOf(each) === uid) return true;
  return false;
}

/** handle_privileged_root() */
function applyRoot(
  task: TaskCredentials,
  fromFile: GrantedByFile,
  effectiveUid: number,
  notes: ExecNote[],
): Granted {
  const root = rootOf(task.userNamespace);
  const isReal = task.uids.real === root;
  const isEffective = effectiveUid === root;
  if ((task.securebits & SECURE_BITS.noRoot) !== 0 || (!isReal && !isEffective)) return fromFile;
  if (fromFile.found && !isReal) {
    notes.push("file-capabilities-win-over-setuid-root");
    return fromFile;
  }
  notes.push("root");
  return {
    permitted: task.bounding | task.inheritable,
    effective: fromFile.effective || isEffective,
  };
}

/** bprm->unsafe, and ptracer_capable() */
function isUnsafe(task: TaskCredentials, conditions: ExecConditions): boolean {
  return task.noNewPrivs || conditions.sharesFileSystem || conditions.tracer === "incapable";
}

function identities(real: number, effective: number): TaskCredentials["uids"] {
  return { real, effective, saved: effective, fileSystem: effective };
}

function isSecure(
  { uids, gids }: TaskCredentials,
  after: {
    readonly idChanged: boolean;
    readonly effectiveUid: number;
    readonly effectiveGid: number;
    readonly elevated: boolean;
  },
  { identityRule }: ExecConditions,
): boolean {
  if (after.idChanged || after.elevated) return true;
  if (identityRule === "real") return false;
  return after.effectiveUid !== uids.real || after.effectiveGid !== gids.real;
}
