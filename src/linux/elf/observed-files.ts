// SPDX-License-Identifier: Apache-2.0
import { type BigIntStats, statSync } from "node:fs";
import { encodeText } from "../bytes.ts";
import type { ExecutableMapping, MappingContent } from "../procfs/memory-maps.ts";
import { identityOf, tryTo } from "./byte-source.ts";
import { CodeFile, type SymbolBudget } from "./code-file.ts";

/** A file that a process was seen to execute. */
export interface ObservedFile {
  /** Opens it; null when it is no ELF file, or is not there any more. */
  open(): CodeFile | null;
}

type FileContent = Extract<MappingContent, { kind: "file" }>;

/**
 * Notes a mapped file so that it can be opened when the process is gone. What cannot be found by
 * its path from here, in another mount namespace or without a name, is opened and read at once.
 */
export function noteFile(
  pid: number,
  mapping: ExecutableMapping,
  content: FileContent,
  budget: SymbolBudget,
): ObservedFile {
  const { path } = content;
  const range = `${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
  // Leads to the very file that is mapped (man 5 proc_pid_map_files), with the right privileges.
  const mapped = `/proc/${pid}/map_files/${range}`;
  const mappedStat = statOf(mapped);
  const stat = statOf(path);
  if (stat !== null && isSame(stat, mappedStat, content.inode)) {
    return openLater(path, identityOf(stat), budget);
  }
  const places = [mapped, `/proc/${pid}/root${path}`, `/proc/${pid}/exe`];
  const place = places.find((each) => isSame(statOf(each), mappedStat, content.inode));
  const file = place === undefined ? null : CodeFile.open(path, place, budget);
  file?.loadSymbols();
  return { open: () => file };
}

/** Nothing, when another file took its place meanwhile. */
function openLater(path: string, identity: string, budget: SymbolBudget): ObservedFile {
  let file: CodeFile | null | undefined;
  return {
    open() {
      if (file === undefined) {
        const opened = CodeFile.open(path, path, budget);
        file = opened?.identity === identity ? opened : null;
      }
      return file;
    },
  };
}

/**
 * Some file systems (btrfs, overlayfs) show another device in /proc/PID/maps than to stat(2), so
 * that the inode number alone must do where the mapped file itself is out of reach.
 */
function isSame(stat: BigIntStats | null, mapped: BigIntStats | null, inode: bigint): boolean {
  if (stat === null || !stat.isFile()) return false;
  return mapped === null ? stat.ino === inode : stat.dev === mapped.dev && stat.ino === mapped.ino;
}

function statOf(path: string): BigIntStats | null {
  return path.startsWith("/") ? tryTo(() => statSync(encodeText(path), { bigint: true })) : null;
}
