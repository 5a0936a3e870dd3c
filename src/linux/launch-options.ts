// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { type CapabilitySet, capabilityNames } from "../capabilities/set.ts";
import { CAPABILITY_NAMES } from "../capabilities/names.ts";
import { UnsupportedError, UsageError } from "../errors.ts";
import { isValidId, type LaunchIds } from "./account.ts";
import type { Inheritance } from "./inheritance.ts";
import { readText, textOrNull } from "./procfs/read-text.ts";
import type { ResourceLimit } from "./resource-limits.ts";

/** Credentials for a new process. Sets are masks; null leaves what this process has. */
export interface LaunchCredentials extends LaunchIds {
  /** Becomes the inheritable set as well: ambient capabilities have to be in it. */
  readonly ambient: CapabilitySet | null;
  /** Only ever takes away: what this process's bounding set lacks stays out. */
  readonly bounding: CapabilitySet | null;
  /** Exactly these, by the names of systemd.exec(5); "keep-caps" ends with the exec and is left out. */
  readonly securebits: readonly string[] | null;
  readonly noNewPrivileges: boolean;
}

/** What a command is started with; what is left out is as in this process. */
export interface LaunchOptions {
  readonly credentials?: LaunchCredentials;
  /** Absolute path, entered with the new credentials. */
  readonly workingDirectory?: string;
  /** Starts in / where the working directory cannot be entered. */
  readonly workingDirectoryOptional?: boolean;
  /** The whole environment. Names are letters, digits and "_". */
  readonly environment?: Readonly<Record<string, string>>;
  readonly umask?: number;
  readonly limits?: readonly ResourceLimit[];
  /** What the command is told that its name is. Needs bash, which sets SHLVL. */
  readonly argv0?: string;
  /** Descriptors of this process for standard input, output and error; left out, its own. */
  readonly streams?: readonly [number, number, number];
  /** Starts it in a session of its own: what the terminal sends does not reach it. */
  readonly ownSession?: boolean;
  /** What this process was given and hands on; left out, only its standard streams. */
  readonly inheritance?: Inheritance;
}

/**
 * Credentials for a command that runs as another user and is otherwise as this process: for any
 * but root nothing of its capabilities is left. Those of this very user need no privilege.
 */
export function userCredentials({ uid, gid, groups }: LaunchIds): LaunchCredentials {
  const status = textOrNull(readText("/proc/self/status")) ?? "";
  const line = (key: string): readonly number[] => {
    const text = new RegExp(`^${key}:(.*)$`, "m").exec(status)?.[1] ?? "";
    return (text.match(/\d+/g) ?? []).map(Number);
  };
  const isOwn =
    line("Uid").every((each) => each === uid) &&
    line("Gid").every((each) => each === gid) &&
    [...(groups ?? [])].sort().join() === [...line("Groups")].sort().join();
  const ids = isOwn ? { uid: null, gid: null, groups: null } : { uid, gid, groups };
  return { ...ids, ambient: null, bounding: null, securebits: null, noNewPrivileges: false };
}

/** Absolute, so that PATH has no say; the last one is NixOS. */
const TOOL_DIRECTORIES = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/run/current-system/sw/bin"];

/** Securebits that outlive an exec, as setpriv(1) names them. */
const SECUREBITS = [
  "noroot",
  "noroot-locked",
  "no-setuid-fixup",
  "no-setuid-fixup-locked",
  "keep-caps-locked",
];

/**
 * The words to put before a command that is to run with these options: prlimit(1), setpriv(1) or
 * nothing. Limits come first, as raising them takes privileges. Throws UnsupportedError where
 * util-linux is not installed.
 */
export function launcherWords({ credentials, limits }: LaunchOptions): readonly string[] {
  const words: string[] = [];
  if (limits !== undefined && limits.length > 0) {
    words.push(findTool("prlimit"), ...limits.map(limitArgument), "--");
  }
  const settings = credentials === undefined ? [] : setprivArguments(credentials);
  if (settings.length > 0) words.push(findTool("setpriv"), ...settings, "--");
  return words;
}

/** Arguments of setpriv(1) of util-linux >= 2.33 for these credentials; empty for none. */
export function setprivArguments(credentials: LaunchCredentials): readonly string[] {
  const { ambient, bounding, securebits } = credentials;
  const words = idArguments(credentials);
  if (securebits !== null) words.push(`--securebits=${securebitsList(securebits)}`);
  if (bounding !== null) words.push(`--bounding-set=${capabilityList(bounding)}`);
  if (ambient !== null) {
    words.push(
      `--inh-caps=${capabilityList(ambient)}`,
      `--ambient-caps=${capabilityList(ambient)}`,
    );
  }
  if (credentials.noNewPrivileges) words.push("--no-new-privs");
  return words;
}

function idArguments({ uid, gid, groups }: LaunchIds): string[] {
  for (const id of [uid, gid, ...(groups ?? [])]) {
    // The kernel takes 4294967295 for "leave as it is": nothing would be given up.
    if (id !== null && !isValidId(id)) throw new UsageError(`not a user or group id: ${id}`);
  }
  const words: string[] = [];
  if (uid !== null) words.push(`--reuid=${uid}`);
  if (gid !== null) words.push(`--regid=${gid}`);
  if (groups !== null) {
    words.push(groups.length === 0 ? "--clear-groups" : `--groups=${groups.join(",")}`);
  } else if (gid !== null) {
    words.push("--keep-groups");
  }
  return words;
}

function capabilityList(set: CapabilitySet): string {
  const names = capabilityNames(set).map((name) =>
    // libcap-ng knows those of its own time; numbers it takes as cap_N.
    CAPABILITY_NAMES.includes(name) ? `cap_${CAPABILITY_NAMES.indexOf(name)}` : name,
  );
  return ["-all", ...names.map((name) => `+${name}`)].join(",");
}

function securebitsList(wanted: readonly string[]): string {
  return SECUREBITS.map((name) => {
    const isWanted = wanted.includes(name);
    return `${isWanted ? "+" : "-"}${name.replaceAll("-", "_")}`;
  }).join(",");
}

function limitArgument({ resource, soft, hard }: ResourceLimit): string {
  const text = (value: bigint | null): string => (value === null ? "unlimited" : String(value));
  return `--${resource}=${text(soft)}:${text(hard)}`;
}

/**
 * The shell that becomes the command. Only bash can give it another name, and hands on variables
 * with unusual names; where it is not installed, those are lost.
 */
export function findShell({ argv0, inheritance }: LaunchOptions): readonly string[] {
  // POSIX mode keeps it from reading a file that BASH_ENV names.
  const bash = (path: string): readonly string[] => [path, "--posix"];
  if (argv0 !== undefined) return bash(findTool("bash"));
  const path = inheritance?.hasUnusualVariables === true ? toolPath("bash") : undefined;
  return path === undefined ? ["/bin/sh"] : bash(path);
}

function toolPath(name: string): string | undefined {
  return TOOL_DIRECTORIES.map((each) => `${each}/${name}`).find((each) => existsSync(each));
}

function findTool(name: string): string {
  const path = toolPath(name);
  if (path !== undefined) return path;
  const hint = name === "bash" ? "install bash" : `install util-linux, which has ${name}`;
  throw new UnsupportedError(`starting the command: ${name} is not installed`, { hint });
}
