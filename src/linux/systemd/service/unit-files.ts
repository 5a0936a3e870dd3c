// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UnsupportedError, UsageError } from "../../../errors.ts";
import { decodeText } from "../../bytes.ts";
import { parseUnitName } from "./specifiers.ts";

export interface UnitFile {
  readonly path: string;
  readonly text: string;
}

/** A unit's file and its drop-ins, in the order in which they count. */
export interface UnitFiles {
  readonly unit: string;
  readonly fragment: UnitFile;
  readonly dropIns: readonly UnitFile[];
  /** Path of a .socket unit of the same name, which would start it with sockets. */
  readonly socketUnit: string | null;
}

/** Of the system manager, the strongest first; man 5 systemd.unit. */
export const UNIT_DIRECTORIES: readonly string[] = [
  "/etc/systemd/system.control",
  "/run/systemd/system.control",
  "/run/systemd/transient",
  "/run/systemd/generator.early",
  "/etc/systemd/system",
  "/etc/systemd/system.attached",
  "/run/systemd/system",
  "/run/systemd/system.attached",
  "/run/systemd/generator",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
  "/run/systemd/generator.late",
];

const SIZE_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Reads a service unit and its drop-ins: those of FILE.d next to it, and of all unit directories
 * when it is in one. "web@blue.service" falls back to "web@.service". Throws UsageError when it
 * is no service or is not there.
 */
export function readUnitFiles(
  path: string,
  unitDirectories: readonly string[] = UNIT_DIRECTORIES,
): UnitFiles {
  const absolute = resolve(path);
  const unit = basename(absolute);
  if (!unit.endsWith(".service")) {
    throw new UsageError(`not a service unit: ${path}`, "its name has to end with .service");
  }
  const { prefix, instance } = parseUnitName(unit);
  if (prefix === "") throw new UsageError(`not the name of a unit: ${unit}`);
  if (instance === "") {
    const hint = `name an instance: ${join(dirname(path), `${prefix}@NAME.service`)}`;
    throw new UsageError(`${unit} is a template`, hint);
  }
  const fragment = readFragment(absolute, unit);
  const directory = dirname(absolute);
  const isInstalled = unitDirectories.some((each) => isSame(each, directory));
  const directories = isInstalled ? unitDirectories : [directory];
  return {
    unit,
    fragment,
    dropIns: dropInPaths(unit, directories).map(readUnitFile),
    socketUnit: findSocketUnit(unit, directories),
  };
}

function readFragment(path: string, unit: string): UnitFile {
  const { prefix, instance } = parseUnitName(unit);
  const template = join(dirname(path), `${prefix}@.service`);
  const found = existsSync(path) || instance === null ? path : template;
  const file = readUnitFile(found);
  if (file.text === "") {
    throw new UsageError(`${found} is empty: the unit is masked, or has no settings`);
  }
  return file;
}

function readUnitFile(path: string): UnitFile {
  try {
    const { size } = statSync(path);
    if (size > SIZE_LIMIT_BYTES) throw new UsageError(`${path} is too large for a unit file`);
    return { path, text: decodeText(readFileSync(path)) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT") throw new UsageError(`no such unit file: ${path}`);
    if (code === "EISDIR") throw new UsageError(`not a unit file but a directory: ${path}`);
    if (error instanceof UsageError || code === "") throw error;
    throw new UnsupportedError(`reading ${path}: ${code}`, { cause: error });
  }
}

/**
 * Files of drop-in directories by name: of those with the same name, the one in the strongest
 * directory counts, and a link to /dev/null takes it away. Files of more specific directories win.
 */
function dropInPaths(unit: string, directories: readonly string[]): readonly string[] {
  const chosen = new Map<string, string>();
  const found = dropInDirectories(unit).flatMap((name) =>
    directories.flatMap((directory) => listConfigurations(join(directory, name))),
  );
  for (const file of found) {
    if (!chosen.has(basename(file))) chosen.set(basename(file), file);
  }
  return [...chosen]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, path]) => path)
    .filter((path) => !isSame(path, "/dev/null"));
}

/** "a-b@c.service": itself, its template, "a-@.service", then all services. */
function dropInDirectories(unit: string): readonly string[] {
  const { prefix, instance } = parseUnitName(unit);
  const at = instance === null ? "" : "@";
  const names = [unit, `${prefix}${at}.service`];
  for (let end = prefix.lastIndexOf("-", prefix.length - 2); end > 0;) {
    names.push(`${prefix.slice(0, end + 1)}${at}.service`);
    end = prefix.lastIndexOf("-", end - 1);
  }
  return [...new Set([...names, "service"])].map((name) => `${name}.d`);
}

function listConfigurations(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(".conf") && !name.startsWith("."))
      .map((name) => join(directory, name));
  } catch {
    // Most units have none, and a directory that cannot be read is none for systemd as well.
    return [];
  }
}

function findSocketUnit(unit: string, directories: readonly string[]): string | null {
  const { prefix, instance } = parseUnitName(unit);
  const stems = instance === null ? [prefix] : [`${prefix}@${instance}`, prefix];
  const paths = stems.flatMap((stem) => directories.map((each) => join(each, `${stem}.socket`)));
  return paths.find((path) => existsSync(path) && !isSame(path, "/dev/null")) ?? null;
}

function isSame(one: string, other: string): boolean {
  if (one === other) return true;
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}
