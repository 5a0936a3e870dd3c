// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from "node:crypto";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { encodeText } from "../bytes.ts";

/** What is looked at in a file besides its attributes. */
export interface FileContent {
  /** It begins with "#!": the kernel runs another program for it. */
  readonly isScript: boolean;
  /** Checksum in hexadecimal; null when none was asked for. */
  readonly digest: string | null;
}

const CHUNK = 256 * 1024;

/** Reads a regular file; null when it cannot be opened or read. Symbolic links are not followed. */
export function readContent(path: string, algorithm: string | null): FileContent | null {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let fd: number;
  try {
    fd = openSync(encodeText(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && "code" in error) return null;
    throw error;
  }
  try {
    return readAll(fd, algorithm);
  } catch (error) {
    if (error instanceof Error && "code" in error) return null;
    throw error;
  } finally {
    closeSync(fd);
  }
}

function readAll(fd: number, algorithm: string | null): FileContent {
  const start = Buffer.alloc(2);
  readSync(fd, start, 0, start.length, 0);
  const isScript = start.toString("latin1") === "#!";
  return { isScript, digest: algorithm === null ? null : digestOf(fd, createHash(algorithm)) };
}

function digestOf(fd: number, hash: Hash): string {
  const chunk = Buffer.allocUnsafe(CHUNK);
  for (;;) {
    const length = readSync(fd, chunk, 0, chunk.length, null);
    if (length === 0) return hash.digest("hex");
    hash.update(chunk.subarray(0, length));
  }
}
