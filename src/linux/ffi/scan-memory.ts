// SPDX-License-Identifier: Apache-2.0
import { UnsupportedError } from "../../errors.ts";
import { loadKoffi } from "./libc.ts";

/**
 * Memory that stays where it is, with the calls that a walk over many files makes on it. Addresses
 * are offsets into `bytes`: nothing is copied, and no string is made for a file that is not named
 * in the end. Each call returns what C returns, and -1 for a failure, which `errno()` explains.
 */
export interface ScanMemory extends Disposable {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Opens a directory to be listed, never through a symbolic link as its last name. */
  openDirectory(parent: number, name: number): number;
  /** Opens one by a path without any symbolic link. Requires Linux 5.6. */
  openPath(path: number): number;
  close(fd: number): number;
  getdents64(fd: number, out: number, length: number): number;
  /** Fills a struct statx of the entry itself. */
  statx(parent: number, name: number, out: number): number;
  /** Length of the names of all attributes of the entry itself. Requires Linux 6.13. */
  listAttributesAt(parent: number, name: number): number;
  /** Length of security.capability of the entry itself, put at `out`. Requires Linux 6.13. */
  getCapabilityAt(parent: number, name: number, out: number): number;
  /** The same by path; as the kernel has it, without following the last name. */
  getCapability(path: number, out: number): number;
  /** errno of the last call. */
  errno(): number;
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_STATX_DONT_SYNC = 0x4000;
const O_RDONLY_DIRECTORY_CLOEXEC = 0o2200000;
const O_NOFOLLOW = 0o400000;
const STATX_BASIC_STATS = 0x7ff;
const RESOLVE_NO_SYMLINKS = 0x04;
const OPENAT2 = 437;
const GETXATTRAT = 464;
const LISTXATTRAT = 465;
/** struct xattr_args { u64 value; u32 size; u32 flags; }. */
const XATTR_ARGS_SIZE = 16;
const ATTRIBUTE = "security.capability\0";
/** Longest struct vfs_ns_cap_data is 24 bytes. */
export const ATTRIBUTE_ROOM = 64;

/** At the end of the memory: the name of the attribute, and structures that calls take. */
const RESERVED = 128;
const ARGS_AT = 64;
const HOW_AT = 96;
const HOW_SIZE = 24;

type Call = (...values: unknown[]) => number;

/** O_DIRECTORY and O_NOFOLLOW have other bits on arm64 (arch/arm64/include/uapi/asm/fcntl.h). */
function directoryFlags(architecture: string): number {
  return architecture === "arm64" ? 0o2040000 | 0o100000 : O_RDONLY_DIRECTORY_CLOEXEC | O_NOFOLLOW;
}

/** Allocates `size` bytes. Rejects with UnsupportedError when koffi cannot be loaded. */
export async function openScanMemory(size: number, architecture: string): Promise<ScanMemory> {
  const koffi = await loadKoffi();
  const library = koffi.load(null);
  const bind: Bind = (prototype) => library.func(prototype) as Call;
  const free = bind("void free(uintptr_t)");
  const base = bind("uintptr_t malloc(size_t)")(size + RESERVED);
  if (base === 0) throw new UnsupportedError("out of memory");
  const buffer = koffi.view(base, size + RESERVED);
  const place = { base, size, view: new DataView(buffer), flags: directoryFlags(architecture) };
  const bytes = Buffer.from(buffer);
  bytes.write(ATTRIBUTE, size, "latin1");
  return {
    bytes,
    view: place.view,
    ...bindDirectoryCalls(bind, place),
    ...bindFileCalls(bind, place),
    errno: () => koffi.errno(),
    [Symbol.dispose]: () => void free(base),
  };
}

type Bind = (prototype: string) => Call;

interface Place {
  readonly base: number;
  /** Where the reserved part begins. */
  readonly size: number;
  readonly view: DataView;
  readonly flags: number;
}

function bindDirectoryCalls(
  bind: Bind,
  { base, size, view, flags }: Place,
): Pick<ScanMemory, "openDirectory" | "openPath" | "close" | "getdents64"> {
  // struct open_how { u64 flags, mode, resolve; }.
  view.setBigUint64(size + HOW_AT, BigInt(flags), true);
  view.setBigUint64(size + HOW_AT + 8, 0n, true);
  view.setBigUint64(size + HOW_AT + 16, BigInt(RESOLVE_NO_SYMLINKS), true);
  const how = base + size + HOW_AT;
  const close = bind("int close(int)");
  const openat = bind("int openat(int, uintptr_t, int)");
  const openat2 = bind("long syscall(long, int, uintptr_t, uintptr_t, size_t)");
  const getdents64 = bind("long getdents64(int, uintptr_t, size_t)");
  return {
    openDirectory: (parent, at) => openat(parent, base + at, flags),
    openPath: (at) => openat2(OPENAT2, AT_FDCWD, base + at, how, HOW_SIZE),
    close: (fd) => close(fd),
    getdents64: (fd, out, length) => getdents64(fd, base + out, length),
  };
}

function bindFileCalls(
  bind: Bind,
  { base, size, view }: Place,
): Pick<ScanMemory, "statx" | "listAttributesAt" | "getCapabilityAt" | "getCapability"> {
  const statx = bind("int statx(int, uintptr_t, int, unsigned int, uintptr_t)");
  const getxattrat = bind(
    "long syscall(long, int, uintptr_t, unsigned int, uintptr_t, uintptr_t, size_t)",
  );
  const listxattrat = bind("long syscall(long, int, uintptr_t, unsigned int, uintptr_t, size_t)");
  const lgetxattr = bind("long lgetxattr(uintptr_t, uintptr_t, uintptr_t, size_t)");
  const [name, args] = [base + size, base + size + ARGS_AT];
  const statxFlags = AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC;
  view.setUint32(size + ARGS_AT + 8, ATTRIBUTE_ROOM, true);
  view.setUint32(size + ARGS_AT + 12, 0, true);
  let argsOut = -1;
  return {
    statx: (parent, at, out) => statx(parent, base + at, statxFlags, STATX_BASIC_STATS, base + out),
    listAttributesAt: (parent, at) =>
      listxattrat(LISTXATTRAT, parent, base + at, AT_SYMLINK_NOFOLLOW, 0, 0),
    getCapabilityAt(parent, at, out) {
      if (out !== argsOut) {
        argsOut = out;
        view.setBigUint64(size + ARGS_AT, BigInt(base + out), true);
      }
      const flags = AT_SYMLINK_NOFOLLOW;
      return getxattrat(GETXATTRAT, parent, base + at, flags, name, args, XATTR_ARGS_SIZE);
    },
    getCapability: (at, out) => lgetxattr(base + at, name, base + out, ATTRIBUTE_ROOM),
  };
}
