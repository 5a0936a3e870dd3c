// SPDX-License-Identifier: Apache-2.0
import { type BigIntStats, closeSync, fstatSync, openSync, readSync } from "node:fs";
import { encodeText } from "../bytes.ts";

/** Bytes to decode: of a file, or of a test. */
export interface ByteSource {
  readonly size: number;
  /** The bytes from `offset` on: fewer than asked for at the end, none outside. Never throws. */
  read(offset: number, length: number): Buffer;
}

export interface OpenFile extends ByteSource, Disposable {
  /** Equal for the same content of the same file: device, inode, size, time of the last write. */
  readonly identity: string;
}

/** Not among Node's constants; include/uapi/asm-generic/fcntl.h. */
const O_PATH = 0o10000000;
const NOTHING = Buffer.alloc(0);

export function sourceOf(bytes: Uint8Array): ByteSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    size: buffer.length,
    read: (offset, length) =>
      isPart(offset, length) ? buffer.subarray(offset, offset + length) : NOTHING,
  };
}

/**
 * Opens a regular file. Null for anything else: nothing but a regular file is ever opened for
 * reading, so that no device is started and no pipe waited for, whoever made the path.
 */
export function openRegularFile(path: string): OpenFile | null {
  const handle = tryTo(() => openSync(encodeText(path), O_PATH));
  if (handle === null) return null;
  try {
    const stat = tryTo(() => fstatSync(handle, { bigint: true }));
    if (stat === null || !stat.isFile()) return null;
    const fd = tryTo(() => openSync(`/proc/self/fd/${handle}`, "r"));
    if (fd === null) return null;
    return openFile(fd, Number(stat.size), identityOf(stat));
  } finally {
    closeSync(handle);
  }
}

/** See `OpenFile`. */
export function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}`;
}

function openFile(fd: number, size: number, identity: string): OpenFile {
  return {
    size,
    identity,
    read(offset, length) {
      if (!isPart(offset, length)) return NOTHING;
      const wanted = Math.min(length, size - offset);
      return wanted <= 0 ? NOTHING : (tryTo(() => readFully(fd, offset, wanted)) ?? NOTHING);
    },
    [Symbol.dispose]() {
      closeSync(fd);
    },
  };
}

function readFully(fd: number, offset: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(fd, buffer, filled, length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

function isPart(offset: number, length: number): boolean {
  return Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length > 0;
}

/** The result, or null for what the file system refuses, whatever its reason. */
export function tryTo<Result>(step: () => Result): Result | null {
  try {
    return step();
  } catch (error) {
    if (error instanceof Error && "code" in error && "syscall" in error) return null;
    // A path with a NUL byte in it never gets as far as a system call.
    if (error instanceof TypeError && "code" in error) return null;
    throw error;
  }
}
