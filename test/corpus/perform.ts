// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { undoLater } from "../privileged/harness/cleanup.ts";
import type { Plan, Scenario } from "./scenario.ts";
import { openStage, type Stage } from "./stage.ts";

const ATTEMPT = fileURLToPath(new URL("attempt.sh", import.meta.url));

/** Words that start a command of root with these capabilities alone: the bounding set limits what exec gives. */
export function onlyWith(capabilities: readonly string[]): readonly string[] {
  const set = ["-all", ...capabilities.map((each) => `+${each}`)].join(",");
  return ["setpriv", `--bounding-set=${set}`, "--inh-caps=-all", "--"];
}

/**
 * Performs a scenario once on a stage of its own, its command behind these words; returns why the job
 * was not done, null when it was.
 */
export async function perform(
  scenario: Scenario,
  launcher: readonly string[],
  limitMs = 20_000,
): Promise<string | null> {
  const stage = await openStage();
  try {
    const plan = scenario.prepare(stage);
    const words = ["sh", ATTEMPT, plan.ready === undefined ? "once" : "daemon"];
    const lines = [plan.reset ?? "", plan.check ?? ""];
    const { status, output } = await run(
      stage,
      [...words, ...lines, ...launcher, ...plan.command],
      plan,
      limitMs,
    );
    return status === 0 ? null : `status ${status}\n${output}`;
  } finally {
    stage.close();
  }
}

/** Runs a command on a stage, and ends it at the limit. */
export async function run(
  stage: Stage,
  command: readonly string[],
  { mounts }: Plan,
  limitMs: number,
): Promise<{ readonly status: number | string; readonly output: string }> {
  const output = `${stage.directory}/output`;
  const child = Bun.spawn(stage.inside(command, mounts), {
    stdio: ["ignore", Bun.file(output), Bun.file(output)],
    cwd: "/",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  const kill = undoLater(() => child.kill("SIGKILL"));
  await child.exited;
  kill();
  const status = child.exitCode ?? `${child.signalCode} after ${limitMs / 1000} s`;
  return { status, output: readFileSync(output, "latin1") };
}
