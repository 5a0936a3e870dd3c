// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EMPTY_SET, EVERYTHING, setOf } from "../../capabilities/set.ts";
import type { UnitAssignment, UnitDeclaration } from "../model.ts";
import { mergeCapabilities } from "./capability-list.ts";
import { IMPLY_NO_NEW_PRIVILEGES, REMOVED_FROM_BOUNDING } from "./implied.ts";
import { parseBoolean, SECURE_BITS } from "./values.ts";

/** What a unit says about the credentials of its processes, nothing looked up. */
export interface DeclaredCredentials {
  /** Null where no user is set: root, in the system manager. */
  readonly user: string | null;
  readonly dynamicUser: boolean;
  /** Null for a user whose id is not known from its name. */
  readonly isRoot: boolean | null;
  /** EVERYTHING where nothing is taken away; without what the sandboxing removes. */
  readonly bounding: CapabilitySet;
  readonly ambient: CapabilitySet;
  readonly noNewPrivileges: boolean;
  /** The key that implies it; null where it is set by itself, or not at all. */
  readonly impliedBy: string | null;
  readonly securebits: ReadonlySet<string>;
  /** The last assignment of each key that counts. */
  readonly last: ReadonlyMap<string, UnitAssignment>;
}

/**
 * Adds up the assignments of [Service] (or another section with settings of systemd.exec(5)) of
 * a unit and its drop-ins, in the order in which they count.
 */
export function declaredCredentials(units: readonly UnitDeclaration[]): DeclaredCredentials {
  const all = units.flatMap((unit) => unit.assignments).filter(isOfExecution);
  const last = new Map(all.map((assignment) => [assignment.key, assignment]));
  const valueOf = (key: string): string => last.get(key)?.value ?? "";
  const isOn = (key: string): boolean => parseBoolean(valueOf(key)) === true;
  const user = valueOf("User") || null;
  const dynamicUser = isOn("DynamicUser");
  const merge = (key: string, initial: CapabilitySet): CapabilitySet =>
    all
      .filter((assignment) => assignment.key === key)
      .reduce((set, { value }) => mergeCapabilities(set, initial, value, () => undefined), initial);
  const declared = merge("CapabilityBoundingSet", EVERYTHING);
  const removed = Object.entries(REMOVED_FROM_BOUNDING).flatMap(([key, names]) =>
    isOn(key) ? names : [],
  );
  const isRoot = rootOf(user, dynamicUser);
  // Of a user manager's service, and of one with User=, which has no CAP_SYS_ADMIN at that step.
  const isUnprivileged = isRoot === false || units.some(({ manager }) => manager === "user");
  const implies = IMPLY_NO_NEW_PRIVILEGES.find((key) => isAsked(last, key)) ?? null;
  const impliedBy = isUnprivileged ? implies : null;
  return {
    user,
    dynamicUser,
    isRoot,
    bounding: declared & ~setOf(...removed),
    ambient: merge("AmbientCapabilities", EMPTY_SET),
    noNewPrivileges: isOn("NoNewPrivileges") || impliedBy !== null || dynamicUser,
    impliedBy: isOn("NoNewPrivileges") ? null : impliedBy,
    securebits: new Set(
      (last.get("SecureBits")?.words ?? [])
        .map(({ text }) => text)
        .filter((word) => SECURE_BITS.includes(word)),
    ),
    last,
  };
}

/** Sections whose processes have credentials; a piece without a section header counts as well. */
export function isOfExecution({ section }: UnitAssignment): boolean {
  return ["Service", "Socket", "Mount", "Swap", ""].includes(section);
}

function rootOf(user: string | null, dynamicUser: boolean): boolean | null {
  if (user === null) return !dynamicUser;
  if (user === "root" || user === "0") return true;
  // A specifier may stand for anybody.
  return user.includes("%") ? null : false;
}

/** "SystemCallFilter=@system-service" asks; "PrivateDevices=no" does not. */
function isAsked(last: ReadonlyMap<string, UnitAssignment>, key: string): boolean {
  const value = last.get(key)?.value ?? "";
  return value !== "" && parseBoolean(value) !== false;
}
