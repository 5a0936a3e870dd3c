// SPDX-License-Identifier: Apache-2.0
import { decodeTerminatedText } from "../bytes.ts";
import type { ByteSource } from "./byte-source.ts";
import { type ElfLayout, fileOffset, wordAt } from "./layout.ts";

/** What a file asks the dynamic linker for (man 8 ld.so). */
export interface Linkage {
  /** Path of the dynamic linker; null in shared objects and static programs. */
  readonly interpreter: string | null;
  readonly needed: readonly string[];
  /** Folders in which to look, with `$ORIGIN` and the like in them: DT_RUNPATH and DT_RPATH. */
  readonly folders: readonly string[];
}

const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NULL = 0;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_RPATH = 15;
const DT_RUNPATH = 29;
const MAX_ENTRIES_BYTES = 65536;
const MAX_NEEDED = 1024;
const MAX_TEXT_BYTES = 4096;

export function readLinkage(source: ByteSource, layout: ElfLayout): Linkage {
  const entries = readEntries(source, layout);
  const valuesOf = (...tags: readonly number[]): readonly number[] =>
    entries.filter(([tag]) => tags.includes(tag)).map(([, value]) => value);
  const [stringsAddress] = valuesOf(DT_STRTAB);
  const strings = stringsAddress === undefined ? null : fileOffset(layout, stringsAddress);
  const textsAt = (offsets: readonly number[]): readonly string[] =>
    strings === null
      ? []
      : offsets
          .map((offset) => decodeTerminatedText(source.read(strings + offset, MAX_TEXT_BYTES)))
          .filter((text) => text !== "");
  return {
    interpreter: readInterpreter(source, layout),
    needed: textsAt(valuesOf(DT_NEEDED).slice(0, MAX_NEEDED)),
    folders: textsAt(valuesOf(DT_RUNPATH, DT_RPATH).slice(0, 2))
      .flatMap((text) => text.split(":"))
      .filter((folder) => folder !== ""),
  };
}

function readInterpreter(source: ByteSource, { segments }: ElfLayout): string | null {
  const segment = segments.find(({ type }) => type === PT_INTERP);
  if (segment === undefined) return null;
  const bytes = source.read(segment.offset, Math.min(segment.fileSize, MAX_TEXT_BYTES));
  const path = decodeTerminatedText(bytes);
  return path === "" ? null : path;
}

function readEntries(
  source: ByteSource,
  { segments, bits }: ElfLayout,
): readonly (readonly [tag: number, value: number])[] {
  const segment = segments.find(({ type }) => type === PT_DYNAMIC);
  if (segment === undefined) return [];
  const bytes = source.read(segment.offset, Math.min(segment.fileSize, MAX_ENTRIES_BYTES));
  const wordBytes = bits / 8;
  const entries: (readonly [number, number])[] = [];
  for (let at = 0; at + 2 * wordBytes <= bytes.length; at += 2 * wordBytes) {
    const tag = wordAt(bytes, at, bits);
    if (tag === DT_NULL) break;
    entries.push([tag, wordAt(bytes, at + wordBytes, bits)]);
  }
  return entries;
}
