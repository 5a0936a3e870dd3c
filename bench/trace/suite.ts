// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { prepareCapscope } from "../exposure/tools.ts";
import { measureCalls } from "./calls.ts";
import { renderCalls, renderTargets } from "./calls-text.ts";
import { measureGuest } from "./guest.ts";
import { type Options, parseOptions, type Part, USAGE } from "./options.ts";
import { compilePrograms, type Programs, programsIn } from "./programs.ts";
import { measureStartUp } from "./start-up.ts";

/** What a part of the suite needs from its surroundings. */
export interface Surroundings {
  readonly options: Options;
  readonly capscopeCommand: readonly string[];
  readonly programs: Programs;
  readonly abort: AbortSignal;
  /** Empty directory for what the measured commands read and write. */
  readonly directory: string;
  readonly progress: (line: string) => void;
}

/** One part of the suite, as data for --json and as text. */
export interface PartResult {
  readonly data: object;
  readonly text: string;
}

/** Runs `bench trace` and returns what goes to stdout. */
export async function runTraceSuite(
  args: readonly string[],
  abort: AbortSignal,
  progress: (line: string) => void,
): Promise<string> {
  const options = parseOptions(args);
  if (options.help) return USAGE;
  if (process.geteuid?.() !== 0) throw new Error("needs root to trace");
  const directory = await mkdtemp(join(tmpdir(), "capscope-bench-"));
  try {
    const capscopeCommand = await prepareCapscope(options.capscope, directory);
    if (capscopeCommand === null) throw new Error("capscope is not built (npm run build)");
    const programs =
      options.programs === null
        ? await compilePrograms(directory, abort)
        : programsIn(options.programs);
    const surroundings = { options, capscopeCommand, programs, abort, directory, progress };
    const host = { kernel: release(), cpus: cpus().length };
    const parts: Partial<Record<Part, object>> = {};
    let text = `Linux ${host.kernel}, ${host.cpus} CPUs\n`;
    for (const part of options.parts) {
      const result = await MEASURE[part](surroundings);
      parts[part] = result.data;
      text += `\n${result.text}`;
    }
    if (!options.json) return text;
    return `${JSON.stringify({ suite: "trace", host, ...parts }, null, 2)}\n`;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const MEASURE: Readonly<Record<Part, (surroundings: Surroundings) => Promise<PartResult>>> = {
  calls: measureCallsHere,
  "start-up": measureStartUp,
  guest: measureGuest,
};

async function measureCallsHere(surroundings: Surroundings): Promise<PartResult> {
  const data = await measureCalls(surroundings);
  const { block, blocks } = surroundings.options;
  const heading =
    `Calls: medians of ${data.rounds} rounds, each the first decile of ${blocks} blocks of ` +
    `${block} calls; added and ratio against untraced in the same round\n`;
  return { data, text: heading + renderCalls(data, "ns") + renderTargets(data) };
}
