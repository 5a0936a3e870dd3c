// SPDX-License-Identifier: Apache-2.0
import { arch } from "node:os";
import { SystemError, UnsupportedError } from "../../errors.ts";
import { errorName } from "../errno.ts";

/**
 * The C library calls that Node has no API for. Each returns what C returns (-1 on failure, then
 * `errorName()` says why, until the next call). Buffers are passed as pointers: nothing is copied.
 */
export interface Libc {
  open(path: string, flags: number): number;
  close(fd: number): number;
  /** `name` ends with a NUL byte. */
  readlinkat(directory: number, name: Uint8Array, out: Uint8Array): number;
  getdents64(fd: number, out: Uint8Array): number;
  getxattr(path: string, name: string, out: Uint8Array): number;
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array): number;
  connect(fd: number, address: Uint8Array): number;
  send(fd: number, bytes: Uint8Array): number;
  recv(fd: number, out: Uint8Array, flags: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array): number;
  /** Returns the length of the value. */
  getsockopt(fd: number, level: number, option: number, out: Uint8Array): number;
  /** Returns the length of the address. */
  getsockname(fd: number, out: Uint8Array): number;
  /** Returns the length of the address. */
  getpeername(fd: number, out: Uint8Array): number;
  /** Waits for nothing: 1 when one of `events` is there, else 0. `events` are POLL bits. */
  poll(fd: number, events: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  /** Requires Linux 5.3. */
  pidfdOpen(pid: number): number;
  /** Of one thread, whichever of its process. Requires Linux 6.9; EINVAL before. */
  pidfdOpenThread(tid: number): number;
  /** Sends a signal to a process. Requires Linux 5.1. */
  pidfdSendSignal(pidfd: number, signal: number): number;
  /** Sends a signal to a process, or to a process group by its negative number. */
  kill(pid: number, signal: number): number;
  /** Requires Linux 5.6 and PTRACE_MODE_ATTACH_REALCREDS on the process. */
  pidfdGetfd(pidfd: number, fd: number): number;
  /**
   * 0 when two tasks share their descriptor table, above 0 when not, -1 when it cannot be told.
   * Requires CONFIG_KCMP and ptrace access to both.
   */
  compareDescriptorTables(tid: number, otherTid: number): number;
  /** PR_GET_SECUREBITS of the calling thread. */
  getSecurebits(): number;
  /** The first bytes of a file as they are in memory, for good; null where it cannot be mapped. */
  mapFile(fd: number, length: number): Uint8Array | null;
  /** A file without a name, which is gone when it is closed. Requires Linux 3.17. */
  memoryFile(label: string): number;
  /** Nanoseconds of the boot clock. */
  readBootClock(): number;
  /** Name of the last call's errno, such as "EACCES". */
  errorName(): string;
}

type Call = (...values: unknown[]) => number;

/** System call numbers: the newer ones are the same on every architecture. */
const PIDFD_SEND_SIGNAL = 424;
const PIDFD_OPEN = 434;
const PIDFD_GETFD = 438;
const PIDFD_THREAD = 0o200;
const CLOCK_BOOTTIME = 7;
const KCMP = arch() === "x64" ? 312 : 272;
const KCMP_FILES = 2;
const PR_GET_SECUREBITS = 27;

let opened: Promise<Libc> | undefined;

/** Binds the C library once. Rejects with UnsupportedError when koffi cannot be loaded. */
export function openLibc(): Promise<Libc> {
  opened ??= bindLibc();
  return opened;
}

/** Throws a SystemError that names `step` when a call failed. */
export function checked(libc: Libc, step: string, result: number): number {
  if (result < 0) throw new SystemError(step, libc.errorName());
  return result;
}

async function bindLibc(): Promise<Libc> {
  const koffi = await loadKoffi();
  const library = koffi.load(null);
  const bind: Bind = (prototype) => library.func(prototype) as Call;
  return {
    ...bindFileCalls(bind),
    ...bindSocketCalls(bind),
    ...bindProcessCalls(bind),
    ...bindMemoryCalls(koffi, bind),
    readBootClock: bootClock(bind("int clock_gettime(int, uint8_t *)")),
    errorName: () => errorName(koffi.errno()),
  };
}

type Bind = (prototype: string) => Call;

function bindFileCalls(
  bind: Bind,
): Pick<Libc, "open" | "close" | "readlinkat" | "getdents64" | "getxattr" | "ioctl"> {
  const open = bind("int open(const char *, int)");
  const readlinkat = bind("long readlinkat(int, const uint8_t *, uint8_t *, size_t)");
  const getdents64 = bind("long getdents64(int, uint8_t *, size_t)");
  const getxattr = bind("long getxattr(const char *, const char *, uint8_t *, size_t)");
  return {
    open: (path, flags) => open(path, flags),
    close: bind("int close(int)"),
    readlinkat: (directory, name, out) => readlinkat(directory, name, out, out.length),
    getdents64: (fd, out) => getdents64(fd, out, out.length),
    getxattr: (path, name, out) => getxattr(path, name, out, out.length),
    ioctl: bind("int ioctl(int, unsigned long, uint8_t *)"),
  };
}

type SocketCalls =
  | "socket"
  | "bind"
  | "connect"
  | "send"
  | "recv"
  | "setsockopt"
  | "getsockopt"
  | "getsockname"
  | "getpeername"
  | "poll";

