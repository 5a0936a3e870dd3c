// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, readSync } from "node:fs";
import { SystemError, UsageError } from "../errors.ts";

const STDIN = 0;
const CHUNK_BYTES = 65536;
const RETRY_WAIT_MS = 5;

/**
 * Reads a text file, or standard input for "-", of at most `limitBytes`. Throws a UsageError for
 * one that is longer or not UTF-8, a SystemError for one that cannot be read.
 */
export function readInput(file: string, limitBytes: number): string {
  const name = file === "-" ? "standard input" : file;
  const fd = file === "-" ? STDIN : attempt(`opening ${name}`, () => openSync(file, "r"));
  try {
    return decode(readAll(fd, name, limitBytes), name);
  } finally {
    if (fd !== STDIN) closeSync(fd);
  }
}

/** Throws a UsageError where standard input is asked for more than once. */
export function assertReadOnce(files: readonly string[]): void {
  if (files.filter((file) => file === "-").length < 2) return;
  throw new UsageError("standard input can be read once only", "give - once, and files else");
}

function readAll(fd: number, name: string, limitBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let length = 0; ;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const count = readSome(fd, name, chunk);
    if (count === 0) return Buffer.concat(chunks, length);
    length += count;
    if (length > limitBytes) {
      throw new UsageError(`${name}: is longer than ${limitBytes >> 20} MiB`);
    }
    chunks.push(chunk.subarray(0, count));
  }
}

function readSome(fd: number, name: string, chunk: Buffer): number {
  for (;;) {
    try {
      return attempt(`reading ${name}`, () => readSync(fd, chunk));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // Some runtimes report the end of a pipe so.
      if (error.code === "EOF") return 0;
      if (error.code !== "EAGAIN") throw error;
      // A pipe that somebody made non-blocking, and that is empty.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_WAIT_MS);
    }
  }
}

function decode(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`${name}: is not UTF-8`);
    throw error;
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
