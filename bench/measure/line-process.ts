// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** A child process that is talked to in lines and ends when its stdin does. */
export interface LineProcess extends AsyncDisposable {
  readonly pid: number;
  writeLine(line: string): void;
  /** The next line of its stdout; rejects when it ends first, is too slow, or the run is aborted. */
  readLine(timeoutMs: number): Promise<string>;
}

/** Starts `argv` with pipes on stdin and stdout; disposing of it waits until it is gone. */
export async function openLineProcess(
  argv: readonly string[],
  abort: AbortSignal,
): Promise<LineProcess> {
  abort.throwIfAborted();
  const [command = "", ...rest] = argv;
  const child = spawn(command, rest, { stdio: ["pipe", "pipe", "inherit"] });
  await once(child, "spawn");
  // A write to a child that has just ended is reported by readLine, as "ended early".
  child.stdin.on("error", () => undefined);
  const lines = readLines(child.stdout);
  return {
    pid: child.pid ?? 0,
    writeLine: (line) => void child.stdin.write(`${line}\n`),
    readLine: (timeoutMs) => nextLine(lines, { name: command, timeoutMs, abort }),
    [Symbol.asyncDispose]: () => close(child, child.stdin, abort),
  };
}

/** The distribution's interpreter where there is one: a wrapper in PATH would start slower. */
export const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
/** -B leaves no cache files behind; -E -s -S keep the interpreter small. */
export const PYTHON_OPTIONS = ["-B", "-E", "-s", "-S"] as const;

function readLines(stdout: Readable): AsyncIterator<string> {
  return createInterface({ input: stdout })[Symbol.asyncIterator]();
}

interface Patience {
  readonly name: string;
  readonly timeoutMs: number;
  readonly abort: AbortSignal;
}

async function nextLine(lines: AsyncIterator<string>, patience: Patience): Promise<string> {
  const { promise: gaveUp, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(patience.abort.reason);
  const timer = setTimeout(
    () => reject(new Error(`${patience.name}: no answer in ${patience.timeoutMs} ms`)),
    patience.timeoutMs,
  );
  patience.abort.addEventListener("abort", onAbort);
  try {
    patience.abort.throwIfAborted();
    const next = await Promise.race([lines.next(), gaveUp]);
    if (next.done === true) throw new Error(`${patience.name}: ended early`);
    return next.value;
  } finally {
    clearTimeout(timer);
    patience.abort.removeEventListener("abort", onAbort);
  }
}

const CLOSE_TIMEOUT_MS = 20_000;

async function close(child: ChildProcess, stdin: Writable, abort: AbortSignal): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  stdin.end();
  // A launcher in the middle of a run reads no end of file until the run is over.
  if (abort.aborted) child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), CLOSE_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
