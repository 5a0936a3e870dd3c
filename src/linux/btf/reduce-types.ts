// SPDX-License-Identifier: Apache-2.0
import { findTypes, KIND, kindAt, startOf, type TypeTable } from "./type-table.ts";

const HEADER_SIZE = 24;
const POINTER = 1;
const INDEX = 2;

const COMPOSITE: readonly number[] = [KIND.structure, KIND.union];
const ENUMERATION: readonly number[] = [KIND.enumeration, KIND.enumeration64];
const TRANSPARENT: readonly number[] = [
  KIND.typedef,
  KIND.volatile,
  KIND.const,
  KIND.restrict,
  KIND.typeTag,
];

/**
 * BTF with those structures and enumerations of the kernel that have the names: as much of it as
 * CO-RE relocations of their members look at. Pointers point to nothing, typedefs and qualifiers are
 * left out, and other structures in them keep their size alone. Null where a type is none that can
 * be a member.
 */
export function reduceTypes(table: TypeTable, names: readonly string[]): Uint8Array | null {
  const reducer = new TypeReducer(table, new Set(names.flatMap((name) => idsOf(table, name))));
  return reducer.reduce();
}

function idsOf(table: TypeTable, name: string): readonly number[] {
  return findTypes(table, name, [...COMPOSITE, ...ENUMERATION]);
}

class TypeReducer {
  readonly #table: TypeTable;
  readonly #wanted: ReadonlySet<number>;
  /** New numbers by old ones; those of the types that are being made, too. */
  readonly #ids = new Map<number, number>();
  /** By new number. */
  readonly #types: (readonly number[])[] = [...FIRST_TYPES];
  readonly #strings: Uint8Array[] = [Buffer.of(0)];
  /** New places of strings by old ones. */
  readonly #places = new Map<number, number>([[0, 0]]);
  #stringsSize = 1;

  constructor(table: TypeTable, wanted: ReadonlySet<number>) {
    this.#table = table;
    this.#wanted = wanted;
  }

  reduce(): Uint8Array | null {
    for (const id of this.#wanted) if (this.#reduced(id) === null) return null;
    return encode(this.#types, this.#strings);
  }

  #add(words: number[]): number {
    return this.#types.push(words);
  }

  #word(at: number): number {
    return this.#table.words[at] ?? 0;
  }

  /** New number of a type, which is made where it is not there yet. */
  #reduced(id: number): number | null {
    if (id === 0) return 0;
    const known = this.#ids.get(id);
    if (known !== undefined) return known;
    const start = startOf(this.#table, id);
    const kind = kindAt(this.#table, start);
    if (COMPOSITE.includes(kind)) return this.#composite(id, start, kind);
    const added = this.#simple(id, start, kind);
    if (added !== null) this.#ids.set(id, added);
    return added;
  }

  #simple(id: number, start: number, kind: number): number | null {
    if (kind === KIND.pointer) return POINTER;
    if (TRANSPARENT.includes(kind)) return this.#reduced(this.#word(start + 2));
    if (kind === KIND.integer || kind === KIND.float) {
      const encoding = kind === KIND.integer ? [this.#word(start + 3)] : [];
      return this.#add([0, header(kind, 0), this.#word(start + 2), ...encoding]);
    }
    if (kind === KIND.array) return this.#array(start);
    return ENUMERATION.includes(kind) ? this.#enumeration(id, start, kind) : null;
  }

  #array(start: number): number | null {
    const element = this.#reduced(this.#word(start + 3));
    if (element === null) return null;
    return this.#add([0, header(KIND.array, 0), 0, element, INDEX, this.#word(start + 5)]);
  }

  /** Its values where it is wanted by its name. */
  #enumeration(id: number, start: number, kind: number): number {
    const name = this.#string(this.#word(start));
    const info = this.#word(start + 1);
    const size = this.#word(start + 2);
    if (!this.#wanted.has(id)) return this.#add([name, header(kind, 0), size]);
    const type = [name, info, size];
    const words = kind === KIND.enumeration ? 2 : 3;
    for (let value = 0; value < lengthOf(info); value++) {
      const at = start + 3 + value * words;
      type.push(this.#string(this.#word(at)));
      for (let next = 1; next < words; next++) type.push(this.#word(at + next));
    }
    return this.#add(type);
  }

  #composite(id: number, start: number, kind: number): number | null {
    const name = this.#word(start);
    const info = this.#word(start + 1);
    const size = this.#word(start + 2);
    // One without a name is part of the one that it stands in.
    const isWhole = name === 0 || this.#wanted.has(id);
    const words = isWhole ? [this.#string(name), info, size] : [0, header(kind, 0), size];
    const added = this.#add(words);
    this.#ids.set(id, added);
    if (!isWhole) return added;
    for (let member = 0; member < lengthOf(info); member++) {
      const at = start + 3 + member * 3;
      const type = this.#reduced(this.#word(at + 1));
      if (type === null) return null;
      words.push(this.#string(this.#word(at)), type, this.#word(at + 2));
    }
    return added;
  }

  #string(place: number): number {
    const known = this.#places.get(place);
    if (known !== undefined) return known;
    const { strings } = this.#table;
    const bytes = strings.subarray(place, strings.indexOf(0, place) + 1);
    const added = this.#stringsSize;
    this.#strings.push(bytes);
    this.#stringsSize += bytes.length;
    this.#places.set(place, added);
    return added;
  }
}

/** What every BTF of ours begins with: any pointer, and the index of any array. */
const FIRST_TYPES = [
  [0, header(KIND.pointer, 0), 0],
  [0, header(KIND.integer, 0), 4, 32],
];

/** BTF that has nothing of the kernel. */
export const NO_TYPES = encode(FIRST_TYPES, [Buffer.of(0)]);

function encode(types: readonly (readonly number[])[], strings: readonly Uint8Array[]): Uint8Array {
  const words = new Uint32Array(types.flat());
  const { byteLength } = words;
  const stringsSize = strings.reduce((sum, { length }) => sum + length, 0);
  const head = new Uint32Array([0x0001eb9f, HEADER_SIZE, 0, byteLength, byteLength, stringsSize]);
  return Buffer.concat([new Uint8Array(head.buffer), new Uint8Array(words.buffer), ...strings]);
}

function header(kind: number, length: number): number {
  return (kind << 24) | length;
}

function lengthOf(info: number): number {
  return info & 0xffffff;
}
