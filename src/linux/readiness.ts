// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { connect } from "node:net";
import { checked, type Libc } from "./ffi/libc.ts";

/**
 * How a daemon shows that it is at work.
 *
 * - `port`: it accepts a TCP connection; without an address, on the loopback interface
 * - `file`: a file is there that was not, or was written
 * - `notify`: it says READY=1 by sd_notify(3)
 * - `delay`: so much time is over
 */
export type Readiness =
  | { readonly kind: "port"; readonly address: string | null; readonly port: number }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "notify" }
  | { readonly kind: "delay"; readonly durationMs: number };

/** Waits for one start of a daemon; to be opened before it. */
export interface ReadinessWatch extends Disposable {
  /** What the daemon's environment has to hold. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it is ready now. To be asked again and again. */
  isReady(): Promise<boolean>;
}

/** Throws a SystemError when the socket for `notify` cannot be made. */
export function watchReadiness(readiness: Readiness, libc: Libc): ReadinessWatch {
  switch (readiness.kind) {
    case "port": {
      const hosts = readiness.address === null ? ["127.0.0.1", "::1"] : [readiness.address];
      return watch(async () => {
        const answers = await Promise.all(hosts.map((host) => accepts(host, readiness.port)));
        return answers.includes(true);
      });
    }
    case "file": {
      const before = changeOf(readiness.path);
      return watch(() => {
        const now = changeOf(readiness.path);
        return Promise.resolve(now !== null && now !== before);
      });
    }
    case "notify":
      return watchNotifications(libc);
    case "delay": {
      const readyAt = performance.now() + readiness.durationMs;
      return watch(() => Promise.resolve(performance.now() >= readyAt));
    }
  }
}

function watch(isReady: () => Promise<boolean>): ReadinessWatch {
  return { environment: {}, isReady, [Symbol.dispose]: () => undefined };
}

const CONNECT_LIMIT_MS = 1000;

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (isAccepted: boolean): void => {
      socket.destroy();
      resolve(isAccepted);
    };
    socket.setTimeout(CONNECT_LIMIT_MS, () => answer(false));
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });
}

/** Changes when the file is made anew or written; null without one. */
function changeOf(path: string): string | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.dev} ${stat.ino} ${stat.ctimeNs}`;
}

const AF_UNIX = 1;
/** SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK. */
const DATAGRAMS = 2 | 0o2000000 | 0o4000;
const MESSAGE_BYTES = 4096;

/** The socket has an abstract name, which no permission keeps another user from. */
function watchNotifications(libc: Libc): ReadinessWatch {
  const name = `capscope-${randomUUID()}`;
  const fd = checked(libc, "making a socket", libc.socket(AF_UNIX, DATAGRAMS, 0));
  // struct sockaddr_un: the family, and a name that begins with a NUL.
  const address = Buffer.concat([Buffer.from([AF_UNIX, 0, 0]), Buffer.from(name)]);
  checked(libc, "binding a socket", libc.bind(fd, address));
  const message = new Uint8Array(MESSAGE_BYTES);
  let isReady = false;
  return {
    environment: { NOTIFY_SOCKET: `@${name}` },
    isReady: () => {
      for (let length; (length = libc.recv(fd, message, 0)) > 0;) {
        const lines = Buffer.from(message.subarray(0, length)).toString("latin1").split("\n");
        isReady ||= lines.includes("READY=1");
      }
      return Promise.resolve(isReady);
    },
    [Symbol.dispose]: () => void libc.close(fd),
  };
}
