// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from "node:fs";
import { readText, textOrNull } from "../procfs/read-text.ts";
import type { PackageAnswer, PackagedFile } from "./model.ts";

/** Where dpkg keeps its database, as Debian and Ubuntu have it. */
export const DPKG_DATABASE = "/var/lib/dpkg";

/**
 * Looks files up in the database itself: one list of paths for each package (man 1 dpkg). dpkg
 * records neither modes nor capabilities, but what dpkg-statoverride(1) was told.
 */
export function askDpkg(paths: readonly string[], database = DPKG_DATABASE): PackageAnswer {
  const lists = listNames(database);
  if (lists.length === 0) return { managers: [], files: new Map(), failures: [] };
  const names = new Map(paths.flatMap((path) => aliases(path).map((alias) => [alias, path])));
  const diverted = parseDiversions(textOrNull(readText(`${database}/diversions`)) ?? "");
  const overrides = parseOverrides(textOrNull(readText(`${database}/statoverride`)) ?? "");
  const files = new Map<string, PackagedFile>();
  const failures: string[] = [];
  for (const list of lists) {
    const text = textOrNull(readText(`${database}/info/${list}.list`));
    if (text === null) failures.push(`reading ${database}/info/${list}.list`);
    else {
      const owned = ownedPaths(text, names, diverted, list);
      if (owned.length === 0) continue;
      const sums = parseSums(textOrNull(readText(`${database}/info/${list}.md5sums`)) ?? "");
      for (const { path, listed } of owned) {
        files.set(path, {
          manager: "dpkg",
          name: packageName(list),
          mode: overrides.get(listed) ?? overrides.get(path) ?? null,
          capabilities: null,
          digest: digestOf(sums.get(listed.slice(1))),
        });
      }
    }
  }
  return { managers: ["dpkg"], files, failures };
}

function listNames(database: string): readonly string[] {
  try {
    return readdirSync(`${database}/info`)
      .filter((name) => name.endsWith(".list"))
      .map((name) => name.slice(0, -".list".length));
  } catch (error) {
    // Not a machine of this kind, or not a readable one.
    if (error instanceof Error && "code" in error) return [];
    throw error;
  }
}

/** Where /bin is a link to /usr/bin, packages may list either (deb(5), usrmerge). */
function aliases(path: string): readonly string[] {
  return /^\/usr\/(?:s?bin|lib\w*)\//.test(path) ? [path, path.slice("/usr".length)] : [path];
}

/** So few names are searched for quicker than lines are looked up. */
const FEW = 8;

/** Lines that are one of the names. */
function listedNames(text: string, names: ReadonlyMap<string, string>): readonly string[] {
  if (names.size <= FEW) return [...names.keys()].filter((name) => text.includes(`\n${name}\n`));
  const listed: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end === -1 ? text.length : end);
    if (names.has(line)) listed.push(line);
    at += line.length + 1;
  }
  return listed;
}

interface Owned {
  readonly path: string;
  /** As the package lists it. */
  readonly listed: string;
}

function ownedPaths(
  text: string,
  names: ReadonlyMap<string, string>,
  diverted: ReadonlyMap<string, string>,
  list: string,
): readonly Owned[] {
  return listedNames(text, names).flatMap((listed) => {
    const path = names.get(listed);
    if (path === undefined) return [];
    // What another package diverted is somewhere else under another name.
    const by = diverted.get(listed);
    return by === undefined || by === packageName(list) ? [{ path, listed }] : [];
  });
}

/** Without the architecture of multiarch packages: `libc6:amd64`. */
function packageName(list: string): string {
  return list.split(":")[0] ?? list;
}

/** Lines in threes: the file, where it went, and the package that diverted it, or ":". */
function parseDiversions(text: string): ReadonlyMap<string, string> {
  const lines = text.split("\n");
  const diverted = new Map<string, string>();
  for (let at = 0; at + 2 < lines.length; at += 3) {
    diverted.set(lines[at] ?? "", lines[at + 2] ?? "");
  }
  return diverted;
}

/** Lines "user group mode path". */
function parseOverrides(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split("\n").flatMap((line): (readonly [string, number])[] => {
      const [, mode, path] = /^\S+ \S+ ([0-7]{3,4}) (\/.*)$/.exec(line) ?? [];
      return mode === undefined || path === undefined ? [] : [[path, Number.parseInt(mode, 8)]];
    }),
  );
}

/** Lines "checksum  path", the path without its first slash. */
function parseSums(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split("\n").flatMap((line): (readonly [string, string])[] => {
      const [, sum, path] = /^([0-9a-f]{32}) [ *](.*)$/.exec(line) ?? [];
      return sum === undefined || path === undefined ? [] : [[path, sum]];
    }),
  );
}

function digestOf(hex: string | undefined): PackagedFile["digest"] {
  return hex === undefined ? null : { algorithm: "md5", hex };
}
