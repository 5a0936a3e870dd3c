// SPDX-License-Identifier: Apache-2.0
import { Command, InvalidArgumentError, Option } from "commander";
import { ABILITIES, type Ability } from "../doctor/model.ts";
import { parseName } from "./option-values.ts";
import { COLOR_CHOICES, type ColorChoice } from "./terminal.ts";

/** Forms of the report, as `--format` names them. */
export const DOCTOR_FORMATS = ["text", "json"] as const;
export type DoctorFormat = (typeof DOCTOR_FORMATS)[number];

/** The command line of `capscope doctor`, as given. */
export interface DoctorRequest {
  readonly format: DoctorFormat;
  /** Null for standard output. */
  readonly output: string | null;
  readonly color: ColorChoice;
  /** What has to be possible. */
  readonly required: readonly Ability[];
}

interface RawOptions {
  readonly format: DoctorFormat;
  readonly json?: boolean;
  readonly output?: string;
  readonly color: ColorChoice | false;
  readonly require?: readonly Ability[];
}

/** Declares `capscope doctor`; `run` gets what the user asked for. */
export function doctorCommand(run: (request: DoctorRequest) => Promise<void>): Command {
  return new Command("doctor")
    .summary("what this kernel and these privileges allow")
    .description(
      "Tries what the other commands need - ways into the kernel, tables of sockets, processes of " +
        "others - and says what is lost without it, and what helps. Changes nothing.",
    )
    .addOption(
      new Option(
        "--require <command>",
        `exit 1 when it is not possible: ${ABILITIES.join(", ")}`,
      ).argParser((text: string, known: readonly Ability[] = []) => [...known, parseAbility(text)]),
    )
    .addOption(
      new Option("--format <format>", "form of the report").choices(DOCTOR_FORMATS).default("text"),
    )
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write the report to a file", parseName)
    .addOption(
      new Option("--color <when>", "colour the output").choices(COLOR_CHOICES).default("auto"),
    )
    .option("--no-color", "the same as --color never")
    .action((raw: RawOptions) =>
      run({
        format: raw.json === true ? "json" : raw.format,
        output: raw.output === undefined || raw.output === "-" ? null : raw.output,
        color: raw.color === false ? "never" : raw.color,
        required: raw.require ?? [],
      }),
    );
}

function parseAbility(text: string): Ability {
  const ability = ABILITIES.find((each) => each === text);
  if (ability === undefined) throw new InvalidArgumentError(`Known are ${ABILITIES.join(", ")}.`);
  return ability;
}
