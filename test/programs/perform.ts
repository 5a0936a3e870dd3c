// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { undoLater } from "../privileged/harness/cleanup.ts";
import type { Plan, Scenario } from "./scenario.ts";
import { openStage, type Stage } from "./stage.ts";

/** How a scenario is started: what stands before its command. */
export interface Launcher {
  readonly words: readonly string[];
  /** Whether the command is a child of what is started, or takes its place. */
  readonly isParent: boolean;
}

/** Starts a command of root with these capabilities alone: the bounding set limits what exec gives. */
export function onlyWith(capabilities: readonly string[]): Launcher {
  const set = ["-all", ...capabilities.map((each) => `+${each}`)].join(",");
  const words = ["setpriv", `--bounding-set=${set}`, "--inh-caps=-all", "--"];
  return { words, isParent: false };
}

/**
 * Performs a scenario once; returns why the job was not done within the limit, null when it was.
 * All of them take less than a second on an idle machine.
 */
export async function perform(
  scenario: Scenario,
  launcher: Launcher,
  limitMs = 10_000,
): Promise<string | null> {
  const stage = await openStage();
  try {
    return await performOn(stage, scenario.prepare(stage), launcher, limitMs);
  } finally {
    stage.close();
  }
}

async function performOn(
  stage: Stage,
  plan: Plan,
  launcher: Launcher,
  limitMs: number,
): Promise<string | null> {
  const [output, errors] = [`${stage.directory}/output`, `${stage.directory}/errors`];
  const child = Bun.spawn(stage.inside([...launcher.words, ...plan.command], plan.mounts), {
    stdio: ["ignore", Bun.file(output), Bun.file(errors)],
    cwd: "/",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
  });
  const kill = undoLater(() => child.kill("SIGKILL"));
  const deadline = performance.now() + limitMs;
  let failure: string | null = "not exercised";
  while (failure !== null && performance.now() < deadline) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    const refusal = attempt(() => plan.exercise(stage, readText(output)));
    // What a program did that ends by itself can be judged then.
    if (plan.isDaemon || hasEnded) failure = refusal;
    if (hasEnded) break;
    await Bun.sleep(50);
  }
  if (plan.isDaemon && child.exitCode === null) endDaemon(child.pid, launcher);
  const status = await Promise.race([child.exited, Bun.sleep(limitMs).then(() => "no end")]);
  kill();
  if (status === "no end") return "did not end";
  if (!plan.isDaemon && status !== 0) failure ??= `exit ${status}`;
  return failure === null ? null : `${failure}\n${readText(output)}${readText(errors)}`;
}

function endDaemon(pid: number, { isParent }: Launcher): void {
  const [child] = readText(`/proc/${pid}/task/${pid}/children`).split(" ").map(Number);
  const daemon = isParent ? child : pid;
  if (daemon !== undefined && daemon > 0) attempt(() => process.kill(daemon, "SIGTERM"));
}

function attempt(action: () => unknown): string | null {
  try {
    action();
    return null;
  } catch (error) {
    return String(error);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
