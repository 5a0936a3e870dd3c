// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { Duplex } from "node:stream";

/** How a command ended. */
export interface CommandEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A command that waits, as a process of its own, for leave to become what it is. */
export interface GatedCommand {
  readonly pid: number;
  readonly ended: Promise<CommandEnd>;
  /** Lets it go; the process keeps its pid. */
  open(): void;
  /** Sends it SIGTERM. */
  terminate(): void;
  /** Lets this process end while the command lives on; `ended` may then never settle. */
  detach(): void;
  /** Ends a command that was never let go. */
  abandon(): void;
}

const GATE_DESCRIPTOR = 3;
/** Says on descriptor 3 that it is a shell by now, waits there for a line, becomes the command. */
const GATE_SCRIPT = `echo >&${GATE_DESCRIPTOR}; read -r _ <&${GATE_DESCRIPTOR} || exit; exec ${GATE_DESCRIPTOR}<&-; exec "$@"`;

/**
 * Starts a shell that will become the command, with this process's input, output and terminal. So
 * it can be followed before its first instruction. 127 and 126 are the shell's: not found, not
 * executable.
 */
export function startGatedCommand(argv: readonly string[]): Promise<GatedCommand> {
  const child = spawn("/bin/sh", ["-c", GATE_SCRIPT, "sh", ...argv], {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
  });
  const ended = new Promise<CommandEnd>((resolve) => {
    child.on("exit", (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const gate = gateOf(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    // A process exists before it has become a shell: that exec would count as the command's.
    gate.once("data", () => {
      if (child.pid === undefined) return;
      resolve({
        pid: child.pid,
        ended,
        open: () => gate.end("\n"),
        detach: () => {
          gate.destroy();
          child.unref();
        },
        terminate: () => void child.kill("SIGTERM"),
        abandon: () => gate.end(),
      });
    });
  });
}

/** Node makes a pair of connected sockets of a "pipe", so that both ends can write. */
function gateOf(child: ChildProcess): Duplex {
  const gate = child.stdio[GATE_DESCRIPTOR];
  if (gate instanceof Duplex) return gate;
  throw new Error("a spawned process has a pipe for each that was asked for");
}
