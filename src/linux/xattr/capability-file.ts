// SPDX-License-Identifier: Apache-2.0
import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import { SystemError, UnsupportedError } from "../../errors.ts";
import { encodeText } from "../bytes.ts";
import { type FileAttributeCalls, openFileAttributeCalls } from "../ffi/file-attributes.ts";

const ATTRIBUTE = "security.capability";
/** Longest struct vfs_ns_cap_data is 24 bytes. */
const ROOM = 64;

/** What shows that a file was changed. Before Linux 6.13 times alone move on by some milliseconds only. */
const FACTS = [
  "ctimeNs",
  "mtimeNs",
  "size",
  "mode",
  "uid",
] as const satisfies readonly (keyof BigIntStats)[];

/** What a look at an open file showed. */
export interface FileLook {
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  /** Bytes of security.capability; null when there is none. */
  readonly attribute: Uint8Array | null;
}

/**
 * A regular file that is held open, so that what is looked at and what is changed are the same,
 * whatever happens to its name meanwhile.
 */
export class CapabilityFile implements Disposable {
  readonly path: string;
  readonly fd: number;
  readonly #calls: FileAttributeCalls;
  #seen: BigIntStats;

  /**
   * Opens a file, never through a symbolic link as its last name, and through none at all where
   * `noLinks` asks for that. Throws UnsupportedError for what is no regular file, SystemError else.
   */
  static async open(path: string, noLinks: boolean): Promise<CapabilityFile> {
    const calls = await openFileAttributeCalls();
    const before = attempt(`looking at ${path}`, () =>
      lstatSync(encodeText(path), { bigint: true }),
    );
    if (!before.isFile()) throw notRegular(path, before);
    const fd = openFile(path, noLinks, calls);
    try {
      return new CapabilityFile(path, fd, calls, before);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  private constructor(path: string, fd: number, calls: FileAttributeCalls, before: BigIntStats) {
    this.path = path;
    this.fd = fd;
    this.#calls = calls;
    this.#seen = fstatSync(fd, { bigint: true });
    if (!this.#seen.isFile()) throw notRegular(path, this.#seen);
    if (!isSameFile(before, this.#seen)) throw changed(path, "another file is in its place");
  }

  look(): FileLook {
    const { mode, uid, gid, nlink } = this.#seen;
    return {
      mode: Number(mode) & 0o7777,
      uid: Number(uid),
      gid: Number(gid),
      links: Number(nlink),
      attribute: this.#read(),
    };
  }

  /**
   * Sets the attribute, or removes it for null. Refuses when file or name changed since the file
   * was opened; reads back what was written.
   */
  change(attribute: Uint8Array | null): void {
    this.#assertUnchanged();
    const result =
      attribute === null
        ? this.#calls.fremovexattr(this.fd, ATTRIBUTE)
        : this.#calls.fsetxattr(this.fd, ATTRIBUTE, attribute);
    if (result < 0) throw this.#failure(attribute === null ? "removing from" : "setting on");
    const after = this.#read();
    const isDone =
      attribute === null ? after === null : after !== null && Buffer.from(after).equals(attribute);
    if (!isDone) throw changed(this.path, "what was written is not what it has now");
    this.#seen = fstatSync(this.fd, { bigint: true });
    const named = lstatOrNull(this.path);
    if (named === null || !isSameFile(named, this.#seen)) {
      throw changed(this.path, "its name leads to another file by now");
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }

  #assertUnchanged(): void {
    const now = fstatSync(this.fd, { bigint: true });
    const named = lstatOrNull(this.path);
    if (named === null || !isSameFile(named, now)) {
      throw changed(this.path, "another file is in its place");
    }
    if (FACTS.some((fact) => now[fact] !== this.#seen[fact])) {
      throw changed(this.path, "somebody changed it meanwhile");
    }
  }

  #read(): Uint8Array | null {
    const out = new Uint8Array(ROOM);
    const length = this.#calls.fgetxattr(this.fd, ATTRIBUTE, out);
    if (length >= 0) return out.slice(0, length);
    const code = this.#calls.errorName();
    if (code === "ENODATA" || code === "EOPNOTSUPP") return null;
    throw new SystemError(`reading capabilities of ${this.path}`, code);
  }

  #failure(what: string): Error {
    const code = this.#calls.errorName();
    if (code === "EPERM") {
      return new UnsupportedError(`${what} ${this.path}: operation not permitted`, {
        hint: "run as root, or with CAP_SETFCAP; a file marked immutable (lsattr) cannot be changed",
      });
    }
    if (code === "EOPNOTSUPP") {
      return new UnsupportedError(`${what} ${this.path}: its file system holds no capabilities`);
    }
    return new SystemError(`${what} ${this.path}`, code);
  }
}

function openFile(path: string, noLinks: boolean, calls: FileAttributeCalls): number {
  // A program that runs cannot be opened for writing, and need not be: attributes are no content.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  if (!noLinks) return attempt(`opening ${path}`, () => openSync(encodeText(path), flags));
  const name = Buffer.concat([encodeText(path), Buffer.alloc(1)]);
  const fd = calls.openWithoutLinks(name, flags);
  if (fd >= 0) return fd;
  const code = calls.errorName();
  if (code === "ELOOP") {
    throw new UnsupportedError(`opening ${path}: a part of the path is a symbolic link`);
  }
  throw new SystemError(`opening ${path}`, code);
}

/** The same on every architecture that Node runs on. */
const O_CLOEXEC = 0o2000000;

function isSameFile(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

function notRegular(path: string, stat: BigIntStats): UnsupportedError {
  if (stat.isSymbolicLink()) {
    return new UnsupportedError(`${path} is a symbolic link`, {
      hint: "name the file that it leads to",
    });
  }
  return new UnsupportedError(`${path} is no regular file`);
}

function changed(path: string, how: string): UnsupportedError {
  return new UnsupportedError(`${path}: ${how}`, { hint: "look at it again" });
}

function lstatOrNull(path: string): BigIntStats | null {
  return lstatSync(encodeText(path), { bigint: true, throwIfNoEntry: false }) ?? null;
}

function attempt<T>(step: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : null;
    if (code === null) throw error;
    throw new SystemError(step, code);
  }
}
