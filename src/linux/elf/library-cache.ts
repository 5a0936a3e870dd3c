// SPDX-License-Identifier: Apache-2.0
import { decodeText } from "../bytes.ts";
import { openRegularFile } from "./byte-source.ts";

/** Paths of shared objects by name, in the order in which the dynamic linker has them. */
export type LibraryCache = ReadonlyMap<string, readonly string[]>;

const PATH = "/etc/ld.so.cache";
const MAX_BYTES = 16 * 2 ** 20;
const MAX_TEXT_BYTES = 4096;
const MAGIC = "glibc-ld.so.cache1.1";
const OLD_MAGIC = "ld.so-1.7.0";
const HEADER_BYTES = 48;
const ENTRY_BYTES = 24;

/** Reads the cache of the dynamic linker; empty where there is none, as with musl. */
export function readLibraryCache(): LibraryCache {
  using file = openRegularFile(PATH);
  return file === null ? new Map() : parseLibraryCache(file.read(0, MAX_BYTES));
}

/** Parses struct cache_file_new of glibc (sysdeps/generic/dl-cache.h): what of it is sound. */
export function parseLibraryCache(bytes: Buffer): LibraryCache {
  const cache = new Map<string, string[]>();
  const file = newFormat(bytes);
  if (file.length < HEADER_BYTES || file.toString("latin1", 0, MAGIC.length) !== MAGIC) {
    return cache;
  }
  const stated = file.readUInt32LE(20);
  const count = Math.min(stated, Math.floor((file.length - HEADER_BYTES) / ENTRY_BYTES));
  for (let index = 0; index < count; index++) {
    const entry = HEADER_BYTES + index * ENTRY_BYTES;
    const name = textAt(file, file.readUInt32LE(entry + 4));
    const path = textAt(file, file.readUInt32LE(entry + 8));
    if (name === "" || !path.startsWith("/")) continue;
    const paths = cache.get(name);
    if (paths === undefined) cache.set(name, [path]);
    else paths.push(path);
  }
  return cache;
}

/** Older versions of ldconfig put the new format behind the old one. */
function newFormat(bytes: Buffer): Buffer {
  if (bytes.length < 16 || bytes.toString("latin1", 0, OLD_MAGIC.length) !== OLD_MAGIC) {
    return bytes;
  }
  const oldBytes = 16 + bytes.readUInt32LE(12) * 12;
  return bytes.subarray(Math.ceil(oldBytes / 8) * 8);
}

function textAt(bytes: Buffer, offset: number): string {
  if (offset >= bytes.length) return "";
  const part = bytes.subarray(offset, offset + MAX_TEXT_BYTES);
  const nul = part.indexOf(0);
  return nul === -1 ? "" : decodeText(part, 0, nul);
}
