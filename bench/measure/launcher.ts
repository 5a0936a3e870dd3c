// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from "node:url";
import { openLineProcess, PYTHON, PYTHON_OPTIONS } from "./line-process.ts";

/** What one run of a command cost. */
export interface Run {
  readonly wallMs: number;
  /** User and system time. */
  readonly cpuMs: number;
  readonly peakMemoryKib: number;
  /** Peak memory below this cannot be told apart: ru_maxrss begins with that of the launcher. */
  readonly memoryFloorKib: number;
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
}

export interface RunRequest {
  readonly argv: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  readonly timeoutMs: number;
}

/** Runs commands inside the namespaces in which it was opened itself. */
export interface Launcher extends AsyncDisposable {
  /** Wall time of a command that does nothing. */
  readonly timeFloorMs: number;
  run(request: RunRequest): Promise<Run>;
}

/** Opens a launcher; `prefix` is the command that enters the namespaces, such as `unshare --net`. */
export async function openLauncher(
  prefix: readonly string[],
  abort: AbortSignal,
): Promise<Launcher> {
  const script = fileURLToPath(new URL("launcher.py", import.meta.url));
  const child = await openLineProcess([...prefix, PYTHON, ...PYTHON_OPTIONS, script], abort);
  const run = async (request: RunRequest): Promise<Run> => {
    const { timeoutMs, stdout, stderr, argv } = request;
    child.writeLine([timeoutMs, stdout, stderr, ...argv].join("\t"));
    return parseRun(await child.readLine(timeoutMs + ANSWER_MARGIN_MS));
  };
  const floors: Run[] = [];
  for (let index = 0; index < FLOOR_RUNS; index++) floors.push(await run(NOTHING));
  return {
    timeFloorMs: Math.min(...floors.map((floor) => floor.wallMs)),
    run,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

function parseRun(line: string): Run {
  const fields = line.split("\t").map(Number);
  if (fields.length !== 6 || fields.some(Number.isNaN)) {
    throw new Error(`launcher: not an answer: ${line}`);
  }
  const [wallMs = 0, cpuMs = 0, peakMemoryKib = 0, memoryFloorKib = 0, exitCode = -1, timedOut] =
    fields;
  return {
    wallMs,
    cpuMs,
    peakMemoryKib,
    memoryFloorKib,
    exitCode: exitCode < 0 ? null : exitCode,
    timedOut: timedOut === 1,
  };
}

const FLOOR_RUNS = 5;
const ANSWER_MARGIN_MS = 10_000;
const NOTHING: RunRequest = {
  argv: ["/bin/true"],
  stdout: "/dev/null",
  stderr: "/dev/null",
  timeoutMs: 10_000,
};
