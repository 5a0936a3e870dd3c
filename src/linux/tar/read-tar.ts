// SPDX-License-Identifier: Apache-2.0
import { decodeTerminatedText, decodeText } from "../bytes.ts";
import { ByteReader } from "./byte-reader.ts";
import {
  BLOCK,
  decodeHeader,
  decodePax,
  decodePaxNumber,
  MalformedError,
  type PaxRecords,
  type TarHeader,
} from "./header.ts";

/** A member of an archive. */
export interface TarEntry {
  /** As it is written there: it may be anything. */
  readonly path: string;
  readonly type: "file" | "hard-link" | "symbolic-link" | "directory" | "other";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly linkPath: string;
  /** Bytes of security.capability; null when there is none. */
  readonly attribute: Buffer | null;
}

const TYPES: Readonly<Record<string, TarEntry["type"]>> = {
  "0": "file",
  "1": "hard-link",
  "2": "symbolic-link",
  "5": "directory",
  S: "file",
};

/** No extended header or long name that is meant well is larger. */
const EXTENDED_MAX = 1024 * 1024;
const NONE: PaxRecords = new Map();

/**
 * Reads an archive member by member: `visit` gets each with its content, of which it may take as much
 * as it wants. Nothing is written anywhere. Throws MalformedError or TruncatedError.
 */
export async function readTar(
  source: AsyncIterable<Uint8Array>,
  visit: (entry: TarEntry, content: AsyncGenerator<Buffer>) => Promise<void> | null,
): Promise<void> {
  const reader = new ByteReader(source);
  let global = NONE;
  let own = NONE;
  let longName: string | null = null;
  let longLink: string | null = null;
  for (;;) {
    const block = await reader.take(BLOCK);
    const header = block === null ? null : decodeHeader(block);
    if (header === null) return;
    if ("xgLK".includes(header.type)) {
      const bytes = await takeExtended(reader, header);
      if (header.type === "x") own = decodePax(bytes);
      else if (header.type === "g") global = new Map([...global, ...decodePax(bytes)]);
      else if (header.type === "L") longName = decodeTerminatedText(bytes);
      else longLink = decodeTerminatedText(bytes);
      continue;
    }
    if (header.isExtended) await skipSparse(reader);
    const records = global.size === 0 ? own : new Map([...global, ...own]);
    const entry = entryOf(header, records, longName, longLink);
    await visitOne(reader, entry, visit);
    own = NONE;
    longName = null;
    longLink = null;
  }
}

async function visitOne(
  reader: ByteReader,
  entry: TarEntry,
  visit: (entry: TarEntry, content: AsyncGenerator<Buffer>) => Promise<void> | null,
): Promise<void> {
  const padded = Math.ceil(entry.size / BLOCK) * BLOCK;
  let taken = 0;
  const content = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of reader.pieces(entry.size)) {
      taken += piece.length;
      yield piece;
    }
  };
  const visiting = visit(entry, content());
  if (visiting !== null) await visiting;
  await reader.skip(padded - taken);
}

async function takeExtended(reader: ByteReader, { size }: TarHeader): Promise<Buffer> {
  if (size > EXTENDED_MAX) throw new MalformedError("an extended header is too large");
  const bytes = await reader.take(Math.ceil(size / BLOCK) * BLOCK);
  // A copy: the reader's buffer goes on.
  return Buffer.from((bytes ?? Buffer.alloc(0)).subarray(0, size));
}

/** More blocks of the map of a sparse file; the last byte but seven tells whether another follows. */
async function skipSparse(reader: ByteReader): Promise<void> {
  const FOLLOWS = 504;
  for (let follows = true; follows;) {
    const block = await reader.take(BLOCK);
    follows = block !== null && block[FOLLOWS] === 1;
  }
}

function entryOf(
  header: TarHeader,
  records: PaxRecords,
  longName: string | null,
  longLink: string | null,
): TarEntry {
  const text = (key: string): string | null => {
    const value = records.get(key);
    return value === undefined ? null : decodeText(value);
  };
  const number = (key: string, otherwise: number): number => {
    const value = records.get(key);
    return value === undefined ? otherwise : decodePaxNumber(value);
  };
  const type = TYPES[header.type] ?? "other";
  const size = number("size", header.size);
  return {
    path: text("GNU.sparse.name") ?? text("path") ?? longName ?? header.path,
    type,
    mode: header.mode,
    uid: number("uid", header.uid),
    gid: number("gid", header.gid),
    // Links have no content, whatever they say; old archives may say it of hard links.
    size: type === "symbolic-link" || type === "directory" ? 0 : size,
    linkPath: text("linkpath") ?? longLink ?? header.linkPath,
    attribute: attributeOf(records),
  };
}

/** GNU tar and engines write the bytes themselves; libarchive writes base64 besides. */
function attributeOf(records: PaxRecords): Buffer | null {
  const bytes = records.get("SCHILY.xattr.security.capability");
  if (bytes !== undefined) return bytes;
  const text = records.get("LIBARCHIVE.xattr.security.capability");
  return text === undefined ? null : Buffer.from(text.toString("latin1"), "base64");
}
