// SPDX-License-Identifier: Apache-2.0
import { SystemError } from "../../errors.ts";
import { errorName } from "../errno.ts";
import { checked, type Libc } from "../ffi/libc.ts";
import {
  encodeRequest,
  LITTLE_ENDIAN,
  type Message,
  messagesIn,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "./message.ts";

export const NETLINK_ROUTE = 0;
export const NETLINK_SOCK_DIAG = 4;

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const MSG_TRUNC = 0x20;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const RECEIVE_TIMEOUT_S = 5;
/** The kernel fills at most 32 KiB for one dump datagram (net/netlink/af_netlink.c). */
const BUFFER_LENGTH = 65536;
const ATTEMPTS = 3;

export type DumpOutcome =
  | { readonly kind: "complete" }
  /** The table changed during every attempt; what was visited last may lack or repeat entries. */
  | { readonly kind: "interrupted" }
  | { readonly kind: "refused"; readonly error: string };

/** A netlink socket that listens to the kernel only. */
export class NetlinkSocket implements Disposable {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(BUFFER_LENGTH);
  readonly #view = new DataView(this.#buffer.buffer);
  #sequence = 0;

  /** Throws a SystemError when this kernel or sandbox has no such netlink family. */
  constructor(libc: Libc, protocol: number) {
    this.#libc = libc;
    this.#fd = checked(
      libc,
      `opening netlink family ${protocol}`,
      libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol),
    );
    try {
      this.#configure();
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.#fd);
  }

  /**
   * Sends a dump request and calls `visit` for each answer. `restart` is called before a repeated
   * attempt: what was visited so far is then void.
   */
  dump(
    type: number,
    payload: Uint8Array,
    visit: (view: DataView, message: Message) => void,
    restart: () => void,
  ): DumpOutcome {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) restart();
      const outcome = this.#dumpOnce(type, payload, visit);
      if (outcome.kind !== "interrupted") return outcome;
    }
    return { kind: "interrupted" };
  }

  #configure(): void {
    // Connected to port 0, the kernel refuses what other processes send (netlink_getsockbyportid).
    const kernel = new Uint8Array(12);
    new DataView(kernel.buffer).setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
    checked(this.#libc, "connecting netlink to the kernel", this.#libc.connect(this.#fd, kernel));
    const timeout = new Uint8Array(16);
    timeout[0] = RECEIVE_TIMEOUT_S;
    this.#libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVTIMEO, timeout);
  }

  #dumpOnce(
    type: number,
    payload: Uint8Array,
    visit: (view: DataView, message: Message) => void,
  ): DumpOutcome {
    const sequence = ++this.#sequence;
    const request = encodeRequest(type, NLM_F_REQUEST | NLM_F_DUMP, sequence, payload);
    const sent = this.#libc.send(this.#fd, request);
    if (sent < 0) return { kind: "refused", error: this.#libc.errorName() };
    let interrupted = false;
    for (;;) {
      const length = this.#receive();
      for (const message of messagesIn(this.#view, length)) {
        if (message.sequence !== sequence) continue;
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
        if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
          return this.#outcome(message, interrupted);
        }
        visit(this.#view, message);
      }
    }
  }

  #receive(): number {
    for (;;) {
      const length = this.#libc.recv(this.#fd, this.#buffer, MSG_TRUNC);
      if (length > BUFFER_LENGTH) throw new SystemError("receiving from netlink", "EMSGSIZE");
      if (length >= 0) return length;
      const error = this.#libc.errorName();
      if (error !== "EINTR") throw new SystemError("receiving from netlink", error);
    }
  }

  /** DONE and ERROR both start with a negative errno or zero. */
  #outcome(message: Message, interrupted: boolean): DumpOutcome {
    const hasCode = message.end - message.start >= 4;
    const code = hasCode ? -this.#view.getInt32(message.start, LITTLE_ENDIAN) : 0;
    if (code > 0) return { kind: "refused", error: errorName(code) };
    return interrupted ? { kind: "interrupted" } : { kind: "complete" };
  }
}
