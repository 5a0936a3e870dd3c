// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, writeSync } from "node:fs";
import { SystemError } from "../errors.ts";

const STDOUT = 1;
const STDERR = 2;
/** What the shell reports for a program that a closed pipe ended. */
const BROKEN_PIPE_STATUS = 141;
const RETRY_WAIT_MS = 5;

/** Writes a report to a file, or to standard output for null. */
export function writeReport(text: string, file: string | null): void {
  if (file === null) {
    writeStdout(text);
    return;
  }
  const fd = systemCall(`opening ${file}`, () => openSync(file, "w"));
  try {
    writeAll(fd, text, file);
  } finally {
    closeSync(fd);
  }
}

/** Writes lines to standard error, each behind the program's name. */
export function writeDiagnostic(...lines: readonly string[]): void {
  writeError(lines.map((line) => `capscope: ${line}\n`).join(""));
}

/** Writes text to standard error as it is. */
export function writeError(text: string): void {
  try {
    writeSync(STDERR, text);
  } catch (error) {
    // Nobody can be told that nobody can be told.
    if (codeOf(error) === null) throw error;
  }
}

function writeStdout(text: string): void {
  try {
    writeAll(STDOUT, text, "standard output");
  } catch (error) {
    if (error instanceof SystemError && error.code === "EPIPE") process.exit(BROKEN_PIPE_STATUS);
    throw error;
  }
}

function writeAll(fd: number, text: string, name: string): void {
  const bytes = Buffer.from(text, "utf8");
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const code = codeOf(error);
      if (code === null) throw error;
      if (code !== "EAGAIN") throw new SystemError(`writing ${name}`, code);
      // A pipe that somebody made non-blocking, and that is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_WAIT_MS);
    }
  }
}

function systemCall<T>(step: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const code = codeOf(error);
    if (code === null) throw error;
    throw new SystemError(step, code);
  }
}

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}
