// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from "commander";
import { parsePid } from "./option-values.ts";
import {
  addReportOptions,
  type RawReportOptions,
  type ReportTarget,
  targetOf,
} from "./report-options.ts";

/** Forms of the report, as `--format` names them; those of encode and explain too. */
export const CAPABILITY_FORMATS = ["text", "json"] as const;
export type CapabilityFormat = (typeof CAPABILITY_FORMATS)[number];

/** The command line of `capscope decode`, as given. */
export interface DecodeRequest extends ReportTarget {
  readonly format: CapabilityFormat;
  readonly masks: readonly string[];
  readonly pids: readonly number[];
}

interface RawOptions extends RawReportOptions<CapabilityFormat> {
  readonly pid?: readonly number[];
}

/** Declares `capscope decode`; `run` gets what the user asked for. */
export function decodeCommand(run: (request: DecodeRequest) => Promise<void>): Command {
  const command = new Command("decode")
    .summary("capabilities in masks, and in the five sets of a process")
    .description(
      "Says which capabilities are in a mask, which well-known set it is, and what in it is the " +
        "same as root. Masks need no rights.",
    )
    .argument("[mask...]", "hexadecimal, with or without 0x; - reads them, or a status file")
    .addOption(
      new Option("-p, --pid <pid...>", "the five sets of these processes").argParser(
        (text: string, known: readonly number[] = []) => [
          ...known,
          ...text.split(",").map(parsePid),
        ],
      ),
    );
  return addReportOptions(command, CAPABILITY_FORMATS)
    .addHelpText("after", HELP_AFTER)
    .action((masks: readonly string[], raw: RawOptions) =>
      run({ ...targetOf(raw), format: formatOf(raw), masks, pids: raw.pid ?? [] }),
    );
}

const HELP_AFTER = `
Examples:
  capscope decode 00000000a80425fb
  capscope decode - < /proc/1/status
  capscope decode --pid 1`;

/** The format that was asked for; text where none was. */
export function formatOf({ format, json }: RawReportOptions<CapabilityFormat>): CapabilityFormat {
  return json === true ? "json" : (format ?? "text");
}
