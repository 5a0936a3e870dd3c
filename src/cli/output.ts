// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { SystemError } from "../errors.ts";
import type { OutputStream } from "./terminal.ts";

const STDOUT = 1;
const STDERR = 2;
/** What the shell reports for a program that a closed pipe ended. */
const BROKEN_PIPE_STATUS = 141;
const RETRY_WAIT_MS = 5;

/** Writes a report to a file, or to the stream for null. */
export function writeReport(
  text: string,
  file: string | null,
  stream: OutputStream = "stdout",
): void {
  if (file === null) {
    writeStream(text, stream);
    return;
  }
  const fd = systemCall(`opening ${file}`, () => openSync(file, "w"));
  try {
    writeAll(fd, text, file);
  } finally {
    closeSync(fd);
  }
}

/**
 * Fails where a report could not be written to the file, before anything is done for it. A pipe or
 * a device is not touched: who waits at its other end would take the closing for the end.
 */
export function assertWritable(file: string | null): void {
  if (file === null) return;
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isFile() && !stat.isDirectory()) return;
  closeSync(systemCall(`opening ${file}`, () => openSync(file, "a")));
}

/** Where a report goes that is written bit by bit; each part is out when `write` returns. */
export interface OpenReport extends Disposable {
  readonly write: (text: string) => void;
}

/**
 * Opens a file for a report that grows, or standard output for null. Others may read it, as far as
 * the umask lets them; one that is added to is its owner's alone.
 */
export function openReport(file: string | null, how: "anew" | "add" = "anew"): OpenReport {
  if (file === null) {
    return { write: (text) => writeReport(text, null), [Symbol.dispose]: () => undefined };
  }
  const fd = systemCall(`opening ${file}`, () =>
    how === "anew" ? openSync(file, "w") : openSync(file, "a", 0o600),
  );
  return {
    write: (text) => writeAll(fd, text, file),
    [Symbol.dispose]: () => closeSync(fd),
  };
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

const STREAMS: Readonly<Record<OutputStream, { readonly fd: number; readonly name: string }>> = {
  stdout: { fd: STDOUT, name: "standard output" },
  stderr: { fd: STDERR, name: "standard error" },
};

function writeStream(text: string, stream: OutputStream): void {
  const { fd, name } = STREAMS[stream];
  try {
    writeAll(fd, text, name);
  } catch (error) {
    if (error instanceof SystemError && error.code === "EPIPE" && stream === "stdout") {
      process.exit(BROKEN_PIPE_STATUS);
    }
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
