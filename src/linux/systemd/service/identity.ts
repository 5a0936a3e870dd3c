// SPDX-License-Identifier: Apache-2.0
import { UsageError } from "../../../errors.ts";
import { type Account, type AccountDatabase, parseId, resolveGroup } from "../../account.ts";
import { parseUnitName } from "./specifiers.ts";
import type { ServiceSettings } from "./settings.ts";

/** Whom a service runs as. */
export interface ServiceIdentity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Those of `groups` that the database gives: a command that keeps root's ids has them too. */
  readonly databaseGroups: readonly number[];
  readonly account: Account | null;
}

/** Ids that systemd gives to DynamicUser=; systemd.io/UIDS-GIDS. */
const DYNAMIC_FIRST = 61184;
const DYNAMIC_LAST = 65519;

/**
 * User=, Group=, SupplementaryGroups= and DynamicUser= as ids, as systemd's exec_child() takes
 * them: groups come from the database unless the group is root's. Throws UsageError for what this
 * machine does not know.
 */
export function serviceIdentity(
  settings: ServiceSettings,
  unit: string,
  database: AccountDatabase,
  warn: (warning: string) => void,
): ServiceIdentity {
  const found = settings.dynamicUser
    ? dynamicUser(settings, unit, database, warn)
    : staticUser(settings.user, database, warn);
  const gid =
    settings.group === null || (settings.dynamicUser && database.findGroup(settings.group) === null)
      ? found.gid
      : groupOf(settings.group, "Group", database, warn);
  const own = found.account === null || gid === 0 ? [] : database.groupsOf(found.account.name, gid);
  const more = settings.supplementaryGroups.map((group) =>
    groupOf(group, "SupplementaryGroups", database, warn),
  );
  return {
    uid: found.uid,
    gid,
    groups: [...new Set([...own, ...more])].sort((one, other) => one - other),
    databaseGroups: own,
    account: found.account,
  };
}

type UserFound = Pick<ServiceIdentity, "uid" | "gid" | "account">;

function staticUser(
  user: string | null,
  database: AccountDatabase,
  warn: (warning: string) => void,
): UserFound {
  if (user === null) return { uid: 0, gid: 0, account: null };
  const account = database.findUser(user);
  if (account !== null) return { uid: account.uid, gid: account.gid, account };
  const uid = parseId(user);
  if (uid === null) throw new UsageError(`User=${user}: no such user`);
  warn(`User=${user}: there is no such account, and systemd would not start the service`);
  return { uid, gid: uid, account: null };
}

/** An account of that name is used when there is one; else an id that nothing else has. */
function dynamicUser(
  { user }: ServiceSettings,
  unit: string,
  database: AccountDatabase,
  warn: (warning: string) => void,
): UserFound {
  const name = user ?? parseUnitName(unit).prefix;
  const account = database.findUser(name);
  if (account !== null) return { uid: account.uid, gid: account.gid, account };
  const uid = parseId(name) ?? pickDynamicId(name, database);
  warn(`DynamicUser=: runs as uid ${uid}, which is made up; systemd would choose one itself`);
  return { uid, gid: uid, account: { name, uid, gid: uid, home: "/", shell: "/usr/sbin/nologin" } };
}

function pickDynamicId(name: string, database: AccountDatabase): number {
  const count = DYNAMIC_LAST - DYNAMIC_FIRST + 1;
  let start = 0;
  for (const byte of new TextEncoder().encode(name)) start = (start * 31 + byte) % count;
  for (let step = 0; step < count; step++) {
    const id = DYNAMIC_FIRST + ((start + step) % count);
    if (database.findUser(String(id)) === null) return id;
  }
  throw new UsageError("DynamicUser=: no user id is free");
}

function groupOf(
  text: string,
  key: string,
  database: AccountDatabase,
  warn: (warning: string) => void,
): number {
  const known = database.findGroup(text);
  if (known !== null) return known;
  if (parseId(text) === null) throw new UsageError(`${key}=${text}: no such group`);
  warn(`${key}=${text}: there is no such group, and systemd would not start the service`);
  return resolveGroup(text, database);
}
