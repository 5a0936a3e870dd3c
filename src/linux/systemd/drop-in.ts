// SPDX-License-Identifier: Apache-2.0
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { SystemError, UsageError } from "../../errors.ts";

/** A drop-in of a unit that can be written, and put back as it was. */
export interface DropIn {
  readonly path: string;
  /** Where what was there before is kept until it is settled. */
  readonly keptAt: string;
  /** One of that name was there before. */
  readonly replaces: boolean;
  /** Keeps what was there, and puts the text in its place in one step; or leaves all as it is. */
  write(text: string): void;
  /** Puts back what was there, and removes the directory where it had to be made. */
  restore(): void;
  /** What was written stays. */
  settle(): void;
}

/** Where an administrator's drop-ins are: man 5 systemd.unit. */
const UNITS = "/etc/systemd/system";

/** Where the drop-in of that name goes for a unit. */
export function dropInPath(unit: string, name: string, units: string = UNITS): string {
  return join(units, `${unit}.d`, name);
}

/**
 * Opens a drop-in for a change that may be taken back. Nothing is written yet. Throws UsageError
 * when another such change was left unfinished, or when something else than a file is there.
 */
export function openDropIn(unit: string, name: string, units: string = UNITS): DropIn {
  const path = dropInPath(unit, name, units);
  const keptAt = `${path}.before`;
  assertFinished(path, keptAt);
  const directory = join(units, `${unit}.d`);
  const hadDirectory = existsSync(directory);
  const replaces = existsSync(path);
  const undoDirectory = (): void => {
    if (!hadDirectory) removeEmpty(directory);
  };
  return {
    path,
    keptAt,
    replaces,
    write(text) {
      attempt(`making ${directory}`, () => mkdirSync(directory, { recursive: true, mode: 0o755 }));
      keep(path, keptAt, replaces);
      try {
        replaceFile(path, Buffer.from(text, "utf8"));
      } catch (error) {
        remove(keptAt);
        undoDirectory();
        throw error;
      }
    },
    restore() {
      // The very file: with its owner, mode and labels.
      if (replaces) attempt(`renaming ${keptAt}`, () => renameSync(keptAt, path));
      else remove(path);
      remove(keptAt);
      undoDirectory();
    },
    settle() {
      remove(keptAt);
    },
  };
}

/** Fails where it is there: another change is under way. Empty where there was nothing. */
function keep(path: string, keptAt: string, replaces: boolean): void {
  if (replaces) attempt(`linking ${keptAt}`, () => linkSync(path, keptAt));
  else writeNew(keptAt, Buffer.alloc(0));
}

function assertFinished(path: string, keptAt: string): void {
  if (existsSync(keptAt)) {
    throw new UsageError(
      `${keptAt} is there: a change of ${path} is under way, or was killed half-way`,
      "it holds what the drop-in was before, and is empty where there was none: put that back, and remove it",
    );
  }
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isFile()) {
    throw new UsageError(`${path} is no plain file`, "a link may lead to what others use as well");
  }
}

/** systemd never sees half of it: names that do not end in ".conf" are nothing to it. */
function replaceFile(path: string, bytes: Buffer): void {
  const temporary = `${path}.new`;
  remove(temporary);
  writeNew(temporary, bytes);
  attempt(`renaming ${temporary}`, () => renameSync(temporary, path));
}

/** Fails where something is there: a link would lead elsewhere. */
function writeNew(path: string, bytes: Buffer): void {
  const fd = attempt(`opening ${path}`, () => openSync(path, "wx", 0o644));
  try {
    attempt(`writing ${path}`, () => {
      // Whatever the umask says: drop-ins are for everyone to read.
      fchmodSync(fd, 0o644);
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
      fsyncSync(fd);
    });
  } finally {
    closeSync(fd);
  }
}

function remove(path: string): void {
  attempt(`removing ${path}`, () => rmSync(path, { force: true }));
}

/** Somebody may have put something of theirs into it. */
function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "ENOENT"].includes(codeOf(error) ?? "")) throw error;
  }
}

function attempt<T>(step: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const code = codeOf(error);
    if (code === null) throw error;
    throw new SystemError(step, code);
  }
}

function codeOf(error: unknown): string | null {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" ? code : null;
}
