// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, readdirSync, statSync } from "node:fs";

/** What access(2) says of a path for this process; it opens nothing. */
export type Access = "allowed" | "denied" | "absent";

/** Asks whether a file could be opened for writing or reading, by its permissions. */
export function readAccess(path: string, how: "read" | "write"): Access {
  try {
    accessSync(path, how === "read" ? constants.R_OK : constants.W_OK);
    return "allowed";
  } catch (error) {
    const code = codeOf(error);
    return code === "ENOENT" || code === "ENOTDIR" ? "absent" : "denied";
  }
}

/** Block devices below /dev; their paths. */
export function readBlockDevices(): readonly string[] {
  return listNames("/dev")
    .map((name) => `/dev/${name}`)
    .filter((path) => statOrNull(path)?.isBlockDevice() === true);
}

/** Whether two paths lead to the same file; null when one cannot be looked at. */
export function isSameFile(one: string, other: string): boolean | null {
  const [left, right] = [statOrNull(one), statOrNull(other)];
  if (left === null || right === null) return null;
  return left.dev === right.dev && left.ino === right.ino;
}

export function exists(path: string): boolean {
  return statOrNull(path) !== null;
}

function listNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    codeOf(error);
    return [];
  }
}

function statOrNull(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    codeOf(error);
    return null;
  }
}

/** Name of a file system error; others rise. */
function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error) return String(error.code);
  throw error;
}
