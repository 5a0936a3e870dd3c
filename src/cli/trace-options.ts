// SPDX-License-Identifier: Apache-2.0
import { Command, InvalidArgumentError, Option } from "commander";

/** Forms of a trace's report, as `--format` names them. */
export const TRACE_FORMATS = ["text", "json", "caps"] as const;
export type TraceFormat = (typeof TRACE_FORMATS)[number];

/** The command line of `capscope trace`, as given. */
export interface TraceRequest {
  readonly argv: readonly string[];
  readonly format: TraceFormat;
  /** Null for standard error. */
  readonly output: string | null;
  readonly durationMs: number | null;
}

interface RawOptions {
  readonly format: TraceFormat;
  readonly json?: boolean;
  readonly output?: string;
  readonly duration?: number;
}

/** Declares `capscope trace`; `run` gets what the user asked for. */
export function traceCommand(run: (request: TraceRequest) => Promise<void>): Command {
  return new Command("trace")
    .summary("which capabilities a command really uses")
    .description(
      "Runs a command, follows it and all that it starts, and reports which capabilities the " +
        "kernel was asked for, by which program, in which system call. Standard output is the " +
        "command's; the report goes to standard error.",
    )
    .argument("<command...>", "the command and its arguments, after --")
    .addOption(
      new Option("--format <format>", "form of the report").choices(TRACE_FORMATS).default("text"),
    )
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write the report to a file")
    .option("--duration <seconds>", "end the trace after so long", parseSeconds)
    .addHelpText("after", HELP_AFTER)
    .passThroughOptions()
    .action((argv: readonly string[], raw: RawOptions) =>
      run({
        argv,
        format: raw.json === true ? "json" : raw.format,
        output: raw.output ?? null,
        durationMs: raw.duration === undefined ? null : raw.duration * 1000,
      }),
    );
}

const HELP_AFTER = `
The exit code is the command's, 128+N for a signal; 125 when capscope failed, 126 and 127 when
the command could not be run, 3 when this kernel or these privileges allow no trace.`;

function parseSeconds(text: string): number {
  const seconds = /^[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds > 0)) throw new InvalidArgumentError("It is not a number of seconds above 0.");
  return seconds;
}
