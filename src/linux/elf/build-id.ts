// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "./byte-source.ts";
import type { ElfLayout } from "./layout.ts";

const PT_NOTE = 4;
const SHT_NOTE = 7;
const NT_GNU_BUILD_ID = 3;
/** "GNU" and its NUL byte. */
const GNU = 0x474e5500;
const MAX_NOTES_BYTES = 65536;
const MAX_NOTE_PLACES = 64;
const MAX_BUILD_ID_BYTES = 64;
/** What BPF_F_USER_BUILD_ID gives, padded with zeros (BPF_BUILD_ID_SIZE). */
const KERNEL_BUILD_ID_DIGITS = 40;

/** The build id of a file, hexadecimal; null when it has none. */
export function readBuildId(source: ByteSource, layout: ElfLayout): string | null {
  const places = [
    ...layout.segments.filter(({ type }) => type === PT_NOTE),
    // Files of debugging symbols keep their notes, but the segments lead elsewhere.
    ...layout.sections
      .filter(({ type }) => type === SHT_NOTE)
      .map(({ offset, size }) => ({ offset, fileSize: size })),
  ];
  for (const { offset, fileSize } of places.slice(0, MAX_NOTE_PLACES)) {
    const buildId = findBuildId(source.read(offset, Math.min(fileSize, MAX_NOTES_BYTES)));
    if (buildId !== null) return buildId;
  }
  return null;
}

/** The form in which build ids of the kernel and of files are equal. */
export function comparableBuildId(buildId: string): string {
  return buildId.toLowerCase().padEnd(KERNEL_BUILD_ID_DIGITS, "0");
}

function findBuildId(notes: Buffer): string | null {
  for (let at = 0; at + 12 <= notes.length;) {
    const nameBytes = notes.readUInt32LE(at);
    const valueBytes = notes.readUInt32LE(at + 4);
    const name = at + 12;
    const value = name + align(nameBytes);
    const isBuildId = notes.readUInt32LE(at + 8) === NT_GNU_BUILD_ID && nameBytes === 4;
    if (value + valueBytes > notes.length) return null;
    if (isBuildId && valueBytes > 0 && notes.readUInt32BE(name) === GNU) {
      return valueBytes > MAX_BUILD_ID_BYTES
        ? null
        : notes.toString("hex", value, value + valueBytes);
    }
    at = value + align(valueBytes);
  }
  return null;
}

function align(size: number): number {
  return Math.ceil(size / 4) * 4;
}
