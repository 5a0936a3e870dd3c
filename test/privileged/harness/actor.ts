// SPDX-License-Identifier: Apache-2.0
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { undoLater } from "./cleanup.ts";
import type { NetworkNamespace } from "./network-namespace.ts";
import { readLine } from "./read-line.ts";
import { openTemporaryDirectory } from "./temporary-directory.ts";

/** One socket to open; actors/sockets.py carries it out. */
export interface SocketSpec {
  readonly family: "inet" | "inet6" | "packet" | "unix" | "vsock" | "xdp";
  readonly type: "stream" | "dgram" | "raw" | "seqpacket" | "dccp";
  readonly protocol?: number;
  /** [address, port]; [device, ethertype] for packet; [cid, port] for vsock; path for unix. */
  readonly bind?: readonly [string | number, number] | string;
  readonly connect?: readonly [string | number, number] | string;
  readonly sendTo?: readonly [string, number];
  /** SCTP only: more addresses of the same socket. */
  readonly alsoBind?: readonly (readonly [string, number])[];
  readonly device?: string;
  readonly v6only?: boolean;
  readonly reusePort?: boolean;
  readonly reuseAddress?: boolean;
  readonly freeBind?: boolean;
  readonly join?: { readonly group: string; readonly interface: string };
  readonly listen?: boolean;
}

/** Something that the actor does to itself; actors/steps.py has the list. */
export interface Step {
  readonly do: string;
  readonly with?: unknown;
}

export interface Plan {
  readonly sockets?: readonly SocketSpec[];
  readonly holder?:
    | "process"
    | "workers"
    | "in-flight"
    | "thread-table"
    | "orphaned-thread"
    | "thread-namespace";
  readonly workers?: number;
  readonly steps?: readonly Step[];
  readonly threadSteps?: readonly Step[];
}

export interface ActorOptions {
  /** Command that starts the interpreter, such as `["unshare", "--user", "--map-root-user"]`. */
  readonly prefix?: readonly string[];
  readonly python?: string;
}

/** A running process whose sockets the tests look for. */
export interface Actor {
  readonly pid: number;
  readonly tid: number | null;
  readonly workers: readonly number[];
  /** Inode of each socket, in the plan's order, as fstat(2) gives it. */
  readonly inodes: readonly number[];
  readonly ports: readonly (number | undefined)[];
  readonly stop: () => void;
}

// A path, not a name: shims on PATH may not be executable by other users.
export const PYTHON = "/usr/bin/python3";
const ACTORS = fileURLToPath(new URL("../actors", import.meta.url));

/** Starts an actor inside the namespace and waits until its sockets are open. */
export async function startActor(
  namespace: NetworkNamespace,
  plan: Plan,
  { prefix = [], python = PYTHON }: ActorOptions = {},
): Promise<Actor> {
  // Another user may not be allowed to enter the directory that the tests are in.
  const copy = prefix.length > 0 ? openTemporaryDirectory() : null;
  if (copy !== null) cpSync(ACTORS, copy.path, { recursive: true });
  const script = join(copy?.path ?? ACTORS, "actor.py");
  const command = [...prefix, python, "-B", "-S", script, JSON.stringify(plan)];
  const child = Bun.spawn(namespace.inside(command), {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", PYTHONHOME: "/usr" },
  });
  const stop = undoLater(() => child.kill("SIGKILL"));
  const line = await readLine(child.stdout);
  copy?.close();
  if (line === "") throw new Error(`actor did not start: ${JSON.stringify(plan)}`);
  const ready = JSON.parse(line) as {
    pid: number;
    tid?: number;
    workers?: number[];
    sockets: { inode: number; port?: number }[];
  };
  return {
    pid: ready.pid,
    tid: ready.tid ?? null,
    workers: ready.workers ?? [],
    inodes: ready.sockets.map((socket) => socket.inode),
    ports: ready.sockets.map((socket) => socket.port),
    stop,
  };
}
