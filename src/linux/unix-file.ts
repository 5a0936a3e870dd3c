// SPDX-License-Identifier: Apache-2.0
import { lstatSync } from "node:fs";
import { encodeText } from "./bytes.ts";
import { failureOf } from "./procfs/read-text.ts";

/** Mode and owner of the file that stands for a UNIX socket. */
export interface UnixFile {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Examines the file of a bound UNIX socket, below the root directory of its holder where there is
 * one. Null when the path is relative, not readable, or by now leads to another file than `inode`
 * (the low 32 bits, which is all that unix_diag tells).
 */
export function readUnixFile(
  path: string,
  inode: number | null,
  holder: number | null,
): UnixFile | null {
  if (!path.startsWith("/")) return null;
  const root = holder === null ? "" : `/proc/${holder}/root`;
  try {
    const { ino, mode, uid, gid } = lstatSync(Buffer.concat([Buffer.from(root), encodeText(path)]));
    const isSame = inode === null || Number(BigInt.asUintN(32, BigInt(ino))) === inode;
    return isSame ? { mode: mode & 0o7777, uid, gid } : null;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ENOTDIR" || code === "ENAMETOOLONG" || code === "ELOOP") return null;
    failureOf(error);
    return null;
  }
}
