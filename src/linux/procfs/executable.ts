// SPDX-License-Identifier: Apache-2.0
import { type Stats, statSync } from "node:fs";
import {
  decodeFileCapabilities,
  type FileCapabilities,
} from "../../capabilities/file-capabilities.ts";
import type { Libc } from "../ffi/libc.ts";
import { failureOf, readLink, type ReadFailure } from "./read-text.ts";

/** The file that a process runs, as /proc/PID/exe leads to it even after it was removed. */
export interface ExecutableFile {
  /** Without the " (deleted)" that the kernel appends. */
  readonly path: string;
  /** Null when the file could not be examined; so for all that follow. */
  readonly deleted: boolean | null;
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
  /** `none` when the file has none; null when it could not be read. */
  readonly capabilities: FileCapabilities | "none" | null;
}

export type ExecutableResult =
  | { readonly kind: "file"; readonly file: ExecutableFile }
  | { readonly kind: ReadFailure };

const DELETED_SUFFIX = " (deleted)";
/** Longest struct vfs_ns_cap_data is 24 bytes. */
const XATTR_BUFFER = new Uint8Array(64);

/** Reads files' facts once for each file, however many processes run it. */
export class ExecutableReader {
  readonly #libc: Libc | null;
  readonly #capabilities = new Map<string, FileCapabilities | "none" | null>();

  constructor(libc: Libc | null) {
    this.#libc = libc;
  }

  /** Kernel threads have no executable: their result is `gone`. */
  read(pid: number): ExecutableResult {
    const link = `/proc/${pid}/exe`;
    const target = readLink(link);
    if (target.kind !== "text") return target;
    const stat = statOrNull(link);
    const deleted = stat === null ? null : stat.nlink === 0;
    // A file can really be called "x (deleted)": then it still has a link.
    const suffixed = target.text.endsWith(DELETED_SUFFIX) && deleted !== false;
    return {
      kind: "file",
      file: {
        path: suffixed ? target.text.slice(0, -DELETED_SUFFIX.length) : target.text,
        deleted,
        mode: stat === null ? null : stat.mode & 0o7777,
        uid: stat === null ? null : stat.uid,
        gid: stat === null ? null : stat.gid,
        capabilities: stat === null ? null : this.#capabilitiesOf(link, stat),
      },
    };
  }

  #capabilitiesOf(link: string, stat: Stats): FileCapabilities | "none" | null {
    const key = `${stat.dev}:${stat.ino}:${stat.ctimeMs}`;
    const known = this.#capabilities.get(key);
    if (known !== undefined) return known;
    const capabilities = this.#libc === null ? null : readFileCapabilities(this.#libc, link);
    this.#capabilities.set(key, capabilities);
    return capabilities;
  }
}

/** Path of the file that a process runs; null for kernel threads, and when it cannot be read. */
export function readExecutablePath(pid: number): string | null {
  const target = readLink(`/proc/${pid}/exe`);
  if (target.kind !== "text") return null;
  const { text } = target;
  // A file can really be called "x (deleted)": only then is there a second look.
  const isGone = text.endsWith(DELETED_SUFFIX) && statOrNull(`/proc/${pid}/exe`)?.nlink === 0;
  return isGone ? text.slice(0, -DELETED_SUFFIX.length) : text;
}

/** Capabilities of the file that a path leads to; `none` when it has none, null when not readable. */
export function readFileCapabilities(libc: Libc, path: string): FileCapabilities | "none" | null {
  const length = libc.getxattr(path, "security.capability", XATTR_BUFFER);
  if (length >= 0) return decodeFileCapabilities(XATTR_BUFFER.subarray(0, length));
  // EOPNOTSUPP: the file system cannot hold any. ENODATA: this file holds none.
  const error = libc.errorName();
  return error === "ENODATA" || error === "EOPNOTSUPP" || error === "ENOTSUP" ? "none" : null;
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    failureOf(error);
    return null;
  }
}
