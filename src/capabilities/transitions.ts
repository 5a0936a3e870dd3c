// SPDX-License-Identifier: Apache-2.0
import { type Ids, rootOf, SECURE_BITS, type TaskCredentials } from "./credentials.ts";
import type { CapabilityState } from "./libcap-text.ts";
import { type CapabilitySet, EMPTY_SET, includesAll, setOf } from "./set.ts";

/**
 * What setuid(2), setreuid(2) and setresuid(2) make of the sets, once the ids have changed.
 * Source: cap_emulate_setxuid() in security/commoncap.c.
 */
export function changeUids(task: TaskCredentials, uids: Omit<Ids, "fileSystem">): TaskCredentials {
  const after: Ids = { ...uids, fileSystem: uids.effective };
  if ((task.securebits & SECURE_BITS.noSetuidFixup) !== 0) return { ...task, uids: after };
  const root = rootOf(task.userNamespace);
  const hasRoot = ({ real, effective, saved }: Ids): boolean =>
    real === root || effective === root || saved === root;
  let { permitted, effective, ambient } = task;
  if (hasRoot(task.uids) && !hasRoot(after)) {
    if ((task.securebits & SECURE_BITS.keepCaps) === 0) {
      permitted = EMPTY_SET;
      effective = EMPTY_SET;
    }
    ambient = EMPTY_SET;
  }
  if (task.uids.effective === root && after.effective !== root) effective = EMPTY_SET;
  if (task.uids.effective !== root && after.effective === root) effective = permitted;
  return { ...task, uids: after, permitted, effective, ambient };
}

/**
 * What capset(2) does: the task with these sets, or null for EPERM. Source: cap_capset() in
 * security/commoncap.c.
 */
export function changeSets(task: TaskCredentials, wanted: CapabilityState): TaskCredentials | null {
  const hasSetpcap = includesAll(task.effective, setOf("setpcap"));
  const reach: CapabilitySet = task.inheritable | (hasSetpcap ? task.bounding : task.permitted);
  const isAllowed =
    includesAll(reach, wanted.inheritable) &&
    includesAll(task.inheritable | task.bounding, wanted.inheritable) &&
    includesAll(task.permitted, wanted.permitted) &&
    includesAll(wanted.permitted, wanted.effective);
  if (!isAllowed) return null;
  const { effective, inheritable, permitted } = wanted;
  return {
    ...task,
    effective,
    inheritable,
    permitted,
    ambient: task.ambient & permitted & inheritable,
  };
}

/** PR_CAP_AMBIENT_RAISE of a whole set: the task with it, or null for EPERM. */
export function raiseAmbient(task: TaskCredentials, set: CapabilitySet): TaskCredentials | null {
  const isAllowed =
    includesAll(task.permitted & task.inheritable, set) &&
    (task.securebits & SECURE_BITS.noCapAmbientRaise) === 0;
  return isAllowed || set === EMPTY_SET ? { ...task, ambient: task.ambient | set } : null;
}
