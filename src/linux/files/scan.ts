// SPDX-License-Identifier: Apache-2.0
import { decodeTerminatedText, encodeText } from "../bytes.ts";
import { errorName } from "../errno.ts";
import type { ScanMemory } from "../ffi/scan-memory.ts";
import { D_NAME, D_RECLEN, D_TYPE, DOT, DT_DIR, DT_REG, DT_UNKNOWN } from "./dirent.ts";
import type { FileHit, ScanBatch, ScanResult } from "./messages.ts";
import type { MountNode } from "./mount-tree.ts";
import { decodeStatx, modeAt, S_IFDIR, S_IFMT, S_IFREG, SET_ID_BITS } from "./statx.ts";

/** Deeper directories are left for a batch of their own: each level holds a descriptor. */
const DEPTH_MAX = 48;
const LIST_SIZE = 32 * 1024;
const PATH_ROOM = 4096 + 256;

/** Size of the memory that a scanner works in. */
export const SCAN_MEMORY_SIZE = DEPTH_MAX * LIST_SIZE + PATH_ROOM + 512;

const PATH_AT = DEPTH_MAX * LIST_SIZE;
const STATX_AT = PATH_AT + PATH_ROOM;
const VALUE_AT = STATX_AT + 256;

const AT_FDCWD = -100;
const IN_VAIN_MAX = 256;

/** Nearly every file has no capabilities. */
const ENODATA = 61;

/** No entry, no longer a directory, or a symbolic link by now: it is gone. */
const GONE: readonly string[] = ["ENOENT", "ENOTDIR", "ELOOP", "ESTALE"];

/**
 * Lists directories and what is below them, looking at the mode and the capabilities of each regular
 * file. Nothing is opened but directories; no symbolic link is followed.
 */
export class Scanner {
  readonly #memory: ScanMemory;
  #readsAt: boolean;
  /** Files that had attributes, but no capabilities. */
  #othersInVain = 0;
  #names: number[] = [];
  #start = "";
  #batch: ScanBatch = { directories: [], budget: 0, mounts: null };
  #result: ScanResult = emptyResult();
  #entries = 0;

  /** `hasGetxattrat` is false on kernels before 6.13. */
  constructor(memory: ScanMemory, hasGetxattrat = true) {
    this.#memory = memory;
    this.#readsAt = hasGetxattrat;
  }

  /**
   * Scans until about `budget` entries were seen; what is left comes back in `rest`. Mount points
   * below are entered or not as `mounts` says.
   */
  scan(batch: ScanBatch): ScanResult {
    this.#batch = batch;
    this.#result = emptyResult();
    this.#entries = 0;
    for (const path of batch.directories) {
      if (this.#entries > batch.budget) this.#result.rest.push(path);
      else this.#scanFrom(path);
    }
    this.#result.entries = this.#entries;
    return this.#result;
  }

  #scanFrom(path: string): void {
    const bytes = encodeText(path);
    this.#start = path === "/" ? "" : path;
    this.#names = [];
    if (bytes.length > 4095) {
      this.#result.failures.push({ path, code: "ENAMETOOLONG" });
      return;
    }
    this.#memory.bytes.set(bytes, PATH_AT);
    this.#memory.bytes[PATH_AT + bytes.length] = 0;
    const fd = this.#memory.openPath(PATH_AT);
    if (fd < 0) {
      const code = errorName(this.#memory.errno());
      if (code === "ENOTDIR") this.#scanFile(path);
      else this.#noteFailure(path, code);
      return;
    }
    this.#scanDirectory(fd, 0, this.#batch.mounts?.find(path) ?? null);
    this.#memory.close(fd);
  }

  /** A file that was named itself; its path is at PATH_AT. */
  #scanFile(path: string): void {
    const { view } = this.#memory;
    if (this.#memory.statx(AT_FDCWD, PATH_AT, STATX_AT) < 0) {
      this.#noteFailure(path);
      return;
    }
    const mode = modeAt(view, STATX_AT);
    if ((mode & S_IFMT) !== S_IFREG) return;
    this.#result.files++;
    this.#entries++;
    const length = this.#memory.getCapability(PATH_AT, VALUE_AT);
    const code = length < 0 ? errorName(this.#memory.errno()) : "ENODATA";
    if (code !== "ENODATA" && code !== "EOPNOTSUPP") this.#noteFailure(path, code);
    if (length >= 0 || (mode & SET_ID_BITS) !== 0)
      this.#result.hits.push(this.#hitAt(path, length));
  }

  #scanDirectory(fd: number, depth: number, mounts: MountNode | null): void {
    const { bytes } = this.#memory;
    const start = depth * LIST_SIZE;
    this.#result.directories++;
    const reader = new AttributeState();
    for (;;) {
      const length = this.#memory.getdents64(fd, start, LIST_SIZE);
      if (length < 0) this.#noteFailure(this.#pathOf(depth));
      if (length <= 0) return;
      for (
        let at = start;
        at < start + length;
        at += (bytes[at + D_RECLEN] ?? 0) | ((bytes[at + D_RECLEN + 1] ?? 0) << 8)
      ) {
        this.#entries++;
        const type = bytes[at + D_TYPE] ?? 0;
        if (type === DT_REG) this.#lookAt(fd, depth, at + D_NAME, reader);
        else if (type === DT_DIR) this.#descend(fd, depth, at + D_NAME, mounts);
        else if (type === DT_UNKNOWN) this.#sort(fd, depth, at + D_NAME, { reader, mounts });
      }
    }
  }

