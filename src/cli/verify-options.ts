// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from "commander";
import type { CapabilitySet } from "../capabilities/set.ts";
import { UsageError } from "../errors.ts";
import type { RunningTarget } from "../verify/processes.ts";
import { parseCapabilityList, parseName, parsePid } from "./option-values.ts";
import { COLOR_CHOICES, type ColorChoice } from "./terminal.ts";

/** Forms of the report, as `--format` names them. */
export const VERIFY_FORMATS = ["text", "json", "sarif"] as const;
export type VerifyFormat = (typeof VERIFY_FORMATS)[number];

/** What is to be looked at; a file of "-" is standard input. */
export type VerifyRequestTarget =
  | RunningTarget
  | { readonly kind: "manifest"; readonly file: string; readonly name: string | null }
  | { readonly kind: "command"; readonly program: string; readonly user: string | null };

/** The command line of `capscope verify`, as given. */
export interface VerifyRequest {
  readonly target: VerifyRequestTarget;
  /** What is expected; null for what a unit declares itself. */
  readonly expected:
    | { readonly kind: "profile"; readonly file: string }
    | { readonly kind: "list"; readonly set: CapabilitySet }
    | null;
  readonly exact: boolean;
  readonly allowPartial: boolean;
  readonly format: VerifyFormat;
  /** Null for standard output. */
  readonly output: string | null;
  readonly color: ColorChoice;
}

interface RawOptions {
  readonly profile?: string;
  readonly cap?: CapabilitySet;
  readonly pid?: number;
  readonly unit?: string;
  readonly container?: string;
  readonly file?: string;
  readonly name?: string;
  readonly cmd?: string;
  readonly user?: string;
  readonly exact?: boolean;
  readonly allowPartial?: boolean;
  readonly format: VerifyFormat;
  readonly json?: boolean;
  readonly output?: string;
  readonly color: ColorChoice | false;
}

/** Declares `capscope verify`; `run` gets what the user asked for. */
export function verifyCommand(run: (request: VerifyRequest) => Promise<void>): Command {
  return new Command("verify")
    .summary("whether something is confined as it should be")
    .description(
      "Compares the capability sets, secure bits and no_new_privs of what runs with what a " +
        "profile, a list or the unit itself allows. Who has less is confined further, and fine.",
    )
    .option("--profile <file>", "expect what a profile says; - for standard input", parseName)
    .option(
      "--cap <list>",
      "expect these capabilities, in any spelling; none for none",
      parseCapabilityList,
    )
    .option("--pid <pid>", "look at a process", parsePid)
    .option("--unit <unit>", "look at all processes of a unit")
    .option("--container <id>", "look at a container, by the start of its id or by its name")
    .option("--file <manifest>", "look at what a configuration declares", parseName)
    .option("--name <name>", "of a configuration, only the container of this name", parseName)
    .option("--cmd <program>", "look at what a program would have, were it executed", parseName)
    .option("--user <user>", "with --cmd: executed by NAME, UID, NAME:GROUP or UID:GID", parseName)
    .option("--exact", "a bounding set that is smaller is a difference, too")
    .addOption(
      new Option("--format <format>", "form of the report").choices(VERIFY_FORMATS).default("text"),
    )
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write the report to a file", parseName)
    .option("--allow-partial", "exit 0 even when something could not be seen")
    .addOption(
      new Option("--color <when>", "colour the output").choices(COLOR_CHOICES).default("auto"),
    )
    .option("--no-color", "the same as --color never")
    .addHelpText("after", HELP_AFTER)
    .action((raw: RawOptions) => run(requestOf(raw)));
}

const HELP_AFTER = `
A unit is compared with what it declares itself when nothing else is given.
Exit codes: 0 as expected, 1 a difference, 2 wrong usage, 3 cannot observe, 4 something that had to be
seen could not be.`;

function requestOf(raw: RawOptions): VerifyRequest {
  return {
    target: targetOf(raw),
    expected: expectedOf(raw),
    exact: raw.exact === true,
    allowPartial: raw.allowPartial === true,
    format: raw.json === true ? "json" : raw.format,
    output: raw.output === undefined || raw.output === "-" ? null : raw.output,
    color: raw.color === false ? "never" : raw.color,
  };
}

function targetOf(raw: RawOptions): VerifyRequestTarget {
  const { pid, unit, container, file, name, cmd, user } = raw;
  const targets: readonly (VerifyRequestTarget | null)[] = [
    pid === undefined ? null : { kind: "process", pid },
    unit === undefined ? null : { kind: "unit", unit },
    container === undefined ? null : { kind: "container", container },
    file === undefined ? null : { kind: "manifest", file, name: name ?? null },
    cmd === undefined ? null : { kind: "command", program: cmd, user: user ?? null },
  ];
  const [target, ...others] = targets.filter((each) => each !== null);
  if (target === undefined) throw new UsageError("nothing to verify", `give ${CHOICES}`);
  if (others.length > 0) throw new UsageError("more than one thing to verify", `one of ${CHOICES}`);
  if (name !== undefined && target.kind !== "manifest") throw new UsageError("--name needs --file");
  if (user !== undefined && target.kind !== "command") throw new UsageError("--user needs --cmd");
  return target;
}

const CHOICES = "--pid, --unit, --container, --file or --cmd";

function expectedOf({ profile, cap }: RawOptions): VerifyRequest["expected"] {
  if (profile !== undefined && cap !== undefined) {
    throw new UsageError("--profile and --cap both say what is expected", "give one of them");
  }
  if (profile !== undefined) return { kind: "profile", file: profile };
  return cap === undefined ? null : { kind: "list", set: cap };
}
