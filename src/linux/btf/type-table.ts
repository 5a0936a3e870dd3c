// SPDX-License-Identifier: Apache-2.0
import { viewOf } from "../bytes.ts";

/** Kinds of types by number; Linux 6.18, include/uapi/linux/btf.h. */
export const KIND = {
  integer: 1,
  pointer: 2,
  array: 3,
  structure: 4,
  union: 5,
  enumeration: 6,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  function: 12,
  prototype: 13,
  variable: 14,
  section: 15,
  float: 16,
  declarationTag: 17,
  typeTag: 18,
  enumeration64: 19,
} as const;

const LAST_KIND = KIND.enumeration64;

/** The types of a kernel by their numbers, which count from 1; 0 is `void`. */
export interface TypeTable {
  /** All types behind each other: name, kind and length, size or type; then what the kind has. */
  readonly words: Uint32Array;
  /** Where each type begins in `words` whose number is a multiple of MARK_DISTANCE. */
  readonly marks: Uint32Array;
  /** Names, each with a NUL byte behind it. */
  readonly strings: Buffer;
  /** By name: the numbers of the types that have one of the names that were asked for. */
  readonly named: ReadonlyMap<string, readonly number[]>;
}

const MARK_DISTANCE = 8;
const MAGIC = 0xeb9f;
const VERSION = 1;
const HEADER_SIZE = 24;
/** Every type has three words. */
const TYPE_WORDS = 3;

/** Words that a type of a kind has besides the first three: always, and for each of its members. */
const EXTRA_WORDS = wordsByKind([
  [KIND.integer, 1],
  [KIND.array, 3],
  [KIND.variable, 1],
  [KIND.declarationTag, 1],
]);
const MEMBER_WORDS = wordsByKind([
  [KIND.structure, 3],
  [KIND.union, 3],
  [KIND.enumeration, 2],
  [KIND.prototype, 2],
  [KIND.section, 3],
  [KIND.enumeration64, 3],
]);

function wordsByKind(rows: readonly (readonly [number, number])[]): Uint8Array {
  const words = new Uint8Array(128);
  for (const [kind, count] of rows) words[kind] = count;
  return words;
}

/**
 * Looks once at each type, in little-endian BTF as /sys/kernel/btf/vmlinux has it. Null for what is not
 * BTF, and for kinds that are not known. The bytes are not copied; they begin at a multiple of 4.
 */
export function parseTypes(bytes: Uint8Array, names: readonly string[]): TypeTable | null {
  if (bytes.length < HEADER_SIZE) return null;
  const view = viewOf(bytes);
  if (view.getUint16(0, true) !== MAGIC || view.getUint8(2) !== VERSION) return null;
  const headerSize = view.getUint32(4, true);
  const typesAt = headerSize + view.getUint32(8, true);
  const typesSize = view.getUint32(12, true);
  const stringsAt = headerSize + view.getUint32(16, true);
  const stringsSize = view.getUint32(20, true);
  if (typesAt % 4 !== 0 || typesSize % 4 !== 0) return null;
  if (Math.max(typesAt + typesSize, stringsAt + stringsSize) > bytes.length) return null;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + typesAt, typesSize / 4);
  const strings = Buffer.from(bytes.buffer, bytes.byteOffset + stringsAt, stringsSize);
  return scan(words, strings, names);
}

/** One bit of many for each name that is looked for, by the place of its string. */
const FILTER_SIZE = 4096;

function scan(words: Uint32Array, strings: Buffer, names: readonly string[]): TypeTable | null {
  const marks = new Uint32Array(words.length / TYPE_WORDS / MARK_DISTANCE + 1);
  const filter = new Uint8Array(FILTER_SIZE);
  const found = new Map<number, number[]>();
  const named = new Map<string, readonly number[]>();
  for (const name of names) {
    // The kernel's build makes each string once.
    const place = strings.indexOf(`\0${name}\0`, 0, "latin1") + 1;
    const ids: number[] = [];
    named.set(name, ids);
    if (place === 0) continue;
    found.set(place, ids);
    filter[place % FILTER_SIZE] = 1;
  }
  // Some 100,000 rounds, most of them before the runtime has compiled it: no calls in here.
  const length = words.length;
  let at = 0;
  let id = 1;
  for (; at < length; id++) {
    if (id % MARK_DISTANCE === 0) marks[id / MARK_DISTANCE] = at;
    const name = words[at] ?? 0;
    if (filter[name % FILTER_SIZE] === 1) found.get(name)?.push(id);
    const info = words[at + 1] ?? 0;
    const kind = (info >>> 24) & 0x7f;
    if (kind > LAST_KIND) return null;
    at += TYPE_WORDS + (EXTRA_WORDS[kind] ?? 0) + (info & 0xffffff) * (MEMBER_WORDS[kind] ?? 0);
  }
  return at === length ? { words, marks, strings, named } : null;
}

/** Where a type begins in `words`. */
export function startOf({ words, marks }: TypeTable, id: number): number {
  const mark = Math.floor(id / MARK_DISTANCE);
  let at = marks[mark] ?? 0;
  for (let next = Math.max(mark * MARK_DISTANCE, 1); next < id; next++) {
    at += lengthAt(words, at);
  }
  return at;
}

function lengthAt(words: Uint32Array, at: number): number {
  const info = words[at + 1] ?? 0;
  const kind = (info >>> 24) & 0x7f;
  return TYPE_WORDS + (EXTRA_WORDS[kind] ?? 0) + (info & 0xffffff) * (MEMBER_WORDS[kind] ?? 0);
}

/** Kind of the type that begins there in `words`. */
export function kindAt({ words }: TypeTable, start: number): number {
  return ((words[start + 1] ?? 0) >>> 24) & 0x7f;
}

/** Numbers of the types of one of the kinds that have a name that was asked for; ascending. */
export function findTypes(
  table: TypeTable,
  name: string,
  kinds: readonly number[],
): readonly number[] {
  return (table.named.get(name) ?? []).filter((id) =>
    kinds.includes(kindAt(table, startOf(table, id))),
  );
}
