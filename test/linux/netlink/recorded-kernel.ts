// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:os";
import type { Libc } from "../../../src/linux/ffi/libc.ts";

const SEQUENCE_AT = 8;

/** A C library whose netlink socket plays recorded answers. */
export interface RecordedKernel {
  readonly libc: Libc;
  /** What was sent, in order. */
  readonly requests: readonly Buffer[];
  /** Descriptors that are open. */
  readonly open: ReadonlySet<number>;
}

/** Each dump gets the next answer: its datagrams, numbered like the request they answer. */
export function recordedKernel(
  answers: readonly (readonly Uint8Array[])[],
  failures: { readonly socket?: string; readonly connect?: string; readonly recv?: string[] } = {},
): RecordedKernel {
  const requests: Buffer[] = [];
  const open = new Set<number>();
  const receiveFailures = [...(failures.recv ?? [])];
  let pending: Buffer[] = [];
  let errorName = "";
  const fail = (name: string): number => {
    errorName = name;
    return -1;
  };
  const libc: Libc = {
    ...UNUSED,
    socket: () => {
      if (failures.socket !== undefined) return fail(failures.socket);
      open.add(3);
      return 3;
    },
    close: (fd) => (open.delete(fd) ? 0 : fail("EBADF")),
    connect: () => (failures.connect === undefined ? 0 : fail(failures.connect)),
    setsockopt: () => 0,
    send: (_fd, bytes) => {
      pending = (answers[requests.length] ?? []).map((datagram) => numbered(datagram, bytes));
      requests.push(Buffer.from(bytes));
      return bytes.length;
    },
    recv: (_fd, out) => {
      const failure = receiveFailures.shift();
      if (failure !== undefined) return fail(failure);
      const datagram = pending.shift();
      if (datagram === undefined) return fail("EAGAIN");
      out.set(datagram);
      return datagram.length;
    },
    errorName: () => errorName,
  };
  return { libc, requests, open };
}

/** A copy in which every message whose number is not 0 has the number of the request. */
function numbered(datagram: Uint8Array, request: Uint8Array): Buffer {
  const copy = Buffer.from(datagram);
  const sequence = Buffer.from(request).readUInt32LE(SEQUENCE_AT);
  for (let at = 0; at + 16 <= copy.length;) {
    if (copy.readUInt32LE(at + SEQUENCE_AT) !== 0) copy.writeUInt32LE(sequence, at + SEQUENCE_AT);
    at += (copy.readUInt32LE(at) + 3) & ~3;
  }
  return copy;
}

/** A message that ends a dump: type DONE or ERROR with a negative errno. */
export function endOfDump(type: number, errno: keyof typeof constants.errno | null): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt32LE(1, SEQUENCE_AT);
  bytes.writeInt32LE(errno === null ? 0 : -constants.errno[errno], 16);
  return bytes;
}

function unused(): never {
  throw new Error("netlink does not call this");
}

const UNUSED: Libc = {
  open: unused,
  close: unused,
  readlinkat: unused,
  getdents64: unused,
  getxattr: unused,
  socket: unused,
  bind: unused,
  connect: unused,
  send: unused,
  recv: unused,
  setsockopt: unused,
  getsockopt: unused,
  getsockname: unused,
  getpeername: unused,
  poll: unused,
  ioctl: unused,
  pidfdOpen: unused,
  pidfdOpenThread: unused,
  pidfdSendSignal: unused,
  kill: unused,
  pidfdGetfd: unused,
  compareDescriptorTables: unused,
  getSecurebits: unused,
  mapFile: unused,
  memoryFile: unused,
  readBootClock: unused,
  errorName: unused,
};
