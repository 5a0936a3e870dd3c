// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ExecutedFile } from "../capabilities/exec-model.ts";
import { SystemError, UsageError } from "../errors.ts";
import { interpreterOf } from "./elf/linked-files.ts";
import type { Libc } from "./ffi/libc.ts";
import { readFileCapabilities } from "./procfs/executable.ts";
import { readMounts } from "./procfs/mounts.ts";

/** A program as execve(2) finds it. */
export interface FoundProgram {
  /** As it was found, absolute. */
  readonly path: string;
  /** What is loaded: itself, or the interpreter of a script. */
  readonly loaded: string;
  readonly file: ExecutedFile;
}

/**
 * Finds a program by path, or by name in the directories of `searchPath`. Throws UsageError where
 * there is none, SystemError where it cannot be examined.
 */
export function findProgram(libc: Libc, name: string, searchPath: string): FoundProgram {
  const path = name.includes("/") ? name : inPath(name, searchPath);
  if (path === null) throw new UsageError(`no such program: ${name}`);
  const real = realPath(path);
  const loaded = realPath(interpreterOf(real));
  const stat = statSync(loaded);
  if (!stat.isFile()) throw new UsageError(`${loaded} is no file that can be executed`);
  const capabilities = readFileCapabilities(libc, loaded);
  if (capabilities === null) {
    throw new SystemError(`reading the capabilities of ${loaded}`, libc.errorName());
  }
  return {
    path,
    loaded,
    file: {
      uid: stat.uid,
      gid: stat.gid,
      mode: stat.mode & 0o7777,
      capabilities: capabilities === "none" ? null : capabilities,
      nosuid: isNosuid(loaded),
      ownedByAncestor: true,
    },
  };
}

function inPath(name: string, searchPath: string): string | null {
  const directories = searchPath.split(":").map((directory) => directory || ".");
  return directories.map((directory) => join(directory, name)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // What is not there, or not for us, is not it: so execvp(3).
    return false;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "ENOENT";
    throw new SystemError(`opening ${path}`, code);
  }
}

/** By the uppermost mount that it is below. */
function isNosuid(path: string): boolean {
  const mounts = (readMounts() ?? []).filter(
    ({ target }) => target === "/" || path === target || path.startsWith(`${target}/`),
  );
  const deepest = Math.max(...mounts.map(({ target }) => target.length), 0);
  const mount = mounts.findLast(({ target }) => target.length === deepest);
  return mount?.options.includes("nosuid") === true;
}
