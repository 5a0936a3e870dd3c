// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { measureCurve } from "./curve.ts";
import { measureIdle } from "./idle.ts";
import { measureLoad } from "./loaded.ts";
import { type Options, parseOptions, type Part, USAGE } from "./options.ts";
import { prepareCapscope } from "./tools.ts";

/** What a part of the suite needs from its surroundings. */
export interface Surroundings {
  readonly options: Options;
  /** Null when there is none to measure. */
  readonly capscopeCommand: readonly string[] | null;
  readonly abort: AbortSignal;
  /** Empty directory for output of the measured commands. */
  readonly directory: string;
  readonly progress: (line: string) => void;
}

/** One part of the suite, as data for --json and as text. */
export interface PartResult {
  readonly data: object;
  readonly text: string;
}

/** Runs `bench exposure` and returns what goes to stdout. */
export async function runExposureSuite(
  args: readonly string[],
  abort: AbortSignal,
  progress: (line: string) => void,
): Promise<string> {
  const options = parseOptions(args);
  if (options.help) return USAGE;
  if (process.geteuid?.() !== 0) throw new Error("needs root to make namespaces");
  const directory = await mkdtemp(join(tmpdir(), "capscope-bench-"));
  try {
    const capscopeCommand = await prepareCapscope(options.capscope, directory);
    const surroundings = { options, capscopeCommand, abort, directory, progress };
    const host = { kernel: release(), cpus: cpus().length };
    const parts: Partial<Record<Part, object>> = {};
    let text = `Linux ${host.kernel}, ${host.cpus} CPUs\n`;
    for (const part of options.parts) {
      const result = await MEASURE[part](surroundings);
      parts[part] = result.data;
      text += `\n${result.text}`;
    }
    if (!options.json) return text;
    return `${JSON.stringify({ suite: "exposure", host, ...parts }, null, 2)}\n`;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const MEASURE: Readonly<Record<Part, (surroundings: Surroundings) => Promise<PartResult>>> = {
  load: measureLoad,
  idle: measureIdle,
  curve: measureCurve,
};
