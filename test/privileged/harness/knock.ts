// SPDX-License-Identifier: Apache-2.0
import { PYTHON } from "./actor.ts";
import { readKernelSockets } from "./kernel.ts";
import type { NetworkNamespace } from "./network-namespace.ts";

/** Whether a TCP connection from the peer's namespace gets through. */
export function connects(from: NetworkNamespace, address: string, port: number): boolean {
  return from.run(PYTHON, "-S", "-c", KNOCK, "stream", address, String(port)) === "connected\n";
}

/** Whether a datagram sent from the peer's namespace lands in the socket with this inode. */
export function delivers(
  from: NetworkNamespace,
  to: NetworkNamespace,
  inode: number,
  address: string,
  port: number,
): boolean {
  const before = readKernelSockets(to).get(inode)?.received ?? 0;
  from.run(PYTHON, "-S", "-c", KNOCK, "dgram", address, String(port));
  return (readKernelSockets(to).get(inode)?.received ?? 0) > before;
}

// veth hands a packet over before send() returns, so nobody needs to wait; only a neighbour that
// is not known yet takes a round trip, which the first connect() or send() makes.
const KNOCK = `
import socket, sys, time
kind = socket.SOCK_STREAM if sys.argv[1] == "stream" else socket.SOCK_DGRAM
host, _, device = sys.argv[2].partition("%")
address = sys.argv[2] if ":" in host else host
found = socket.getaddrinfo(address, int(sys.argv[3]), 0, kind, 0, socket.AI_NUMERICHOST)[0]
knock = socket.socket(found[0], kind)
knock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
if device:
    knock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
knock.settimeout(0.3)
try:
    knock.connect(found[4])
    if kind == socket.SOCK_DGRAM:
        knock.send(b"x")
        time.sleep(0.03)
    print("connected")
except OSError as error:
    print(error)
`;
