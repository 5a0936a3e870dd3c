// SPDX-License-Identifier: Apache-2.0
import { readlinkSync } from "node:fs";
import { undoLater } from "./cleanup.ts";
import { readLine } from "./read-line.ts";

/** A network namespace of the test's own, with `lo` up. */
export interface NetworkNamespace {
  /** Inode number, as in `net:[4026532000]`. */
  readonly inode: number;
  /** Path that setns(2), nsenter and `ip link set netns` take. */
  readonly path: string;
  /** Process that keeps the namespace; `ip link set DEV netns PID` wants it. */
  readonly holder: number;
  /** Command line that runs `command` inside. */
  readonly inside: (command: readonly string[]) => string[];
  /** Runs a command inside, returns its stdout; throws with its stderr when it fails. */
  readonly run: (...command: string[]) => string;
  /** Runs each line as `ip LINE` inside; throws when one fails. */
  readonly ip: (...lines: string[]) => void;
  readonly close: () => void;
}

/**
 * Opens a namespace that a process of ours holds. It has no name in /run/netns, so nothing is left
 * even when the test run is killed: the holder ends with its standard input, the namespace with it.
 */
export async function openNetworkNamespace(): Promise<NetworkNamespace> {
  const holder = Bun.spawn(["unshare", "--net", "sh", "-c", HOLD], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const close = undoLater(() => holder.kill("SIGKILL"));
  if ((await readLine(holder.stdout)) !== "ready") throw new Error("no network namespace");
  const path = `/proc/${holder.pid}/ns/net`;
  const inside = (command: readonly string[]): string[] => [
    "nsenter",
    `--net=${path}`,
    "--",
    ...command,
  ];
  return {
    inode: Number(/\d+/.exec(readlinkSync(path))?.[0]),
    path,
    holder: holder.pid,
    inside,
    run: (...command) => run(inside(command)),
    ip: (...lines) => void run(inside(["ip", "-batch", "-"]), lines.join("\n") + "\n"),
    close,
  };
}

// Without duplicate address detection IPv6 addresses work at once; without the limit each refused
// datagram is answered, so that a test can tell "refused" from "lost".
const HOLD = `ip link set lo up &&
  sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0 \
    net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 &&
  echo ready && exec cat`;

/** Runs a command to its end; throws with its stderr when it fails. */
export function run(command: readonly string[], input?: string): string {
  const result = Bun.spawnSync([...command], {
    stdin: input === undefined ? "ignore" : Buffer.from(input, "latin1"),
    timeout: 20_000,
  });
  if (result.exitCode !== 0) {
    throw new Error(`${command.join(" ")}: ${result.stderr.toString() || result.exitCode}`);
  }
  return result.stdout.toString();
}

/** A veth pair between two namespaces, both ends up; addresses are given as `ip address add` args. */
export function connect(
  here: NetworkNamespace,
  name: string,
  there: NetworkNamespace,
  peerName: string,
): void {
  here.ip(
    `link add ${name} type veth peer name ${peerName} netns ${there.holder}`,
    `link set ${name} up`,
  );
  there.ip(`link set ${peerName} up`);
}
