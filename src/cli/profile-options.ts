// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from "commander";
import { parseName } from "./option-values.ts";
import { COLOR_CHOICES, type ColorChoice } from "./terminal.ts";
import { TRACE_FORMATS, type TraceFormat } from "./trace-options.ts";

/** Forms of a comparison, as `--format` names them. */
export const DIFF_FORMATS = ["text", "json"] as const;
export type DiffFormat = (typeof DIFF_FORMATS)[number];

/** The command line of `capscope profile`, as given. An output of null is standard output. */
export type ProfileRequest =
  | {
      readonly action: "show";
      readonly file: string;
      readonly format: TraceFormat;
      readonly color: ColorChoice;
      readonly output: string | null;
    }
  | {
      readonly action: "merge";
      readonly files: readonly [string, ...string[]];
      readonly output: string | null;
    }
  | {
      readonly action: "diff";
      readonly oldFile: string;
      readonly newFile: string;
      readonly format: DiffFormat;
      readonly exitCode: boolean;
      readonly output: string | null;
    };

interface RawOptions<Format extends string> {
  readonly format: Format;
  readonly json?: boolean;
  readonly output?: string;
  readonly color?: ColorChoice | false;
  readonly exitCode?: boolean;
}

type Run = (request: ProfileRequest) => Promise<void>;

/** Declares `capscope profile` with its subcommands; `run` gets what the user asked for. */
export function profileCommand(run: Run): Command {
  return new Command("profile")
    .summary("show, merge and compare what traces yielded")
    .description(
      "Shows, merges and compares profiles, which capscope trace --json writes. What follows " +
        "from the runs in a file is worked out anew; - stands for standard input.",
    )
    .helpCommand("help [command]", "print the help of a command")
    .addCommand(showCommand(run))
    .addCommand(mergeCommand(run))
    .addCommand(diffCommand(run));
}

function showCommand(run: Run): Command {
  return new Command("show")
    .summary("the report of a profile")
    .description("Shows a profile as capscope trace shows it.")
    .argument("<file>", "a profile")
    .addOption(formatOption(TRACE_FORMATS))
    .option("--json", "the same as --format json")
    .addOption(outputOption())
    .addOption(
      new Option("--color <when>", "colour the output").choices(COLOR_CHOICES).default("auto"),
    )
    .option("--no-color", "the same as --color never")
    .action((file: string, raw: RawOptions<TraceFormat>) =>
      run({
        action: "show",
        file,
        format: formatOf(raw, "json"),
        color: raw.color === false ? "never" : (raw.color ?? "auto"),
        output: outputOf(raw),
      }),
    );
}

function mergeCommand(run: Run): Command {
  return new Command("merge")
    .summary("one profile of the runs of several")
    .description(
      "Makes one profile of the runs of all files; a run that several have is there once. The " +
        "files must be of one program, unit, container or control group.",
    )
    .argument("<file...>", "profiles")
    .addOption(outputOption())
    .action(([first = "-", ...others]: readonly string[], raw: RawOptions<never>) =>
      run({ action: "merge", files: [first, ...others], output: outputOf(raw) }),
    );
}

function diffCommand(run: Run): Command {
  return new Command("diff")
    .summary("what changed between two profiles")
    .description(
      "Shows which capabilities came and went, which are judged differently, what else needs " +
        "them now, and which settings of the system changed. Counts and times are no change.",
    )
    .argument("<old>", "a profile")
    .argument("<new>", "a profile")
    .addOption(formatOption(DIFF_FORMATS))
    .option("--json", "the same as --format json")
    .option("--exit-code", "exit 1 when there are differences")
    .addOption(outputOption())
    .action((oldFile: string, newFile: string, raw: RawOptions<DiffFormat>) =>
      run({
        action: "diff",
        oldFile,
        newFile,
        format: formatOf(raw, "json"),
        exitCode: raw.exitCode === true,
        output: outputOf(raw),
      }),
    );
}

function formatOption(formats: readonly string[]): Option {
  return new Option("--format <format>", "form of the report").choices(formats).default("text");
}

function outputOption(): Option {
  return new Option("-o, --output <file>", "write to a file").argParser(parseName);
}

function formatOf<Format extends string>(raw: RawOptions<Format>, json: Format): Format {
  return raw.json === true ? json : raw.format;
}

function outputOf({ output }: { readonly output?: string }): string | null {
  return output === undefined || output === "-" ? null : output;
}
