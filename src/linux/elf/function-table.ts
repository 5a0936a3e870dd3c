// SPDX-License-Identifier: Apache-2.0
import { decodeText } from "../bytes.ts";
import type { ByteSource } from "./byte-source.ts";
import { type ElfLayout, type Section, wordAt } from "./layout.ts";

/** Functions of a symbol table. */
export interface FunctionTable {
  /** The function that contains the address; null for none. */
  functionAt(address: number): string | null;
  /** Memory that it takes. */
  readonly sizeBytes: number;
}

/** `symtab` has all functions, and is often stripped; `dynsym` has those that others may call. */
export type SymbolTable = "symtab" | "dynsym";

const SECTION_TYPES: Readonly<Record<SymbolTable, number>> = { symtab: 2, dynsym: 11 };
const SHT_STRTAB = 3;
const SYMBOL_BYTES = { 32: 16, 64: 24 } as const;
const CHUNK_SYMBOLS = 16384;
const MAX_SYMBOLS = 2 ** 21;
const MAX_STRINGS_BYTES = 64 * 2 ** 20;
const MAX_NAME_BYTES = 4096;
const MAX_ALIASES = 64;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const SHN_UNDEF = 0;
const EM_ARM = 40;

interface Functions {
  count: number;
  readonly starts: Float64Array;
  /** 0 where the symbol does not tell. */
  readonly sizes: Float64Array;
  readonly names: Uint32Array;
  readonly sections: Uint16Array;
  /** STB_*: 0 local, 1 global, 2 weak. */
  readonly bindings: Uint8Array;
}

/**
 * Reads the functions of a symbol table, as many as there are up to a limit. Null when the file
 * has no such table, or none that takes at most `budgetBytes`.
 */
export function readFunctions(
  source: ByteSource,
  layout: ElfLayout,
  table: SymbolTable,
  budgetBytes: number,
): FunctionTable | null {
  const symbols = layout.sections.find(({ type }) => type === SECTION_TYPES[table]);
  const strings = symbols === undefined ? undefined : layout.sections[symbols.link];
  if (symbols === undefined || strings === undefined || strings.type !== SHT_STRTAB) return null;
  if (symbols.entrySize !== SYMBOL_BYTES[layout.bits]) return null;
  if (strings.size > MAX_STRINGS_BYTES || strings.size > budgetBytes) return null;
  const functions = readSymbols(source, layout, symbols);
  const names = source.read(strings.offset, strings.size);
  const sizeBytes = names.length + functions.count * 23;
  if (functions.count === 0 || sizeBytes > budgetBytes) return null;
  return {
    sizeBytes,
    functionAt(address) {
      const index = findFunction(functions, names, address, layout.sections);
      return index === null ? null : nameOf(names, functions.names[index] ?? 0);
    },
  };
}

function readSymbols(source: ByteSource, layout: ElfLayout, section: Section): Functions {
  const entryBytes = SYMBOL_BYTES[layout.bits];
  const available = Math.min(section.size, Math.max(source.size - section.offset, 0));
  const total = Math.min(Math.floor(available / entryBytes), MAX_SYMBOLS);
  const functions = emptyFunctions(total);
  for (let first = 0; first < total; first += CHUNK_SYMBOLS) {
    const wanted = Math.min(CHUNK_SYMBOLS, total - first) * entryBytes;
    const chunk = source.read(section.offset + first * entryBytes, wanted);
    for (let at = 0; at + entryBytes <= chunk.length; at += entryBytes) {
      if (layout.bits === 64) addSymbol64(functions, chunk, at);
      else addSymbol32(functions, chunk, at, layout.machine);
    }
    if (chunk.length < wanted) break;
  }
  return trimmed(functions);
}

function addSymbol64(functions: Functions, bytes: Buffer, at: number): void {
  const information = bytes.readUInt8(at + 4);
  const section = bytes.readUInt16LE(at + 6);
  if (!isFunction(information & 0xf) || section === SHN_UNDEF) return;
  const index = functions.count++;
  functions.names[index] = bytes.readUInt32LE(at);
  functions.bindings[index] = information >> 4;
  functions.sections[index] = section;
  functions.starts[index] = wordAt(bytes, at + 8, 64);
  functions.sizes[index] = wordAt(bytes, at + 16, 64);
}

