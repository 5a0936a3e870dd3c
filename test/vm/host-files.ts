// SPDX-License-Identifier: Apache-2.0
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { preparePackage } from "../../guest/packages.ts";
import { COMPARED_COMMANDS } from "./commands.ts";
import type { HostFiles } from "./kernel-run.ts";

const EXECUTABLE = fileURLToPath(new URL("../../dist/capscope", import.meta.url));
const LOGS = fileURLToPath(new URL("../../build/guest/logs/", import.meta.url));

/** Puts what the guests need into the directory. */
export async function prepareHostFiles(
  directory: string,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<HostFiles> {
  if (!existsSync(EXECUTABLE)) throw new Error("dist/capscope is not there: npm run build");
  const capscope = join(directory, "capscope");
  copyFileSync(EXECUTABLE, capscope);
  // Tests run it as other users.
  chmodSync(directory, 0o755);
  mkdirSync(LOGS, { recursive: true });
  return {
    capscope,
    sets: writeSets(directory, capscope, progress),
    apparmorParser: await prepareParser(signal).catch((error: Error) => {
      progress(`apparmor_parser cannot be had: ${error.message.split("\n")[0]}`);
      return null;
    }),
    logs: LOGS,
  };
}

async function prepareParser(signal: AbortSignal): Promise<string> {
  const wanted = { suite: "release", pattern: /^apparmor$/ } as const;
  const { directory } = await preparePackage(wanted, signal);
  return realpathSync(join(directory, "sbin/apparmor_parser"));
}

/** What the compared commands need on this machine's own kernel. */
function writeSets(
  directory: string,
  capscope: string,
  progress: (line: string) => void,
): string | null {
  const sets: Record<string, readonly string[]> = {};
  for (const [name, { prefix, argv }] of Object.entries(COMPARED_COMMANDS)) {
    const output = join(directory, "caps");
    const words = ["trace", "--format", "caps", "-o", output, "--", ...argv];
    const result = Bun.spawnSync([...prefix, capscope, ...words], {
      timeout: 30_000,
      cwd: "/",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
    });
    if (!existsSync(output)) {
      const reason = result.stderr.toString().trim() || `status ${result.exitCode}`;
      progress(`this machine's own kernel cannot be compared with: ${name}: ${reason}`);
      return null;
    }
    sets[name] = namesIn(output);
  }
  const path = join(directory, "sets.json");
  writeFileSync(path, JSON.stringify(sets));
  return path;
}

function namesIn(path: string): readonly string[] {
  const text = Bun.spawnSync(["cat", path]).stdout.toString();
  const names = text.split("\n").filter((line) => line.startsWith("CAP_"));
  return names.map((name) => name.slice("CAP_".length).toLowerCase()).toSorted();
}
