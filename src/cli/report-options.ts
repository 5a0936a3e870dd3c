// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from "commander";
import { parseName } from "./option-values.ts";
import {
  COLOR_CHOICES,
  type ColorChoice,
  isTerminal,
  showsUnicode,
  terminalWidth,
  wantsColor,
} from "./terminal.ts";
import type { TextOptions } from "../report/text-options.ts";

/** Where a report goes, and how it looks. */
export interface ReportTarget {
  /** Null for standard output. */
  readonly output: string | null;
  readonly color: ColorChoice;
}

/** What Commander makes of the options below. */
export interface RawReportOptions<Format extends string> {
  readonly format?: Format;
  readonly json?: boolean;
  readonly output?: string;
  readonly color: ColorChoice | false;
}

/** Adds the options that every report has; the first format is the default. */
export function addReportOptions(command: Command, formats: readonly string[]): Command {
  return command
    .addOption(new Option("--format <format>", "form of the report").choices(formats))
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write the report to a file", parseName)
    .addOption(
      new Option("--color <when>", "colour the output").choices(COLOR_CHOICES).default("auto"),
    )
    .option("--no-color", "the same as --color never");
}

export function targetOf({ output, color }: RawReportOptions<string>): ReportTarget {
  return {
    output: output === undefined || output === "-" ? null : output,
    color: color === false ? "never" : color,
  };
}

/** How text looks where it goes; a table that no terminal shows is not wrapped. */
export function textOptionsOf({ output, color }: ReportTarget, filtered: boolean): TextOptions {
  const toTerminal = output === null && isTerminal();
  return {
    width: toTerminal ? terminalWidth() : null,
    color: wantsColor(color, toTerminal),
    ascii: toTerminal && !showsUnicode(),
    filtered,
  };
}
