// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readlinkSync } from "node:fs";
import type { Libc } from "../ffi/libc.ts";
import { failureOf } from "./read-text.ts";

/** `read`: every descriptor was visited. Otherwise the table is partly or wholly unknown. */
export type TableOutcome = "read" | "gone" | "denied";

/** Calls `visit` with the inode number and descriptor of every socket in a descriptor table. */
export type DescriptorReader = (
  directory: string,
  visit: (inode: number, fd: number) => void,
) => TableOutcome;

const O_DIRECTORY = 0o200000;
const O_CLOEXEC = 0o2000000;
const SOCKET_PREFIX = Buffer.from("socket:[");
const BYTE_0 = 48;
const BYTE_9 = 57;

/** The fastest reader there is here: through the C library where it could be bound. */
export function descriptorReader(libc: Libc | null): DescriptorReader {
  return libc === null ? readThroughNode : libcReader(libc);
}

function readThroughNode(
  directory: string,
  visit: (inode: number, fd: number) => void,
): TableOutcome {
  try {
    const names = readdirSync(directory);
    for (const name of names) {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkIfOpen(`${directory}/${name}`))?.[1];
      if (inode !== undefined) visit(Number(inode), Number(name));
    }
    return "read";
  } catch (error) {
    return failureOf(error) === "denied" ? "denied" : "gone";
  }
}

function readlinkIfOpen(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (failureOf(error) === "denied") throw error;
    return "";
  }
}

/**
 * Two system calls for a directory of up to 1,000 descriptors and one for each link, relative to
 * the directory, without a string or an object for any of them.
 */
function libcReader(libc: Libc): DescriptorReader {
  const entries = Buffer.alloc(32768);
  const target = Buffer.alloc(64);
  const names: Uint8Array[] = [];
  const nameOf = (fd: number): Uint8Array => (names[fd] ??= Buffer.from(`${fd}\0`));
  const readEntries = (
    directory: number,
    length: number,
    visit: (inode: number, fd: number) => void,
  ): "read" | "denied" => {
    for (let at = 0; at < length; at += entries.readUInt16LE(at + 16)) {
      const fd = parseNumber(entries, at + 19);
      if (fd === -1) continue;
      const size = libc.readlinkat(directory, nameOf(fd), target);
      if (size > 0) {
        const inode = parseSocketInode(target, size);
        if (inode !== -1) visit(inode, fd);
      } else if (isDenied(libc.errorName())) return "denied";
    }
    return "read";
  };
  return (directory, visit) => {
    const handle = libc.open(directory, O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) return isDenied(libc.errorName()) ? "denied" : "gone";
    try {
      for (;;) {
        const length = libc.getdents64(handle, entries);
        if (length < 0) return isDenied(libc.errorName()) ? "denied" : "gone";
        if (length === 0) return "read";
        if (readEntries(handle, length, visit) === "denied") return "denied";
      }
    } finally {
      libc.close(handle);
    }
  };
}

function isDenied(error: string): boolean {
  return error === "EACCES" || error === "EPERM";
}

/** The decimal number that starts at `at` and ends with a NUL; -1 for "." and "..". */
function parseNumber(bytes: Buffer, at: number): number {
  let value = 0;
  for (let next = at; ; next++) {
    const byte = bytes[next] ?? 0;
    if (byte === 0) return value;
    if (byte < BYTE_0 || byte > BYTE_9) return -1;
    value = value * 10 + byte - BYTE_0;
  }
}

/** The number in "socket:[N]", or -1 for a link to something else. */
function parseSocketInode(target: Buffer, size: number): number {
  for (let at = 0; at < SOCKET_PREFIX.length; at++) {
    if (target[at] !== SOCKET_PREFIX[at]) return -1;
  }
  let inode = 0;
  for (let at = SOCKET_PREFIX.length; at < size - 1; at++) {
    inode = inode * 10 + (target[at] ?? BYTE_0) - BYTE_0;
  }
  return inode;
}
