// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { constants } from "node:os";
import { Duplex, type Readable } from "node:stream";
import { SystemError, UnsupportedError } from "../errors.ts";
import { type GateDescriptors, type GateProcess, gateProcess } from "./gate-script.ts";
import type { LaunchOptions } from "./launch-options.ts";

/** How a command ended. */
export interface CommandEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** As shells have it: 128 + N for signal N. */
export function exitStatus({ exitCode, signal }: CommandEnd): number {
  return signal === null ? (exitCode ?? 0) : 128 + constants.signals[signal];
}

/** A command that waits, as a process of its own, for leave to become what it is. */
export interface GatedCommand {
  readonly pid: number;
  readonly ended: Promise<CommandEnd>;
  /** Lets it go; the process keeps its pid. */
  open(): void;
  /** Sends it SIGTERM, or another signal that asks it to end. */
  terminate(signal?: "SIGTERM" | "SIGHUP"): void;
  /** Lets this process end while the command lives on; `ended` may then never settle. */
  detach(): void;
  /** Ends a command that was never let go. */
  abandon(): void;
}

/** More words of a failing set-up are not kept. */
const COMPLAINT_LIMIT = 4096;

/**
 * Starts a shell that will become the command, with this process's input, output and terminal. So
 * it can be followed before its first instruction. The shell itself runs with the options, so that
 * what setting them up takes is over by then. 127 and 126 are the shell's: not found, not
 * executable. Throws UnsupportedError with the reason when the options cannot be set up, and
 * SystemError when no shell can be started.
 */
export async function startGatedCommand(
  argv: readonly string[],
  options: LaunchOptions = {},
): Promise<GatedCommand> {
  const shell = gateProcess(argv, options);
  const child = spawnGate(shell, options);
  const ended = new Promise<CommandEnd>((resolve) => {
    child.on("exit", (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const gate = gateOf(child, shell.descriptors);
  // Written to a process that just died; its end is reported by `ended`.
  gate.on("error", () => undefined);
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(startError(error)));
    rejectOnEarlyEnd(child, ended, reject);
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
        terminate: (signal = "SIGTERM") => void child.kill(signal),
        abandon: () => gate.end(),
      });
    });
  });
}

function spawnGate(
  { words, environment, descriptors }: GateProcess,
  { streams = [0, 1, 2], ownSession = false }: LaunchOptions,
): ChildProcess {
  const [program = "", ...rest] = words;
  try {
    return spawn(program, rest, {
      stdio: stdioOf(descriptors, streams),
      detached: ownSession,
      ...(environment === null ? {} : { env: { ...environment } }),
    });
  } catch (error) {
    // Some, such as E2BIG, are thrown; others come as an event.
    throw startError(error);
  }
}

/** Above standard error, what is ignored stays closed. */
function stdioOf(
  { gate, stderr, inherited }: GateDescriptors,
  [input, output, errors]: readonly [number, number, number],
): StdioOptions {
  const length = Math.max(gate, stderr, ...inherited) + 1;
  return Array.from({ length }, (_, fd) => {
    if (fd === 2 || fd === gate) return "pipe";
    if (fd === stderr) return errors;
    if (fd < 2) return fd === 0 ? input : output;
    return inherited.includes(fd) ? fd : "ignore";
  });
}

/** What is no system error (a NUL in an argument) stays as it is. */
function startError(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^E[A-Z0-9]+$/.test(code) && !code.startsWith("ERR_")
    ? new SystemError("starting the command", code)
    : error;
}

/** Has no effect any more once the shell has said that it is there. */
function rejectOnEarlyEnd(
  child: ChildProcess,
  ended: Promise<CommandEnd>,
  reject: (error: Error) => void,
): void {
  const complaint = readComplaint(child.stderr);
  void ended.then(async ({ exitCode, signal }) => {
    const reason = (await complaint) || (signal ?? `status ${exitCode}`);
    reject(new UnsupportedError(`starting the command: ${reason}`));
  });
}

async function readComplaint(stream: Readable | null): Promise<string> {
  if (stream === null) return "";
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    if (text.length < COMPLAINT_LIMIT) text += chunk;
  });
  await new Promise((resolve) => {
    stream.once("close", resolve);
    stream.once("error", resolve);
  });
  return text.trim().split("\n", 1)[0] ?? "";
}

/** Node makes a pair of connected sockets of a "pipe", so that both ends can write. */
function gateOf({ stdio }: ChildProcess, descriptors: GateDescriptors): Duplex {
  const gate = [...stdio][descriptors.gate];
  if (gate instanceof Duplex) return gate;
  throw new Error("a spawned process has a pipe for each that was asked for");
}
