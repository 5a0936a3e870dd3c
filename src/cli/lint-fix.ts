// SPDX-License-Identifier: Apache-2.0
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { createTwoFilesPatch } from "diff";
import { SystemError } from "../errors.ts";
import { applyEdits } from "../lint/apply-edits.ts";
import type { LintInput } from "../lint/lint.ts";
import { lintFile } from "../lint/lint-file.ts";
import type { Finding } from "../lint/model.ts";

/** One change can make room for another: a copied rule is put right after it was copied. */
const ROUNDS = 8;

/** The files with all that has one right answer put right, for findings that `isWanted` names. */
export function fixInputs(
  inputs: readonly LintInput[],
  isWanted: (finding: Finding) => boolean,
): readonly LintInput[] {
  return inputs.map((input) => {
    let { text } = input;
    for (let round = 0; round < ROUNDS; round++) {
      const { findings } = lintFile(text, input.kind, input.file);
      const next = applyEdits(text, findings.filter(isWanted));
      if (next === text) break;
      text = next;
    }
    return { ...input, text };
  });
}

/** The changes as a unified diff; empty when there are none. */
export function renderChanges(before: readonly LintInput[], after: readonly LintInput[]): string {
  return changed(before, after)
    .map(([{ file, text }, fixed]) =>
      createTwoFilesPatch(file, file, text, fixed.text, undefined, undefined, { context: 3 })
        .split("\n")
        .filter((line) => !/^(?:=+$|Index: )/.test(line))
        .join("\n"),
    )
    .join("");
}

/** Writes what has changed, each file at once and whole; returns how many there were. */
export function writeChanges(before: readonly LintInput[], after: readonly LintInput[]): number {
  const files = changed(before, after);
  for (const [{ file }, { text }] of files) replaceFile(file, text);
  return files.length;
}

function changed(
  before: readonly LintInput[],
  after: readonly LintInput[],
): readonly (readonly [LintInput, LintInput])[] {
  return before.flatMap((input, at) => {
    const fixed = after[at];
    return fixed === undefined || fixed.text === input.text ? [] : [[input, fixed] as const];
  });
}

/** Whoever reads it sees the old text or the new one. A link stays one; mode and owner stay. */
function replaceFile(file: string, text: string): void {
  const path = attempt(`finding ${file}`, () => realpathSync(file));
  const { mode, uid, gid } = attempt(`reading ${path}`, () => statSync(path));
  const temporary = `${path}.capscope-new`;
  const fd = attempt(`opening ${temporary}`, () => openSync(temporary, "wx", 0o600));
  try {
    attempt(`writing ${temporary}`, () => {
      const bytes = Buffer.from(text, "utf8");
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
      fsyncSync(fd);
      chownSync(temporary, uid, gid);
      chmodSync(temporary, mode & 0o7777);
      renameSync(temporary, path);
    });
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

function attempt<T>(step: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (typeof code !== "string") throw error;
    throw new SystemError(step, code);
  }
}
