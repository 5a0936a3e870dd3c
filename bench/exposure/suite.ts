// SPDX-License-Identifier: Apache-2.0
import { inBenchDirectory, measureParts, type PartResult } from "../measure/parts.ts";
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

/** Runs `bench exposure` and returns what goes to stdout. */
export async function runExposureSuite(
  args: readonly string[],
  abort: AbortSignal,
  progress: (line: string) => void,
): Promise<string> {
  const options = parseOptions(args);
  if (options.help) return USAGE;
  if (process.geteuid?.() !== 0) throw new Error("needs root to make namespaces");
  return inBenchDirectory(async (directory) => {
    const capscopeCommand = await prepareCapscope(options.capscope, directory);
    const surroundings = { options, capscopeCommand, abort, directory, progress };
    return measureParts("exposure", options, (part) => MEASURE[part](surroundings));
  });
}

const MEASURE: Readonly<Record<Part, (surroundings: Surroundings) => Promise<PartResult>>> = {
  load: measureLoad,
  idle: measureIdle,
  curve: measureCurve,
};
