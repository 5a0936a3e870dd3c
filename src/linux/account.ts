// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { UsageError } from "../errors.ts";
import { readText, textOrNull } from "./procfs/read-text.ts";

/** Ids for a new process; null leaves what this process has. */
export interface LaunchIds {
  readonly uid: number | null;
  readonly gid: number | null;
  /** Supplementary groups, exactly. */
  readonly groups: readonly number[] | null;
}

/** An entry of passwd(5). */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** What this machine knows about users and groups; a name or a number as text is the key. */
export interface AccountDatabase {
  readonly findUser: (key: string) => Account | null;
  readonly findGroup: (key: string) => number | null;
  /** All groups of a user, the given one included, as initgroups(3). */
  readonly groupsOf: (name: string, gid: number) => readonly number[];
}

/** The ids of `--user`, and the account where there is one. */
export interface ResolvedUser extends LaunchIds {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly account: Account | null;
}

const LARGEST_ID = 0xffff_fffe;
/** What -1 was with 16 bits; systemd refuses it as well. */
const SIXTEEN_BIT_NOBODY = 0xffff;

/** An id that a process can have: not (uid_t) -1 of 32 or 16 bits. */
export function isValidId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id <= LARGEST_ID && id !== SIXTEEN_BIT_NOBODY;
}

/** A decimal id without sign or leading zeros; null for anything else, names included. */
export function parseId(text: string): number | null {
  return /^(?:0|[1-9]\d{0,9})$/.test(text) && isValidId(Number(text)) ? Number(text) : null;
}

/**
 * Ids for NAME, UID, NAME:GROUP or UID:GID, with the user's supplementary groups as at a login.
 * A uid without an account needs no group: it gets the same number and no others. Throws
 * UsageError for what this machine does not know.
 */
export function resolveUser(
  text: string,
  database: AccountDatabase = systemAccounts(),
): ResolvedUser {
  const [user = "", group, ...rest] = text.split(":");
  if (user === "" || group === "" || rest.length > 0) {
    throw new UsageError(`not a user: ${text}`, "say NAME, UID, NAME:GROUP or UID:GID");
  }
  const account = database.findUser(user);
  const uid = account?.uid ?? parseId(user);
  if (uid === null) throw new UsageError(`no such user: ${user}`);
  const gid = group === undefined ? (account?.gid ?? uid) : resolveGroup(group, database);
  const groups = account === null ? [] : database.groupsOf(account.name, gid);
  return { uid, gid, groups, account };
}

/** A group's id, by name or number; numbers need no entry. Throws UsageError otherwise. */
export function resolveGroup(text: string, database: AccountDatabase = systemAccounts()): number {
  const gid = parseId(text) ?? (/^\d+$/.test(text) ? null : database.findGroup(text));
  if (gid === null) throw new UsageError(`no such group: ${text}`);
  return gid;
}

/** By getent(1), so that directory services are asked too; from /etc alone where there is none. */
export function systemAccounts(): AccountDatabase {
  const getent = ["/usr/bin/getent", "/bin/getent", "/run/current-system/sw/bin/getent"].find(
    (path) => existsSync(path),
  );
  const files = fileAccounts(readFile("/etc/passwd"), readFile("/etc/group"));
  if (getent === undefined) return files;
  const ask = (...words: readonly string[]): string | null => runGetent(getent, words);
  return {
    findUser: (key) => {
      const passwd = isKey(key) ? ask("passwd", key) : null;
      return (passwd === null ? null : findAccount(passwd, key)) ?? files.findUser(key);
    },
    findGroup: (key) => {
      const group = isKey(key) ? ask("group", key) : null;
      return (group === null ? null : findGroupId(group, key)) ?? files.findGroup(key);
    },
    groupsOf: (name, gid) => {
      const answer = isKey(name) ? ask("initgroups", name) : null;
      if (answer === null) return files.groupsOf(name, gid);
      return sorted([gid, ...initgroupsIds(answer, name)]);
    },
  };
}

/** The same from the texts of passwd(5) and group(5). */
export function fileAccounts(passwd: string, group: string): AccountDatabase {
  return {
    findUser: (key) => findAccount(passwd, key),
    findGroup: (key) => findGroupId(group, key),
    groupsOf: (name, gid) => {
      const memberOf = fieldsOf(group).filter(([, , , members]) =>
        (members ?? "").split(",").includes(name),
      );
      return sorted([gid, ...memberOf.map(([, , id]) => Number(id))]);
    },
  };
}

function findAccount(passwd: string, key: string): Account | null {
  const id = parseId(key);
  const lines = fieldsOf(passwd);
  const line =
    lines.find(([name]) => name === key) ?? lines.find(([, , uid]) => uid === String(id));
  const [name = "", , uid, gid, , home = "", shell = ""] = line ?? [];
  if (line === undefined || !isValidId(Number(uid)) || !isValidId(Number(gid))) return null;
  return { name, uid: Number(uid), gid: Number(gid), home, shell };
}

function findGroupId(group: string, key: string): number | null {
  const lines = fieldsOf(group);
  const line =
    lines.find(([name]) => name === key) ?? lines.find(([, , gid]) => gid === String(parseId(key)));
  const gid = Number(line?.[2] ?? Number.NaN);
  return isValidId(gid) ? gid : null;
}

function fieldsOf(database: string): readonly (readonly string[])[] {
  return database
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
}

/** "alice   4 24 27": names may hold spaces, so it is known where the numbers begin. */
function initgroupsIds(answer: string, name: string): readonly number[] {
  const numbers = answer.split("\n", 1)[0]?.slice(name.length).trim() ?? "";
  return numbers
    .split(/\s+/)
    .filter((word) => /^\d+$/.test(word))
    .map(Number);
}

function sorted(ids: readonly number[]): readonly number[] {
  return [...new Set(ids)].filter(isValidId).sort((one, other) => one - other);
}

/** getent takes several keys and has options: this is one key and no option. */
function isKey(text: string): boolean {
  return text !== "" && !text.startsWith("-") && !/[\s:/]/.test(text);
}

const TIME_LIMIT_MS = 5000;

/** Null when the database has no such entry, or does not answer. */
function runGetent(path: string, words: readonly string[]): string | null {
  const result = spawnSync(path, words, {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    stdio: ["ignore", "pipe", "ignore"],
    encoding: "utf8",
    timeout: TIME_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  return result.error === undefined && result.status === 0 ? result.stdout : null;
}

function readFile(path: string): string {
  return textOrNull(readText(path)) ?? "";
}
