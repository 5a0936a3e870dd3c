// SPDX-License-Identifier: Apache-2.0
import { Readable, type Transform } from "node:stream";
import * as zlib from "node:zlib";

export type Compression = "none" | "gzip" | "zstd" | "bzip2" | "xz";

const MAGIC: readonly (readonly [Exclude<Compression, "none">, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
];

/** How content is compressed, by its first bytes. */
export function compressionOf(start: Uint8Array): Compression {
  const found = MAGIC.find(([, magic]) => magic.every((byte, at) => start[at] === byte));
  return found?.[0] ?? "none";
}

/** The content as it was before compression; null where this runtime cannot undo it. */
export function decompress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncIterable<Uint8Array> | null {
  if (compression === "none") return source;
  const transform = openTransform(compression);
  if (transform === null) return null;
  const input = Readable.from(source);
  // A fault of the source is one of the result.
  input.on("error", (error) => transform.destroy(error));
  return input.pipe(transform);
}

function openTransform(compression: Compression): Transform | null {
  if (compression === "gzip") return zlib.createGunzip();
  // Node.js 22.15 and later, and Bun.
  const create: unknown = Reflect.get(zlib, "createZstdDecompress");
  if (compression !== "zstd" || typeof create !== "function") return null;
  return Reflect.apply(create, zlib, []) as Transform;
}
