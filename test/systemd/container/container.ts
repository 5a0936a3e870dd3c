// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { undoLater } from "../../privileged/harness/cleanup.ts";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
const BOOT = fileURLToPath(new URL("boot.sh", import.meta.url));
const READY_LIMIT_S = 30;
const STOP_LIMIT_MS = 5000;
const IMPOSSIBLE = 77;

/** systemd as pid 1 of its own namespaces, with the units of `units/`. */
export interface Container {
  /** Its pid 1, as this process sees it. */
  readonly pid: number;
  /** The words to put before a command that is to run inside, as root. */
  readonly prefix: readonly string[];
  /** Runs a command inside and returns its output; throws when it fails. */
  run(...command: readonly string[]): string;
  stop(): void;
}

export type Boot =
  | { readonly kind: "booted"; readonly container: Container }
  | { readonly kind: "impossible"; readonly reason: string };

/** Of control groups: v2 alone, v1 and v2 beside it, v1 alone. */
export type Layout = "unified" | "hybrid" | "legacy";

/** Boots the container and waits for its units; throws when systemd runs but does not get ready. */
export async function bootContainer(layout: Layout = "unified"): Promise<Boot> {
  if (process.geteuid?.() !== 0) return { kind: "impossible", reason: "needs root" };
  const scratch = mkdtempSync(join(tmpdir(), "capscope-systemd-"));
  const boot = Bun.spawn([BOOT, scratch, REPOSITORY, layout], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
  });
  const pid = await readPid(boot.stdout);
  const stop = undoLater(() => {
    if (pid !== null) endProcess(pid);
    boot.stdin.end();
    waitUntilGone(boot.pid);
  });
  if (pid === null) {
    const [status, complaint] = [await boot.exited, await new Response(boot.stderr).text()];
    stop();
    const reason = complaint.trim().split("\n").slice(-2).join(": ");
    if (status === IMPOSSIBLE) return { kind: "impossible", reason };
    throw new Error(`boot.sh: status ${status}: ${complaint}`);
  }
  const container = openContainer(pid, stop);
  waitUntilReady(container);
  return { kind: "booted", container };
}

function openContainer(pid: number, stop: () => void): Container {
  const namespaces = ["--mount", "--pid", "--net", "--cgroup", "--uts", "--ipc"];
  const prefix = ["nsenter", `--target=${pid}`, ...namespaces, "--root", "--wd"];
  const run = (...command: readonly string[]): string => {
    const result = Bun.spawnSync([...prefix, ...command], {
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
      timeout: 40_000,
    });
    if (result.exitCode !== 0) {
      throw new Error(`${command.join(" ")}: ${result.exitCode}: ${result.stderr.toString()}`);
    }
    return result.stdout.toString();
  };
  return { pid, prefix, run, stop };
}

async function readPid(output: ReadableStream<Uint8Array>): Promise<number | null> {
  let text = "";
  for await (const chunk of output) {
    text += new TextDecoder().decode(chunk);
    const match = /^pid (\d+)\n/m.exec(text);
    if (match !== null) return Number(match[1]);
  }
  return null;
}

function waitUntilReady(container: Container): void {
  const poll = "until [ -e /run/ready ]; do sleep 0.05; done";
  try {
    container.run("timeout", String(READY_LIMIT_S), "sh", "-c", poll);
  } catch (cause) {
    const state = existsSync(`/proc/${container.pid}`) ? describeUnits(container) : "it ended";
    container.stop();
    throw new Error(`systemd did not get ready: ${state}`, { cause });
  }
}

function describeUnits(container: Container): string {
  return container.run("systemctl", "list-units", "--all", "--plain", "--no-legend");
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Waits for boot.sh, which removes what it made. */
function waitUntilGone(pid: number): void {
  const end = Date.now() + STOP_LIMIT_MS;
  while (isRunning(pid)) {
    if (Date.now() > end) throw new Error(`boot.sh (pid ${pid}) does not end`);
    Bun.sleepSync(20);
  }
}

/** A zombie has ended: nobody reaps it while this process is itself on its way out. */
function isRunning(pid: number): boolean {
  const state = Bun.spawnSync(["ps", "-o", "state=", "-p", String(pid)])
    .stdout.toString()
    .trim();
  return state !== "" && state !== "Z";
}
