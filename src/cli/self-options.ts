// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import {
  addReportOptions,
  type RawReportOptions,
  type ReportTarget,
  targetOf,
} from "./report-options.ts";

/** Forms of the report, as `--format` names them. */
export const SELF_FORMATS = ["text", "json"] as const;
export type SelfFormat = (typeof SELF_FORMATS)[number];

/** The command line of `capscope self`, as given. */
export interface SelfRequest extends ReportTarget {
  readonly format: SelfFormat;
  readonly allowPartial: boolean;
}

interface RawOptions extends RawReportOptions<SelfFormat> {
  readonly allowPartial?: boolean;
}

/** Declares `capscope self`; `run` gets what the user asked for. */
export function selfCommand(run: (request: SelfRequest) => Promise<void>): Command {
  const command = new Command("self")
    .summary("what this process or container may do")
    .description(
      "Tells what a process that is started here may do: its sets and ids, its namespaces, what " +
        "confines it, and which dangerous things would work, and why not. Reads only; tries nothing.",
    );
  return addReportOptions(command, SELF_FORMATS)
    .option("--allow-partial", "exit 0 even when something could not be seen")
    .addHelpText(
      "after",
      "\nExit codes: 0 fine, 2 wrong usage, 3 cannot observe, 4 something could not be seen.",
    )
    .action((raw: RawOptions) =>
      run({
        ...targetOf(raw),
        format: raw.json === true ? "json" : (raw.format ?? "text"),
        allowPartial: raw.allowPartial === true,
      }),
    );
}
