// SPDX-License-Identifier: Apache-2.0
import { allCapabilities, type CapabilitySet } from "./set.ts";

/** A line of /proc/PID/uid_map or gid_map, as a reader in the initial user namespace sees it. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

export interface UserNamespace {
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
  /** Null for the initial one. */
  readonly parent: UserNamespace | null;
}

const ALL_IDS: readonly IdRange[] = [{ inside: 0, outside: 0, count: 0xffffffff }];

export const INITIAL_USER_NAMESPACE: UserNamespace = {
  uids: ALL_IDS,
  gids: ALL_IDS,
  parent: null,
};

export interface Ids {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly fileSystem: number;
}

/** The five sets of a task (man 7 capabilities), in the order of /proc/PID/status. */
export const SET_NAMES = ["inheritable", "permitted", "effective", "bounding", "ambient"] as const;
export type SetName = (typeof SET_NAMES)[number];
export type FiveSets = Readonly<Record<SetName, CapabilitySet>>;

/**
 * What the kernel's struct cred says of a task. All ids are those of the initial user namespace, as
 * the kernel keeps them, whatever namespace the task is in.
 */
export interface TaskCredentials extends FiveSets {
  readonly uids: Ids;
  readonly gids: Ids;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** SECURE_BITS below; bits that are not named there are passed on. */
  readonly securebits: number;
  readonly noNewPrivs: boolean;
  readonly userNamespace: UserNamespace;
}

/** include/uapi/linux/securebits.h; the lock of each is the next higher bit. */
export const SECURE_BITS = {
  noRoot: 1 << 0,
  noSetuidFixup: 1 << 2,
  keepCaps: 1 << 4,
  noCapAmbientRaise: 1 << 6,
} as const;

/** The id inside a namespace that an id of the initial namespace has there; null when unmapped. */
export function idInside(ranges: readonly IdRange[], outside: number): number | null {
  for (const range of ranges) {
    const offset = outside - range.outside;
    if (offset >= 0 && offset < range.count) return range.inside + offset;
  }
  return null;
}

/** The id of the initial namespace that stands for an id inside; null when unmapped. */
export function idOutside(ranges: readonly IdRange[], inside: number): number | null {
  for (const range of ranges) {
    const offset = inside - range.inside;
    if (offset >= 0 && offset < range.count) return range.outside + offset;
  }
  return null;
}

/** Root as this namespace's tasks see it: nobody where its 0 is not mapped. */
export function rootOf({ uids }: UserNamespace): number | null {
  return idOutside(uids, 0);
}

/** The same id four times, as a task has them that never changed any. */
export function sameIds(id: number): Ids {
  return { real: id, effective: id, saved: id, fileSystem: id };
}

/** A task as the first one of a machine is: every capability up to `last`, and uid 0. */
export function fullCredentials(last: number): TaskCredentials {
  const all = allCapabilities(last);
  return {
    uids: sameIds(0),
    gids: sameIds(0),
    groups: [],
    inheritable: 0n,
    permitted: all,
    effective: all,
    bounding: all,
    ambient: 0n,
    securebits: 0,
    noNewPrivs: false,
    userNamespace: INITIAL_USER_NAMESPACE,
  };
}
