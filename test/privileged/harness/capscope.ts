// SPDX-License-Identifier: Apache-2.0
import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Endpoint, ExposureReport, Process } from "../../../src/exposure/model.ts";
import { parseBySchema } from "./schemas.ts";
import type { NetworkNamespace } from "./network-namespace.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** What one run of the program gave. */
export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command under test: CAPSCOPE_BIN, else the built executable, else the source under bun. */
export const CAPSCOPE: readonly string[] = findCommand();

function findCommand(): string[] {
  const chosen = process.env["CAPSCOPE_BIN"];
  if (chosen !== undefined && chosen !== "") {
    return chosen.split(/\s+/).map((word) => {
      const path = resolve(ROOT, word);
      return word.includes("/") && existsSync(path) ? path : word;
    });
  }
  const built = join(ROOT, "dist/capscope");
  if (existsSync(built)) return [built];
  return [process.execPath, join(ROOT, "src/cli/main.ts")];
}

export interface RunOptions {
  readonly namespace?: NetworkNamespace;
  /** Command that starts the program, such as `setpriv --reuid 65534`. */
  readonly prefix?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Makes sure that the user whom the prefix switches to can start the program. */
  readonly asOtherUser?: boolean;
  /** 30 seconds where it is left out. */
  readonly limitMs?: number;
}

/** Runs `capscope ARGUMENTS` to its end. */
export function runCapscope(words: readonly string[], options: RunOptions = {}): Run {
  const { prefix = [] } = options;
  const command =
    options.asOtherUser === true
      ? commandOfOtherUser(prefix, words)
      : [...prefix, ...CAPSCOPE, ...words];
  const result = Bun.spawnSync(options.namespace?.inside(command) ?? command, {
    stdin: "ignore",
    timeout: options.limitMs ?? 30_000,
    cwd: "/",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", ...options.env },
  });
  return {
    status: result.exitCode,
    stdout: result.stdout.toString(),
    stderr: result.stderr.toString(),
  };
}

/** The report of a run inside the namespace, valid by the published schema. */
export function readReport(
  namespace: NetworkNamespace,
  words: readonly string[] = [],
  options: Omit<RunOptions, "namespace"> = {},
): ExposureReport {
  const command = ["exposure", "--json", "--allow-partial", ...words];
  const run = runCapscope(command, { ...options, namespace });
  if (run.status !== 0) throw new Error(`exit ${run.status}: ${run.stderr}`);
  return parseReport(run.stdout);
}

/** Parses a JSON report and checks it against the schema. */
export function parseReport(text: string): ExposureReport {
  return parseBySchema(text, "exposure") as ExposureReport;
}

/** The one endpoint that has the socket; throws when there is none, or more than one. */
export function endpointOf(report: ExposureReport, inode: number | undefined): Endpoint {
  const found = report.endpoints.filter((endpoint) =>
    endpoint.sockets.some((socket) => socket.inode === inode),
  );
  if (found.length !== 1) throw new Error(`${found.length} endpoints have inode ${inode}`);
  return found[0]!;
}

/** The process with this pid; throws when the report has none. */
export function processOf(report: ExposureReport, pid: number): Process {
  const found = report.processes.find((process) => process.pid === pid);
  if (found === undefined) throw new Error(`process ${pid} is not in the report`);
  return found;
}

/** The command as another user can start it, when it is in a directory that only root may enter. */
export function commandOfOtherUser(prefix: readonly string[], words: readonly string[]): string[] {
  if (CAPSCOPE.every((word) => !word.startsWith("/") || isReachableByAll(word))) {
    return [...prefix, ...CAPSCOPE, ...words];
  }
  const [executable = "", ...rest] = CAPSCOPE;
  if (rest.length > 0) {
    throw new Error(`other users cannot run ${CAPSCOPE.join(" ")}: build dist/capscope`);
  }
  // In a mount namespace of its own, so that nothing is left behind.
  const show = `mount -t tmpfs -o mode=755 none /mnt && : > /mnt/capscope &&
    mount --bind "$0" /mnt/capscope && exec "$@"`;
  const shell = [..."unshare --mount --propagation private sh -c".split(" "), show, executable];
  return [...shell, ...prefix, "/mnt/capscope", ...words];
}

function isReachableByAll(path: string): boolean {
  for (let each = dirname(path); each !== "/"; each = dirname(each)) {
    if ((statSync(each).mode & 0o001) === 0) return false;
  }
  return true;
}
