// SPDX-License-Identifier: Apache-2.0
import { createReadStream, openSync } from "node:fs";
import { SystemError, UnsupportedError } from "../../errors.ts";
import { encodeText } from "../bytes.ts";
import { EndlessError, TruncatedError } from "./byte-reader.ts";
import { type Compression, compressionOf, decompress } from "./decompress.ts";
import { BLOCK, MalformedError } from "./header.ts";
import { absolutePath, type Layer, LayerCollector, readLayer } from "./layer.ts";
import { readTar, type TarEntry } from "./read-tar.ts";

/** What the members of an image archive are, by their paths in it. */
export interface ImageArchive {
  readonly documents: ReadonlyMap<string, unknown>;
  readonly layers: ReadonlyMap<string, Layer>;
  /** Members that stand for others, as `docker save` writes layers that images share. */
  readonly links: ReadonlyMap<string, string>;
  /** The archive itself as one layer, as `docker export` writes a root directory. */
  readonly itself: Layer;
  /** Members that are layers and could not be read, with the reason. */
  readonly unreadable: ReadonlyMap<string, string>;
}

const CHUNK = 1024 * 1024;
/** Documents of images are small. */
const DOCUMENT_MAX = 8 * 1024 * 1024;

/**
 * Reads an archive in one pass, without unpacking anything. Throws UnsupportedError for what is no
 * archive, SystemError for what cannot be read.
 */
export async function readImageArchive(path: string): Promise<ImageArchive> {
  try {
    const fd = openSync(path === "-" ? "/dev/stdin" : encodeText(path), "r");
    const stream = createReadStream("", { fd, highWaterMark: CHUNK });
    const outer = await peek(stream, BLOCK);
    const compression = compressionOf(outer.start);
    const source = decompress(outer.whole, compression);
    if (source === null) throw new UnsupportedError(`${path}: ${cannotUndo(compression)}`);
    return await new ImageReader().read(source);
  } catch (error) {
    throw explain(path, error);
  }
}

class ImageReader {
  readonly #documents = new Map<string, unknown>();
  readonly #layers = new Map<string, Layer>();
  readonly #links = new Map<string, string>();
  readonly #unreadable = new Map<string, string>();

  async read(source: AsyncIterable<Uint8Array>): Promise<ImageArchive> {
    const itself = new LayerCollector();
    await readTar(source, (entry, content) => {
      const path = absolutePath(entry.path);
      if (path !== null && entry.type.endsWith("link")) this.#addLink(path, entry);
      const mayBePart = path !== null && entry.type === "file" && isPartName(path);
      return mayBePart ? this.#addPart(path, entry, content) : itself.add(entry, content);
    });
    return {
      documents: this.#documents,
      layers: this.#layers,
      links: this.#links,
      itself: itself.finish(),
      unreadable: this.#unreadable,
    };
  }

  #addLink(path: string, { type, linkPath }: TarEntry): void {
    const parent = path.slice(0, path.lastIndexOf("/"));
    const isRelative = type === "symbolic-link" && !linkPath.startsWith("/");
    const target = resolvePath(isRelative ? `${parent}/${linkPath}` : linkPath);
    if (target !== null) this.#links.set(path, target);
  }

  async #addPart(path: string, entry: TarEntry, content: AsyncGenerator<Buffer>): Promise<void> {
    const { start, whole } = await peek(content, BLOCK);
    const compression = compressionOf(start);
    const first = start[0];
    const isDocument = first === 0x7b || first === 0x5b;
    if (isDocument && entry.size <= DOCUMENT_MAX) {
      this.#documents.set(path, await readDocument(whole));
    } else if (compression !== "none" || isArchive(start)) {
      await this.#addLayer(path, whole, compression);
    }
  }

  async #addLayer(
    path: string,
    whole: AsyncIterable<Uint8Array>,
    compression: Compression,
  ): Promise<void> {
    const source = decompress(whole, compression);
    if (source === null) {
      this.#unreadable.set(path, cannotUndo(compression));
      return;
    }
    try {
      this.#layers.set(path, await readLayer(source));
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === null) throw error;
      this.#unreadable.set(path, reason);
    }
  }
}

/** Names of documents and layers in the layouts of `docker save` and OCI. */
function isPartName(path: string): boolean {
  return (
    /^\/blobs\/[a-z0-9]+\/[0-9a-f]{32,}$/.test(path) ||
    /^\/(?:manifest|index|repositories|[0-9a-f]{64})(?:\.json)?$/.test(path) ||
    /^\/[0-9a-f]{64}(?:\/layer)?\.tar$/.test(path)
  );
}

/** The magic of ustar and GNU tar; an empty archive is blocks of zeros. */
function isArchive(start: Buffer): boolean {
  return (
    start.toString("latin1", 257, 262) === "ustar" ||
    (start.length >= BLOCK && start.every((byte) => byte === 0))
  );
}

async function readDocument(source: AsyncIterable<Uint8Array>): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(Uint8Array.from(piece));
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8")) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The first bytes of a stream, and the stream with them. */
async function peek(
  source: AsyncIterable<Uint8Array>,
  length: number,
): Promise<{ readonly start: Buffer; readonly whole: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let size = 0;
  while (size < length) {
    const next = await iterator.next();
    if (next.done === true) break;
    pieces.push(Uint8Array.from(next.value));
    size += next.value.length;
  }
  const start = Buffer.concat(pieces);
  const whole = async function* (): AsyncGenerator<Uint8Array> {
    if (start.length > 0) yield start;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  };
  return { start: start.subarray(0, length), whole: whole() };
}

/** Within the archive; ".." above its top leads nowhere. */
function resolvePath(path: string): string | null {
  const names: string[] = [];
  for (const name of path.split("/").filter((each) => each !== "" && each !== ".")) {
    if (name !== "..") names.push(name);
    else if (names.pop() === undefined) return null;
  }
  return `/${names.join("/")}`;
}

function cannotUndo(compression: Compression): string {
  return `compressed with ${compression}, which cannot be undone here`;
}

/** Why an archive could not be read; null for an error of another kind. */
function reasonOf(error: unknown): string | null {
  const isFault = [MalformedError, TruncatedError, EndlessError].some(
    (kind) => error instanceof kind,
  );
  if (isFault && error instanceof Error) return error.message;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^(?:Z_|ZSTD_)/.test(code) ? `decompressing failed (${code})` : null;
}

function explain(path: string, error: unknown): unknown {
  const reason = reasonOf(error);
  if (reason !== null) {
    return new UnsupportedError(`${path} is no archive that can be read: ${reason}`);
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^E[A-Z0-9]+$/.test(code) ? new SystemError(`reading ${path}`, code) : error;
}