function bindSocketCalls(bind: Bind): Pick<Libc, SocketCalls> {
  const bindSocket = bind("int bind(int, const uint8_t *, uint32_t)");
  const connect = bind("int connect(int, const uint8_t *, uint32_t)");
  const send = bind("long send(int, const uint8_t *, size_t, int)");
  const recv = bind("long recv(int, uint8_t *, size_t, int)");
  const setsockopt = bind("int setsockopt(int, int, int, const uint8_t *, uint32_t)");
  const getsockopt = bind("int getsockopt(int, int, int, uint8_t *, uint32_t *)");
  const getsockname = bind("int getsockname(int, uint8_t *, uint32_t *)");
  const getpeername = bind("int getpeername(int, uint8_t *, uint32_t *)");
  const poll = bind("int poll(uint8_t *, unsigned long, int)");
  const length = new Uint32Array(1);
  return {
    socket: bind("int socket(int, int, int)"),
    bind: (fd, address) => bindSocket(fd, address, address.length),
    connect: (fd, address) => connect(fd, address, address.length),
    send: (fd, bytes) => send(fd, bytes, bytes.length, 0),
    recv: (fd, out, flags) => recv(fd, out, out.length, flags),
    setsockopt: (fd, level, option, value) => setsockopt(fd, level, option, value, value.length),
    getsockopt(fd, level, option, out) {
      length[0] = out.length;
      return getsockopt(fd, level, option, out, length) < 0 ? -1 : (length[0] ?? 0);
    },
    getsockname(fd, out) {
      length[0] = out.length;
      return getsockname(fd, out, length) < 0 ? -1 : (length[0] ?? 0);
    },
    getpeername(fd, out) {
      length[0] = out.length;
      return getpeername(fd, out, length) < 0 ? -1 : (length[0] ?? 0);
    },
    poll(fd, events) {
      // struct pollfd: int fd, short events, short revents.
      const pollfd = new Int32Array([fd, events]);
      return poll(new Uint8Array(pollfd.buffer), 1, 0);
    },
  };
}

type ProcessCalls =
  | "pidfdOpen"
  | "pidfdOpenThread"
  | "pidfdSendSignal"
  | "kill"
  | "pidfdGetfd"
  | "compareDescriptorTables"
  | "getSecurebits";

function bindProcessCalls(bind: Bind): Pick<Libc, ProcessCalls> {
  const pidfdOpen = bind("long syscall(long, int, int)");
  const pidfdGetfd = bind("long syscall(long, int, int, int)");
  const sendSignal = bind("long syscall(long, int, int, void *, unsigned int)");
  const prctl = bind("int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)");
  const kcmp = bind("long syscall(long, int, int, int, unsigned long, unsigned long)");
  return {
    pidfdOpen: (pid) => pidfdOpen(PIDFD_OPEN, pid, 0),
    pidfdOpenThread: (tid) => pidfdOpen(PIDFD_OPEN, tid, PIDFD_THREAD),
    pidfdSendSignal: (pidfd, signal) => sendSignal(PIDFD_SEND_SIGNAL, pidfd, signal, null, 0),
    kill: bind("int kill(int, int)"),
    pidfdGetfd: (pidfd, fd) => pidfdGetfd(PIDFD_GETFD, pidfd, fd, 0),
    getSecurebits: () => prctl(PR_GET_SECUREBITS, 0, 0, 0, 0),
    compareDescriptorTables: (tid, other) => kcmp(KCMP, tid, other, KCMP_FILES, 0, 0),
  };
}

const PROT_READ = 1;
const MAP_PRIVATE = 2;
const MFD_CLOEXEC = 1;
/** Linux 6.3: without it, a system may refuse the file, or complain of it. */
const MFD_NOEXEC_SEAL = 8;

function bindMemoryCalls(koffi: Koffi, bind: Bind): Pick<Libc, "mapFile" | "memoryFile"> {
  const mmap = bind("void *mmap(void *, size_t, int, int, int, long)") as (
    ...values: unknown[]
  ) => unknown;
  const memfdCreate = bind("int memfd_create(const char *, unsigned int)");
  return {
    mapFile(fd, length) {
      const address = mmap(null, length, PROT_READ, MAP_PRIVATE, fd, 0);
      const isMapped = koffi.address(address) !== MAP_FAILED;
      return isMapped ? new Uint8Array(koffi.view(address, length)) : null;
    },
    memoryFile(label) {
      const fd = memfdCreate(label, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
      return fd < 0 ? memfdCreate(label, MFD_CLOEXEC) : fd;
    },
  };
}

const MAP_FAILED = 2n ** 64n - 1n;

type Koffi = Awaited<ReturnType<typeof loadKoffi>>;

function bootClock(clockGettime: Call): () => number {
  return () => {
    // struct timespec: seconds, nanoseconds.
    const time = new BigInt64Array(2);
    clockGettime(CLOCK_BOOTTIME, new Uint8Array(time.buffer));
    return Number(time[0]) * 1e9 + Number(time[1]);
  };
}

/** Rejects with UnsupportedError when koffi cannot be loaded. */
export async function loadKoffi(): Promise<(typeof import("koffi"))["default"]> {
  try {
    const module = await import("koffi");
    return module.default;
  } catch (cause) {
    throw new UnsupportedError("loading the foreign function interface (koffi) failed", {
      hint: "the temporary directory must allow executable files: set TMPDIR to one that does",
      cause,
    });
  }
}
