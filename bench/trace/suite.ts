// SPDX-License-Identifier: Apache-2.0
import { inBenchDirectory, measureParts, type PartResult } from "../measure/parts.ts";
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

/** Runs `bench trace` and returns what goes to stdout. */
export async function runTraceSuite(
  args: readonly string[],
  abort: AbortSignal,
  progress: (line: string) => void,
): Promise<string> {
  const options = parseOptions(args);
  if (options.help) return USAGE;
  if (process.geteuid?.() !== 0) throw new Error("needs root to trace");
  return inBenchDirectory(async (directory) => {
    const capscopeCommand = await prepareCapscope(options.capscope, directory);
    if (capscopeCommand === null) throw new Error("capscope is not built (npm run build)");
    const programs =
      options.programs === null
        ? await compilePrograms(directory, abort)
        : programsIn(options.programs);
    const surroundings = { options, capscopeCommand, programs, abort, directory, progress };
    return measureParts("trace", options, (part) => MEASURE[part](surroundings));
  });
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