  /** For file systems that do not tell types in listings. */
  #sort(
    fd: number,
    depth: number,
    name: number,
    { reader, mounts }: { readonly reader: AttributeState; readonly mounts: MountNode | null },
  ): void {
    if (this.#memory.statx(fd, name, STATX_AT) < 0) return;
    const type = modeAt(this.#memory.view, STATX_AT) & S_IFMT;
    if (type === S_IFREG) this.#lookAt(fd, depth, name, reader);
    else if (type === S_IFDIR) this.#descend(fd, depth, name, mounts);
  }

  #descend(fd: number, depth: number, name: number, mounts: MountNode | null): void {
    const { bytes } = this.#memory;
    if (bytes[name] === DOT) {
      if (bytes[name + 1] === 0) return;
      if (bytes[name + 1] === DOT && bytes[name + 2] === 0) return;
    }
    this.#names[depth] = name;
    let below: MountNode | null = null;
    if (mounts !== null) {
      below = mounts.child(this.#nameAt(name));
      if (below?.isSkipped === true) return;
    }
    if (depth + 1 >= DEPTH_MAX || this.#entries > this.#batch.budget) {
      this.#result.rest.push(this.#pathOf(depth + 1));
      return;
    }
    const child = this.#memory.openDirectory(fd, name);
    if (child < 0) {
      this.#noteFailure(this.#pathOf(depth + 1));
      return;
    }
    this.#scanDirectory(child, depth + 1, below);
    this.#memory.close(child);
  }

  #lookAt(fd: number, depth: number, name: number, reader: AttributeState): void {
    const memory = this.#memory;
    this.#result.files++;
    if (memory.statx(fd, name, STATX_AT) < 0) {
      this.#names[depth] = name;
      this.#noteFailure(this.#pathOf(depth + 1));
      return;
    }
    const mode = modeAt(memory.view, STATX_AT);
    const length = reader.supported ? this.#readCapability(fd, depth, name, reader) : -1;
    if (length < 0 && (mode & SET_ID_BITS) === 0) return;
    this.#names[depth] = name;
    this.#result.hits.push(this.#hitAt(this.#pathOf(depth + 1), length));
  }

  #hitAt(path: string, length: number): FileHit {
    const { view, bytes } = this.#memory;
    const attribute = length < 0 ? null : bytes.toString("latin1", VALUE_AT, VALUE_AT + length);
    return { path, ...decodeStatx(view, STATX_AT), attribute };
  }

  /** Length of the attribute at VALUE_AT; -1 for none. */
  #readCapability(fd: number, depth: number, name: number, reader: AttributeState): number {
    const memory = this.#memory;
    let length = -1;
    if (this.#readsAt) {
      // The quickest answer to "has it any?", where security modules do not label every file.
      const isWorthwhile = this.#othersInVain < IN_VAIN_MAX;
      if (isWorthwhile && memory.listAttributesAt(fd, name) === 0) return -1;
      length = memory.getCapabilityAt(fd, name, VALUE_AT);
    } else {
      this.#names[depth] = name;
      const path = encodeText(this.#pathOf(depth + 1));
      if (path.length > 4095) return -1;
      memory.bytes.set(path, PATH_AT);
      memory.bytes[PATH_AT + path.length] = 0;
      length = memory.getCapability(PATH_AT, VALUE_AT);
    }
    if (length >= 0) return length;
    const errno = memory.errno();
    if (errno === ENODATA) {
      this.#othersInVain++;
      return -1;
    }
    const code = errorName(errno);
    if (code === "ENOSYS" && this.#readsAt) {
      this.#readsAt = false;
      return this.#readCapability(fd, depth, name, reader);
    }
    // The file system has no such attributes; all files of a directory are on the same.
    if (code === "EOPNOTSUPP") reader.supported = false;
    else {
      this.#names[depth] = name;
      this.#noteFailure(this.#pathOf(depth + 1), code);
    }
    return -1;
  }

  #noteFailure(path: string, code = errorName(this.#memory.errno())): void {
    if (!GONE.includes(code)) this.#result.failures.push({ path, code });
  }

  /** Path of the directory at a depth: each level's name is still in its part of the memory. */
  #pathOf(depth: number): string {
    let path = this.#start;
    for (const name of this.#names.slice(0, depth)) path += `/${this.#nameAt(name)}`;
    return path === "" ? "/" : path;
  }

  #nameAt(at: number): string {
    const NAME_MAX = 256;
    return decodeTerminatedText(this.#memory.bytes.subarray(at, at + NAME_MAX));
  }
}

/** Of one directory. */
class AttributeState {
  supported = true;
}

function emptyResult(): ScanResult {
  return { hits: [], rest: [], failures: [], files: 0, directories: 0, entries: 0 };
}