function addSymbol32(functions: Functions, bytes: Buffer, at: number, machine: number): void {
  const information = bytes.readUInt8(at + 12);
  const section = bytes.readUInt16LE(at + 14);
  if (!isFunction(information & 0xf) || section === SHN_UNDEF) return;
  const index = functions.count++;
  const value = bytes.readUInt32LE(at + 4);
  functions.names[index] = bytes.readUInt32LE(at);
  functions.bindings[index] = information >> 4;
  functions.sections[index] = section;
  // The lowest bit of an ARM function tells its instruction set.
  functions.starts[index] = machine === EM_ARM ? value - (value % 2) : value;
  functions.sizes[index] = bytes.readUInt32LE(at + 8);
}

function isFunction(type: number): boolean {
  return type === STT_FUNC || type === STT_GNU_IFUNC;
}

/**
 * Of the functions that cover the address, the one that starts last. Where none does, the one
 * that starts last before it, when its size is not known and it is in the same section.
 */
function findFunction(
  functions: Functions,
  names: Buffer,
  address: number,
  sections: readonly Section[],
): number | null {
  const found = lastCovering(functions, address) ?? lastOfUnknownSize(functions, address, sections);
  return found === null ? null : bestAlias(functions, names, found, address);
}

function lastCovering({ count, starts, sizes }: Functions, address: number): number | null {
  let last: number | null = null;
  let lastStart = -1;
  for (let index = 0; index < count; index++) {
    const start = starts[index] ?? 0;
    if (start > address || start <= lastStart) continue;
    if (start + (sizes[index] ?? 0) <= address) continue;
    last = index;
    lastStart = start;
  }
  return last;
}

function lastOfUnknownSize(
  { count, starts, sizes, sections: sectionOf }: Functions,
  address: number,
  sections: readonly Section[],
): number | null {
  let last: number | null = null;
  let lastStart = -1;
  for (let index = 0; index < count; index++) {
    const start = starts[index] ?? 0;
    if (start > address || start < lastStart) continue;
    // At the same start, the one with a size tells that the address is behind its end.
    if (start === lastStart && sizes[index] === 0) continue;
    last = index;
    lastStart = start;
  }
  if (last === null || sizes[last] !== 0) return null;
  const section = sections[sectionOf[last] ?? 0];
  return section !== undefined && address - section.address < section.size ? last : null;
}

/** One function can have several names. */
function bestAlias(
  { count, starts, sizes, names: offsets, bindings }: Functions,
  names: Buffer,
  found: number,
  address: number,
): number {
  const start = starts[found] ?? 0;
  const isSized = (sizes[found] ?? 0) > 0;
  const aliases: Alias[] = [];
  for (let index = 0; index < count && aliases.length < MAX_ALIASES; index++) {
    if (starts[index] !== start || start + (sizes[index] ?? 0) > address !== isSized) continue;
    const name = nameOf(names, offsets[index] ?? 0);
    if (name !== null) aliases.push({ index, name, rank: bindingRank(bindings[index]) });
  }
  return aliases.toSorted(compareAliases)[0]?.index ?? found;
}

interface Alias {
  readonly index: number;
  readonly name: string;
  readonly rank: number;
}

/** The public name has fewer underscores in front, and is global. */
function compareAliases(one: Alias, other: Alias): number {
  return (
    underscores(one.name) - underscores(other.name) ||
    one.rank - other.rank ||
    one.name.length - other.name.length ||
    (one.name < other.name ? -1 : 1)
  );
}

function underscores(name: string): number {
  return name.length - name.replace(/^_+/, "").length;
}

/** Global before weak before local. */
function bindingRank(binding: number | undefined): number {
  return [2, 0, 1][binding ?? 0] ?? 3;
}

/** Without the version that a linker appends: "name@@VERSION". */
function nameOf(names: Buffer, offset: number): string | null {
  if (offset >= names.length) return null;
  const limit = Math.min(names.length, offset + MAX_NAME_BYTES);
  const nul = names.indexOf(0, offset);
  const end = nul === -1 || nul > limit ? limit : nul;
  const name = decodeText(names, offset, end);
  const version = name.indexOf("@", 1);
  return name === "" ? null : version === -1 ? name : name.slice(0, version);
}

function emptyFunctions(count: number): Functions {
  return {
    count: 0,
    starts: new Float64Array(count),
    sizes: new Float64Array(count),
    names: new Uint32Array(count),
    sections: new Uint16Array(count),
    bindings: new Uint8Array(count),
  };
}

function trimmed({ count, starts, sizes, names, sections, bindings }: Functions): Functions {
  return {
    count,
    starts: starts.slice(0, count),
    sizes: sizes.slice(0, count),
    names: names.slice(0, count),
    sections: sections.slice(0, count),
    bindings: bindings.slice(0, count),
  };
}
