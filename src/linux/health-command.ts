// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { SystemError } from "../errors.ts";
import { exitStatus } from "./gated-command.ts";
import type { Libc } from "./ffi/libc.ts";

export interface HealthOptions {
  /** All of it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limitMs: number;
  /** Ends it when it is aborted. */
  readonly signal: AbortSignal;
}

/** What timeout(1) returns. */
export const TIMED_OUT = 124;

/**
 * Runs a line of shell with this process's privileges, without input and output, in a process group
 * of its own, which is gone afterwards. Returns its status, 128 + N for signal N, TIMED_OUT when it
 * was ended at the limit. Throws a SystemError when there is no shell.
 */
export async function runHealthCommand(
  libc: Libc,
  line: string,
  { environment, limitMs, signal }: HealthOptions,
): Promise<number> {
  const child = spawn("/bin/sh", ["-c", line], {
    stdio: "ignore",
    detached: true,
    env: { ...environment },
  });
  let isLate = false;
  const end = (): void => {
    if (child.pid !== undefined) libc.kill(-child.pid, constants.signals.SIGKILL);
  };
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, limitMs);
  signal.addEventListener("abort", end);
  try {
    const status = await new Promise<number>((resolve, reject) => {
      child.on("error", () => reject(new SystemError("starting /bin/sh", "ENOENT")));
      child.on("exit", (exitCode, name) => resolve(exitStatus({ exitCode, signal: name })));
      if (signal.aborted) end();
    });
    return isLate ? TIMED_OUT : status;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    // What it left behind in its group.
    end();
  }
}
