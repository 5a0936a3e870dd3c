// SPDX-License-Identifier: Apache-2.0
import { decodeTerminatedText } from "../bytes.ts";
import type { Libc } from "../ffi/libc.ts";

const NAME_BUFFER = new Uint8Array(64);

/**
 * The protocol of the socket behind a descriptor of any process, as /proc/net/protocols names it
 * ("AF_VSOCK", "XDP"); null when it cannot be told. The name is an extended attribute of every
 * socket (sockfs, net/socket.c), so it needs ptrace read access but touches nothing.
 */
export function readSocketProtocol(libc: Libc, pid: number, fd: number): string | null {
  const path = `/proc/${pid}/fd/${fd}`;
  const length = libc.getxattr(path, "system.sockprotoname", NAME_BUFFER);
  return length <= 0 ? null : decodeTerminatedText(NAME_BUFFER.subarray(0, length));
}
