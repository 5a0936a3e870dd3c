// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, readlinkSync, readSync } from "node:fs";
import { decodeText } from "../bytes.ts";

/**
 * Why something under /proc could not be read. `gone`: the process ended, which is normal.
 * `denied`: ptrace access, file permissions or an LSM. `absent`: this kernel does not have it.
 */
export type ReadFailure = "gone" | "denied" | "absent";

export type ReadResult =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: ReadFailure };

const FAILURES: Readonly<Record<string, ReadFailure>> = {
  ENOENT: "gone",
  ESRCH: "gone",
  EACCES: "denied",
  EPERM: "denied",
  EINVAL: "absent",
  EOPNOTSUPP: "absent",
};

/** Settings below /proc/sys refuse to be read with room for megabytes (proc_sys_call_handler). */
const READ_MAX = 65536;

let buffer = Buffer.allocUnsafe(READ_MAX);

/** Reads a whole /proc file. Errors other than the expected ones rise. */
export function readText(path: string): ReadResult {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    return { kind: failureOf(error) };
  }
  try {
    return { kind: "text", text: decodeText(buffer, 0, readAll(fd)) };
  } catch (error) {
    return { kind: failureOf(error) };
  } finally {
    closeSync(fd);
  }
}

/** Reads a symbolic link under /proc. */
export function readLink(path: string): ReadResult {
  try {
    const text = readlinkSync(path);
    // Only bytes that are not UTF-8 need a second look; a link is otherwise its own text.
    const isExact = !text.includes("\ufffd");
    return { kind: "text", text: isExact ? text : decodeText(readlinkSync(path, "buffer")) };
  } catch (error) {
    return { kind: failureOf(error) };
  }
}

/** The text, or null for whatever reason it could not be read. */
export function textOrNull(result: ReadResult): string | null {
  return result.kind === "text" ? result.text : null;
}

/** Maps a file system error to what it means for a /proc file; others rise. */
export function failureOf(error: unknown): ReadFailure {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const failure = typeof code === "string" ? FAILURES[code] : undefined;
  if (failure === undefined) throw error;
  return failure;
}

/** /proc files have no size: reads until the end, into the module's buffer, which grows. */
function readAll(fd: number): number {
  let length = 0;
  for (;;) {
    if (length === buffer.length) {
      const larger = Buffer.allocUnsafe(buffer.length * 2);
      buffer.copy(larger, 0, 0, length);
      buffer = larger;
    }
    const room = Math.min(buffer.length - length, READ_MAX);
    const count = readSync(fd, buffer, length, room, null);
    if (count === 0) return length;
    length += count;
  }
}
