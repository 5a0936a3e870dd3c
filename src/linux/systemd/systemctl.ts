// SPDX-License-Identifier: Apache-2.0
import {
  spawn,
  spawnSync,
  type SpawnSyncOptionsWithStringEncoding,
  type StdioOptions,
} from "node:child_process";
import { existsSync } from "node:fs";

/** What systemctl printed, or why there is nothing. */
export type SystemctlResult =
  | { readonly kind: "output"; readonly text: string }
  | { readonly kind: "unavailable"; readonly reason: string };

/** As whom and with which variables systemctl runs. */
export interface SystemctlContext {
  readonly environment: Readonly<Record<string, string>>;
  readonly user: { readonly uid?: number; readonly gid?: number };
}

/** The test of sd_booted(3). */
export function isBooted(): boolean {
  return existsSync("/run/systemd/system");
}

/** Absolute, so that PATH has no say; the last one is NixOS. */
const SYSTEMCTL_PATHS = [
  "/usr/bin/systemctl",
  "/bin/systemctl",
  "/run/current-system/sw/bin/systemctl",
] as const;
const TIME_LIMIT_MS = 2000;
const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024;
const SYSTEM: SystemctlContext = { environment: {}, user: {} };

/** Asks systemctl. Never throws and returns within two seconds. */
export function runSystemctl(
  words: readonly string[],
  context: SystemctlContext = SYSTEM,
): SystemctlResult {
  const options: SpawnSyncOptionsWithStringEncoding = {
    ...spawnOptions(context),
    encoding: "utf8",
    timeout: TIME_LIMIT_MS,
    killSignal: "SIGKILL",
    maxBuffer: OUTPUT_LIMIT_BYTES,
  };
  for (const path of SYSTEMCTL_PATHS) {
    const { error, status, signal, stdout, stderr } = spawnSync(path, words, options);
    const code = error === undefined ? null : errorCode(error);
    if (code !== "ENOENT") return readResult({ code, status, signal, stdout, stderr });
  }
  return unavailable("systemctl is not installed");
}

/**
 * Has systemctl do something that may take as long as it takes. Resolves with why it failed, or
 * with null; never rejects. Once `signal` is aborted nobody waits for the end any more: the
 * service manager goes on by itself.
 */
export async function startSystemctl(
  words: readonly string[],
  signal?: AbortSignal,
): Promise<string | null> {
  const path = SYSTEMCTL_PATHS.find((each) => existsSync(each));
  if (path === undefined) return "systemctl is not installed";
  const child = spawn(path, words, { ...spawnOptions(SYSTEM), signal });
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => void (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
  const result = await new Promise<SystemctlResult>((resolve) => {
    child.on("error", (error) => resolve(unavailable(`running systemctl: ${errorCode(error)}`)));
    child.on("close", (status, killedBy) =>
      resolve(readResult({ code: null, status, signal: killedBy, stdout, stderr })),
    );
  });
  return result.kind === "output" ? null : result.reason;
}

function spawnOptions({ environment, user }: SystemctlContext) {
  return {
    ...user,
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", SYSTEMD_COLORS: "0", ...environment },
    // A session of its own, without our terminal: the user whose uid the child has can trace
    // it, and must not be able to type into the terminal of root.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"] satisfies StdioOptions,
  } as const;
}

interface Finished {
  readonly code: string | null;
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function readResult({ code, status, signal, stdout, stderr }: Finished): SystemctlResult {
  if (code === "ETIMEDOUT") return unavailable(`systemctl did not answer in ${TIME_LIMIT_MS} ms`);
  if (code === "EPERM") return unavailable("only root can ask the service manager of another user");
  if (code !== null) return unavailable(`running systemctl: ${code}`);
  const complaint = stderr.trim().split("\n")[0] ?? "";
  if (status !== 0) return unavailable(`systemctl: ${complaint || `status ${status ?? signal}`}`);
  // In a chroot systemctl says so, prints nothing and reports success.
  if (stdout === "" && complaint !== "") return unavailable(`systemctl: ${complaint}`);
  return { kind: "output", text: stdout };
}

function errorCode(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message;
}

function unavailable(reason: string): SystemctlResult {
  return { kind: "unavailable", reason };
}
