// SPDX-License-Identifier: Apache-2.0
import type {
  MonitorCheck,
  MonitorCoverage,
  MonitorStart,
  MonitorTotal,
} from "../../../src/trace/model.ts";
import { CAPSCOPE, commandOfOtherUser } from "./capscope.ts";
import { undoLater } from "./cleanup.ts";
import { parseBySchema } from "./schemas.ts";

/** One line of `capscope monitor --json`. */
export type MonitorLine = MonitorStart | MonitorCheck | MonitorTotal | MonitorCoverage;

/** A monitor that runs. */
export interface RunningMonitor {
  readonly pid: number;
  /** What it has written so far. */
  readonly text: () => string;
  /** Waits until its output is as it should be; throws after ten seconds. */
  readonly until: (isSo: (text: string) => boolean) => Promise<void>;
  /** Ends it; returns its exit status. */
  readonly end: (signal?: NodeJS.Signals) => Promise<number | null>;
  readonly stderr: () => Promise<string>;
}

/**
 * Starts `capscope monitor`, as another user when a prefix makes it one, and waits for its first line: from there
 * on nothing is missed.
 */
export async function startMonitor(
  words: readonly string[],
  prefix: readonly string[] = [],
): Promise<RunningMonitor> {
  const command = ["monitor", ...words];
  const child = Bun.spawn(
    prefix.length > 0 ? commandOfOtherUser(prefix, command) : [...CAPSCOPE, ...command],
    {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", TZ: "UTC" },
    },
  );
  const undo = undoLater(() => child.kill("SIGKILL"));
  let text = "";
  const reading = readAll(child.stdout, (part) => {
    text += part;
  });
  const stderr = new Response(child.stderr).text();
  const until = async (isSo: (text: string) => boolean): Promise<void> => {
    const deadline = performance.now() + 10_000;
    while (!isSo(text)) {
      if (child.exitCode !== null) throw new Error(`it ended: ${await stderr}`);
      if (performance.now() > deadline) throw new Error(`not so in time: ${text}`);
      await Bun.sleep(10);
    }
  };
  await until((now) => now.includes("\n"));
  return {
    pid: child.pid,
    text: () => text,
    until,
    end: async (signal = "SIGINT") => {
      child.kill(signal);
      const status = await child.exited;
      await reading;
      undo();
      return child.signalCode === null ? status : null;
    },
    stderr: () => stderr,
  };
}

/** Complete lines, each valid by the published schema. */
export function monitorLines(text: string): readonly MonitorLine[] {
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => parseBySchema(line, "monitor-line") as MonitorLine);
}

export function checksOf(text: string): readonly MonitorCheck[] {
  return monitorLines(text).filter((line) => line.kind === "check");
}

export function coverageOf(text: string): MonitorCoverage {
  const last = monitorLines(text).at(-1);
  if (last?.kind !== "coverage") throw new Error(`no coverage line at the end: ${text}`);
  return last;
}

async function readAll(
  stream: ReadableStream<Uint8Array>,
  take: (part: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  for await (const part of stream) take(decoder.decode(part, { stream: true }));
}
