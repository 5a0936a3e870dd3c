// SPDX-License-Identifier: Apache-2.0
import type { Libc } from "./ffi/libc.ts";
import { LITTLE_ENDIAN } from "./netlink/message.ts";

const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_REUSEPORT = 15;
const SO_ACCEPTCONN = 30;
const SO_BINDTOIFINDEX = 62;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const POLLOUT = 4;

/** Questions to a socket of another process, through a duplicate of its descriptor. */
export interface BorrowedSocket {
  /** SOCK_ number; null when refused. */
  type(): number | null;
  reuseport(): boolean | null;
  /** True when it listens. */
  acceptsConnections(): boolean | null;
  /** Index of the device that it is bound to, or 0. Requires Linux 5.0. */
  boundDevice(): number | null;
  /** IPV6_V6ONLY; null for IPv4 sockets. */
  v6only(): boolean | null;
  /** The bound address as struct sockaddr; null when refused. */
  localAddress(): DataView | null;
  /** The peer's address; null when it has none. */
  peerAddress(): DataView | null;
  /** True when something could be written at this moment. */
  isWritable(): boolean;
}

/**
 * Borrows sockets of other processes with pidfd_getfd: only asks, never reads, writes or changes
 * them. A borrowed socket lives until it is given back, so that takes microseconds. Keeps one
 * pidfd, of the process asked last: ask in order of pid. Requires Linux 5.6 and ptrace access.
 */
export class SocketBorrower implements Disposable {
  readonly #libc: Libc;
  readonly #asked: AskedSocket;
  #pid = -1;
  #pidfd = -1;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#asked = new AskedSocket(libc);
  }

  [Symbol.dispose](): void {
    this.#release();
  }

  /** What `ask` returns, or null when the descriptor could not be borrowed. */
  borrow<T>(pid: number, fd: number, ask: (socket: BorrowedSocket) => T): T | null {
    if (pid !== this.#pid) {
      this.#release();
      this.#pid = pid;
      this.#pidfd = this.#libc.pidfdOpen(pid);
    }
    if (this.#pidfd < 0) return null;
    const copy = this.#libc.pidfdGetfd(this.#pidfd, fd);
    if (copy < 0) return null;
    try {
      this.#asked.fd = copy;
      return ask(this.#asked);
    } finally {
      this.#libc.close(copy);
    }
  }

  #release(): void {
    if (this.#pidfd >= 0) this.#libc.close(this.#pidfd);
    this.#pidfd = -1;
  }
}

/** The one set of questions, whichever descriptor is borrowed: thousands are asked in a row. */
class AskedSocket implements BorrowedSocket {
  fd = -1;
  readonly #libc: Libc;
  readonly #value = new Uint8Array(4);
  readonly #view = new DataView(this.#value.buffer);

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  type(): number | null {
    return this.#option(SOL_SOCKET, SO_TYPE);
  }

  reuseport(): boolean | null {
    return toBoolean(this.#option(SOL_SOCKET, SO_REUSEPORT));
  }

  acceptsConnections(): boolean | null {
    return toBoolean(this.#option(SOL_SOCKET, SO_ACCEPTCONN));
  }

  boundDevice(): number | null {
    return this.#option(SOL_SOCKET, SO_BINDTOIFINDEX);
  }

  v6only(): boolean | null {
    return toBoolean(this.#option(IPPROTO_IPV6, IPV6_V6ONLY));
  }

  localAddress(): DataView | null {
    return readAddress((out) => this.#libc.getsockname(this.fd, out));
  }

  peerAddress(): DataView | null {
    return readAddress((out) => this.#libc.getpeername(this.fd, out));
  }

  isWritable(): boolean {
    return this.#libc.poll(this.fd, POLLOUT) === 1;
  }

  #option(level: number, name: number): number | null {
    const length = this.#libc.getsockopt(this.fd, level, name, this.#value);
    return length < 4 ? null : this.#view.getUint32(0, LITTLE_ENDIAN);
  }
}

function readAddress(read: (out: Uint8Array) => number): DataView | null {
  const bytes = new Uint8Array(128);
  const length = read(bytes);
  return length < 0 ? null : new DataView(bytes.buffer, 0, Math.min(length, bytes.length));
}

function toBoolean(value: number | null): boolean | null {
  return value === null ? null : value !== 0;
}
