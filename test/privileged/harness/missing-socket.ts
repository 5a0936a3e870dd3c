// SPDX-License-Identifier: Apache-2.0
import { PYTHON } from "./actor.ts";

/** Families and protocols that a kernel may have been built without. */
const OPTIONAL = {
  sctp: ["AF_INET", 2, 1, 132],
  dccp: ["AF_INET", 2, 6, 33],
  udplite: ["AF_INET", 2, 2, 136],
  mptcp: ["AF_INET", 2, 1, 262],
  vsock: ["AF_VSOCK", 40, 1, 0],
  xdp: ["AF_XDP", 44, 3, 0],
} as const;

/** Why this kernel cannot make such a socket, with its own error; null when it can. */
export function missingSocket(name: keyof typeof OPTIONAL): string | null {
  const [family, ...numbers] = OPTIONAL[name];
  const script = `import socket; socket.socket(${numbers.join(", ")})`;
  const result = Bun.spawnSync([PYTHON, "-S", "-c", script]);
  if (result.exitCode === 0) return null;
  const error = result.stderr.toString().trim().split("\n").at(-1);
  return `no ${name} sockets (${family}) here: ${error}`;
}
