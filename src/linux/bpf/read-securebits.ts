// SPDX-License-Identifier: Apache-2.0
import { closeSync, readSync } from "node:fs";
import { type Libbpf, openLibbpf } from "../ffi/libbpf.ts";
import { UnsupportedError } from "../../errors.ts";
import { securebitNames } from "../securebits.ts";
import { readTraceObject } from "./object-file.ts";

/** Secure bits by thread id; threads that have none are not in it. */
export type SecurebitsByThread = ReadonlyMap<number, readonly string[]>;

/**
 * Reads the secure bits of all tasks of this PID namespace, which no file under /proc tells. Null where
 * libbpf or the kernel does not allow it. Requires Linux 5.8.
 */
export async function readSecurebits(): Promise<SecurebitsByThread | null> {
  try {
    return await iterate(await openLibbpf());
  } catch (error) {
    if (error instanceof UnsupportedError) return null;
    throw error;
  }
}

async function iterate(libbpf: Libbpf): Promise<SecurebitsByThread | null> {
  const object = libbpf.openObject(readTraceObject("task-securebits"), null);
  if (object === null) return null;
  try {
    if ((await libbpf.load(object)) < 0) return null;
    const program = libbpf.findProgram(object, "list_securebits");
    const link = program === null ? null : libbpf.attach(program);
    if (link === null) return null;
    try {
      const fd = libbpf.openIterator(link);
      return fd < 0 ? null : decodeRows(readAll(fd));
    } finally {
      libbpf.destroyLink(link);
    }
  } finally {
    libbpf.close(object);
  }
}

const CHUNK_BYTES = 65536;

function readAll(fd: number): Buffer {
  try {
    const chunks: Buffer[] = [];
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const count = readSync(fd, chunk, 0, CHUNK_BYTES, null);
      if (count === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}

/** struct securebits_row of bpf/task-securebits.bpf.c */
const ROW_BYTES = 8;

function decodeRows(bytes: Buffer): SecurebitsByThread {
  const rows = new Map<number, readonly string[]>();
  for (let at = 0; at + ROW_BYTES <= bytes.length; at += ROW_BYTES) {
    rows.set(bytes.readUInt32LE(at), securebitNames(bytes.readUInt32LE(at + 4)));
  }
  return rows;
}
