// SPDX-License-Identifier: Apache-2.0
import { type Dirent, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { getSystemErrorMap } from "node:util";
import { SystemError, UsageError } from "../errors.ts";
import type { LintInput } from "../lint/lint.ts";
import type { LintGap } from "../lint/model.ts";
import { detectKind, hasKnownName } from "../manifest/detect.ts";
import { MANIFEST_KINDS, type ManifestKind } from "../manifest/model.ts";
import { readInput } from "./read-input.ts";

/** Larger than any configuration that people write. */
const LIMIT_BYTES = 4 * 1024 * 1024;

/** Directories with what others wrote, or that version control keeps. */
const SKIPPED: ReadonlySet<string> = new Set([".git", ".hg", ".svn", "node_modules"]);

export interface FoundFiles {
  readonly inputs: readonly LintInput[];
  readonly gaps: readonly LintGap[];
}

/**
 * Reads the files, and those in directories that are of a kind that is known; links in directories
 * are not followed. What cannot be read is a gap.
 */
export function readLintFiles(paths: readonly string[], kind: ManifestKind | null): FoundFiles {
  const inputs: LintInput[] = [];
  const gaps: LintGap[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    for (const each of path === "-" ? [{ path, isNamed: true }] : expand(path, gaps)) {
      if (seen.has(each.path)) continue;
      seen.add(each.path);
      const result = readOne(each.path, each.isNamed, kind);
      if (result !== null && "text" in result) inputs.push(result);
      else if (result !== null) gaps.push(result);
    }
  }
  return { inputs, gaps };
}

interface Candidate {
  readonly path: string;
  /** False for what a directory holds: it may be anything. */
  readonly isNamed: boolean;
}

function expand(path: string, gaps: LintGap[]): readonly Candidate[] {
  if (!isDirectory(path)) return [{ path, isNamed: true }];
  const found: Candidate[] = [];
  const waiting = [path];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    for (const entry of listDirectory(directory, gaps)) {
      const child = join(directory, entry.name);
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) waiting.push(child);
      else if (entry.isFile() && hasKnownName(child)) found.push({ path: child, isNamed: false });
    }
  }
  return found.toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

/** False for what is not there, or cannot be reached: the reading will tell why. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    codeOf(error);
    return false;
  }
}

function listDirectory(path: string, gaps: LintGap[]): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    gaps.push(gapOf(path, codeOf(error), true));
    return [];
  }
}

function readOne(
  path: string,
  isNamed: boolean,
  kind: ManifestKind | null,
): LintInput | LintGap | null {
  if (!isNamed && lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return null;
  let text: string;
  try {
    text = readInput(path, LIMIT_BYTES);
  } catch (error) {
    if (error instanceof UsageError) {
      // Not text, or too long to be a configuration: in a directory that is nothing to tell.
      return isNamed ? gapOf(path, error.message.replace(/^.*?: /, ""), true) : null;
    }
    if (error instanceof SystemError) return gapOf(path, error.code, true);
    throw error;
  }
  if (text.includes("\0")) return isNamed ? gapOf(path, "is not text", true) : null;
  const detected = kind ?? detectKind(path, text);
  if (detected !== null) return { file: path, kind: detected, text };
  const message = `of no known kind: say --kind ${MANIFEST_KINDS.join("|")}`;
  return isNamed ? gapOf(path, message, true) : null;
}

/** `message` may be the name of an errno. */
function gapOf(file: string, message: string, incomplete: boolean): LintGap {
  const known = [...getSystemErrorMap().values()].find(([name]) => name === message);
  return { file, start: null, message: known?.[1] ?? message, incomplete };
}

function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string")
    return error.code;
  throw error;
}
