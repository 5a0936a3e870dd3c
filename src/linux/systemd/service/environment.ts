// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { UsageError } from "../../../errors.ts";
import type { Account } from "../../account.ts";
import { decodeText } from "../../bytes.ts";
import { parseEnvironmentFile } from "./environment-file.ts";
import type { ServiceSettings } from "./settings.ts";

/** What a service gets from its manager. */
export interface ManagerDefaults {
  /** For PassEnvironment=. */
  readonly managerEnvironment: Readonly<Record<string, string | undefined>>;
  /** That systemd is built with. */
  readonly defaultPath: string;
}

/**
 * The environment of a service's process, without what only a manager can tell (INVOCATION_ID,
 * NOTIFY_SOCKET ...): defaults, the user's, PassEnvironment=, Environment=, EnvironmentFile=, the
 * later ones stronger. Throws UsageError when a file that has to be there is not.
 */
export function serviceEnvironment(
  settings: ServiceSettings,
  account: Account | null,
  { managerEnvironment, defaultPath }: ManagerDefaults,
): ReadonlyMap<string, string> {
  const passed = settings.passEnvironment.flatMap((name) => {
    const value = managerEnvironment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const searchPath = settings.searchPath.join(":");
  const environment = new Map<string, string>([
    ["PATH", searchPath === "" ? defaultPath : searchPath],
    ...(settings.user === null && !settings.dynamicUser ? [] : accountVariables(account)),
    ...passed,
    ...settings.environment,
    ...settings.environmentFiles.flatMap((file) => [...readEnvironmentFile(file)]),
  ]);
  for (const entry of settings.unsetEnvironment) unset(environment, entry);
  return environment;
}

/** As systemd: a home of "/" and a shell that lets nobody in are left out. */
function accountVariables(account: Account | null): readonly (readonly [string, string])[] {
  if (account === null) return [];
  const { name, home, shell } = account;
  const isShell = shell.startsWith("/") && !/\/(?:nologin|false|true)$/.test(shell);
  return [
    ...(home.startsWith("/") && home !== "/" ? [["HOME", home] as const] : []),
    ["LOGNAME", name],
    ["USER", name],
    ...(isShell ? [["SHELL", shell] as const] : []),
  ];
}

function readEnvironmentFile(file: {
  readonly path: string;
  readonly optional: boolean;
}): ReadonlyMap<string, string> {
  try {
    return parseEnvironmentFile(decodeText(readFileSync(file.path)));
  } catch (error) {
    if (file.optional) return new Map();
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UsageError(`EnvironmentFile=${file.path}: ${code}`);
  }
}

/** "NAME" or "NAME=VALUE", which has to match whole. */
function unset(environment: Map<string, string>, entry: string): void {
  const equals = entry.indexOf("=");
  const name = equals === -1 ? entry : entry.slice(0, equals);
  if (equals === -1 || environment.get(name) === entry.slice(equals + 1)) environment.delete(name);
}
