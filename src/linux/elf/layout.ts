// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "./byte-source.ts";

/**
 * Where things are in an ELF file (man 5 elf), little endian. Numbers above 2^53 are not exact:
 * no valid file has any.
 */
export interface ElfLayout {
  readonly bits: 32 | 64;
  /** EM_*. */
  readonly machine: number;
  readonly segments: readonly Segment[];
  /** Empty where the file was stripped of its section headers. */
  readonly sections: readonly Section[];
}

/** A program header. */
export interface Segment {
  /** PT_*. */
  readonly type: number;
  /** PF_*. */
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
}

/** A section header. */
export interface Section {
  /** SHT_*. */
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  /** Index of the section that belongs to this one: a symbol table's strings. */
  readonly link: number;
  readonly entrySize: number;
}

const HEADER_BYTES = { 32: 52, 64: 64 } as const;
const SEGMENT_BYTES = { 32: 32, 64: 56 } as const;
const SECTION_BYTES = { 32: 40, 64: 64 } as const;
/** The kernel executes no file with more (fs/binfmt_elf.c, load_elf_phdrs). */
const MAX_SEGMENTS_BYTES = 65536;
const MAX_SECTIONS = 65536;
const PT_LOAD = 1;
const PF_X = 1;

/** Decodes the headers. Null when it is no little endian ELF file with program headers. */
export function decodeLayout(source: ByteSource): ElfLayout | null {
  const header = source.read(0, HEADER_BYTES[64]);
  const bits = elfBits(header);
  if (bits === null || header.length < HEADER_BYTES[bits]) return null;
  const is64 = bits === 64;
  const segments = decodeSegments(
    source,
    bits,
    wordAt(header, is64 ? 32 : 28, bits),
    header.readUInt16LE(is64 ? 54 : 42),
    header.readUInt16LE(is64 ? 56 : 44),
  );
  if (segments.length === 0) return null;
  const sections = decodeSections(
    source,
    bits,
    wordAt(header, is64 ? 40 : 32, bits),
    header.readUInt16LE(is64 ? 58 : 46),
    header.readUInt16LE(is64 ? 60 : 48),
  );
  return { bits, machine: header.readUInt16LE(18), segments, sections };
}

/** A number as wide as an address of the file. */
export function wordAt(bytes: Buffer, at: number, bits: 32 | 64): number {
  const low = bytes.readUInt32LE(at);
  return bits === 32 ? low : low + bytes.readUInt32LE(at + 4) * 2 ** 32;
}

/**
 * The address at which a byte of the file is executed. Null for a byte in no executable segment.
 */
export function executableAddress({ segments }: ElfLayout, offset: number): number | null {
  for (const segment of segments) {
    if (segment.type !== PT_LOAD || (segment.flags & PF_X) === 0) continue;
    const within = offset - segment.offset;
    if (within >= 0 && within < segment.fileSize) return segment.address + within;
  }
  return null;
}

/** Where in the file the byte is that will be at this address; null for none. */
export function fileOffset({ segments }: ElfLayout, address: number): number | null {
  for (const segment of segments) {
    if (segment.type !== PT_LOAD) continue;
    const within = address - segment.address;
    if (within >= 0 && within < segment.fileSize) return segment.offset + within;
  }
  return null;
}

function elfBits(header: Buffer): 32 | 64 | null {
  if (header.length < HEADER_BYTES[32] || header.readUInt32BE(0) !== 0x7f454c46) return null;
  const [fileClass, encoding] = [header[4], header[5]];
  if (encoding !== 1) return null;
  if (fileClass === 1) return 32;
  return fileClass === 2 ? 64 : null;
}

function decodeSegments(
  source: ByteSource,
  bits: 32 | 64,
  offset: number,
  entryBytes: number,
  count: number,
): readonly Segment[] {
  if (entryBytes !== SEGMENT_BYTES[bits]) return [];
  const bytes = source.read(offset, Math.min(count * entryBytes, MAX_SEGMENTS_BYTES));
  return entriesOf(bytes, entryBytes).map((entry) =>
    bits === 64
      ? {
          type: entry.readUInt32LE(0),
          flags: entry.readUInt32LE(4),
          offset: wordAt(entry, 8, 64),
          address: wordAt(entry, 16, 64),
          fileSize: wordAt(entry, 32, 64),
        }
      : {
          type: entry.readUInt32LE(0),
          offset: entry.readUInt32LE(4),
          address: entry.readUInt32LE(8),
          fileSize: entry.readUInt32LE(16),
          flags: entry.readUInt32LE(24),
        },
  );
}

function decodeSections(
  source: ByteSource,
  bits: 32 | 64,
  offset: number,
  entryBytes: number,
  statedCount: number,
): readonly Section[] {
  if (offset === 0 || entryBytes !== SECTION_BYTES[bits]) return [];
  // A count that does not fit into the header is the size of the first section.
  const first = source.read(offset, entryBytes);
  if (first.length < entryBytes) return [];
  const count = statedCount === 0 ? decodeSection(first, bits).size : statedCount;
  const bytes = source.read(offset, Math.min(count, MAX_SECTIONS) * entryBytes);
  return entriesOf(bytes, entryBytes).map((entry) => decodeSection(entry, bits));
}

function decodeSection(entry: Buffer, bits: 32 | 64): Section {
  const is64 = bits === 64;
  return {
    type: entry.readUInt32LE(4),
    address: wordAt(entry, is64 ? 16 : 12, bits),
    offset: wordAt(entry, is64 ? 24 : 16, bits),
    size: wordAt(entry, is64 ? 32 : 20, bits),
    link: entry.readUInt32LE(is64 ? 40 : 24),
    entrySize: wordAt(entry, is64 ? 56 : 36, bits),
  };
}

function entriesOf(bytes: Buffer, entryBytes: number): readonly Buffer[] {
  const count = Math.floor(bytes.length / entryBytes);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * entryBytes, (index + 1) * entryBytes),
  );
}
