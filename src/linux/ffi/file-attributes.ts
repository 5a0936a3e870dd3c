// SPDX-License-Identifier: Apache-2.0
import { errorName } from "../errno.ts";
import { loadKoffi } from "./libc.ts";

/**
 * Calls on the extended attributes of an open file. Each returns what C returns: -1 for a failure,
 * which `errorName()` explains.
 */
export interface FileAttributeCalls {
  fgetxattr(fd: number, name: string, out: Uint8Array): number;
  fsetxattr(fd: number, name: string, value: Uint8Array): number;
  fremovexattr(fd: number, name: string): number;
  /** Opens for reading by a path none of whose parts is a symbolic link. Requires Linux 5.6. */
  openWithoutLinks(path: Uint8Array, flags: number): number;
  errorName(): string;
}

type Call = (...values: unknown[]) => number;

const OPENAT2 = 437;
const AT_FDCWD = -100;
const RESOLVE_NO_SYMLINKS = 0x04n;

/** Binds the calls. Rejects with UnsupportedError when koffi cannot be loaded. */
export async function openFileAttributeCalls(): Promise<FileAttributeCalls> {
  const koffi = await loadKoffi();
  const library = koffi.load(null);
  const bind = (prototype: string): Call => library.func(prototype) as Call;
  const fgetxattr = bind("long fgetxattr(int, const char *, uint8_t *, size_t)");
  const fsetxattr = bind("int fsetxattr(int, const char *, const uint8_t *, size_t, int)");
  const fremovexattr = bind("int fremovexattr(int, const char *)");
  const openat2 = bind("long syscall(long, int, const uint8_t *, const uint8_t *, size_t)");
  return {
    fgetxattr: (fd, name, out) => fgetxattr(fd, name, out, out.length),
    fsetxattr: (fd, name, value) => fsetxattr(fd, name, value, value.length, 0),
    fremovexattr: (fd, name) => fremovexattr(fd, name),
    openWithoutLinks(path, flags) {
      // struct open_how { u64 flags, mode, resolve; }.
      const how = new BigUint64Array([BigInt(flags), 0n, RESOLVE_NO_SYMLINKS]);
      return openat2(OPENAT2, AT_FDCWD, path, new Uint8Array(how.buffer), how.byteLength);
    },
    errorName: () => errorName(koffi.errno()),
  };
}
