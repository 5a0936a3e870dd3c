// SPDX-License-Identifier: Apache-2.0
import { readText } from "./read-text.ts";

/** What is behind a mapping. */
export type MappingContent =
  | {
      readonly kind: "file";
      /** As the process sees it, from its own root. */
      readonly path: string;
      /** Its name was removed, or ends with " (deleted)". */
      readonly deleted: boolean;
      /** Of the file system, "fe:00": not that of stat(2) on btrfs and overlayfs. */
      readonly device: string;
      readonly inode: bigint;
    }
  /** Memory that a process filled itself, whatever name it gave it. */
  | { readonly kind: "anonymous" }
  /** The kernel's own: "[vdso]", "[vsyscall]", "[uprobes]". */
  | { readonly kind: "special"; readonly name: string };

/** Addresses that a process can execute. */
export interface ExecutableMapping {
  readonly start: bigint;
  /** The first address behind it. */
  readonly end: bigint;
  /** Of its first byte in the file. */
  readonly offset: bigint;
  readonly content: MappingContent;
}

const LINE = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+) *(.*)$/s;
const DELETED_SUFFIX = " (deleted)";
const OWN_MEMORY = /^\[(heap|stack|anon:|anon_shmem:|stack:)/;

/**
 * Reads the executable mappings of a process; null when it is gone or may not be examined. Needs
 * ptrace read access.
 */
export function readExecutableMappings(pid: number): readonly ExecutableMapping[] | null {
  const maps = readText(`/proc/${pid}/maps`);
  return maps.kind === "text" ? parseExecutableMappings(maps.text) : null;
}

/** Parses the text of /proc/PID/maps (man 5 proc_pid_maps). */
export function parseExecutableMappings(text: string): readonly ExecutableMapping[] {
  const mappings: ExecutableMapping[] = [];
  for (const line of text.split("\n")) {
    const fields = LINE.exec(line);
    if (fields === null || fields[3]?.[2] !== "x") continue;
    const [, start = "", end = "", , offset = "", device = "", inode = "", name = ""] = fields;
    mappings.push({
      start: BigInt(`0x${start}`),
      end: BigInt(`0x${end}`),
      offset: BigInt(`0x${offset}`),
      content: contentOf(name, device, BigInt(inode)),
    });
  }
  return mappings;
}

function contentOf(name: string, device: string, inode: bigint): MappingContent {
  if (name === "" || OWN_MEMORY.test(name)) return { kind: "anonymous" };
  if (name.startsWith("[")) return { kind: "special", name };
  const deleted = name.endsWith(DELETED_SUFFIX);
  // Of all characters, the kernel escapes the newline alone (fs/proc/task_mmu.c, show_map_vma).
  const written = deleted ? name.slice(0, -DELETED_SUFFIX.length) : name;
  return { kind: "file", path: written.replaceAll(String.raw`\012`, "\n"), deleted, device, inode };
}
