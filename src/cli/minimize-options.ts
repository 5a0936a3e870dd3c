// SPDX-License-Identifier: Apache-2.0
import { Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../errors.ts";
import type { Readiness } from "../linux/readiness.ts";
import { parseName, parseSeconds } from "./option-values.ts";
import { COLOR_CHOICES, type ColorChoice } from "./terminal.ts";

/** Forms of the report, as `--format` names them. */
export const MINIMIZE_FORMATS = ["text", "json", "caps"] as const;
export type MinimizeFormat = (typeof MINIMIZE_FORMATS)[number];

/** The command line of `capscope minimize`, as given. */
export interface MinimizeRequest {
  readonly argv: readonly string[];
  readonly user: string | null;
  readonly check: string | null;
  readonly prepare: string | null;
  readonly ready: ReadyChoice | null;
  readonly status: number;
  readonly strict: boolean;
  readonly runs: number;
  readonly maxRuns: number;
  readonly jobs: number;
  readonly timeoutMs: number;
  readonly resume: string | null;
  readonly dryRun: boolean;
  readonly watchesExits: boolean;
  readonly format: MinimizeFormat;
  /** Null for standard error. */
  readonly output: string | null;
  readonly color: ColorChoice;
}

/** How a daemon shows that it is ready, and as it was written. */
export interface ReadyChoice {
  readonly text: string;
  readonly readiness: Readiness;
}

interface RawOptions {
  readonly user?: string;
  readonly check?: string;
  readonly prepare?: string;
  readonly ready?: ReadyChoice;
  readonly status: number;
  readonly strict?: boolean;
  readonly runs: number;
  readonly maxRuns: number;
  readonly jobs: number;
  readonly timeout: number;
  readonly resume?: string;
  readonly dryRun?: boolean;
  readonly syscallExits?: boolean;
  readonly format: MinimizeFormat;
  readonly json?: boolean;
  readonly output?: string;
  readonly color: ColorChoice | false;
}

/** Declares `capscope minimize`; `run` gets what the user asked for. */
export function minimizeCommand(run: (request: MinimizeRequest) => Promise<void>): Command {
  const command = new Command("minimize")
    .summary("proves which capabilities a command needs, by running it without the others")
    .description(
      "Traces a command once, then runs it again and again with fewer capabilities, which the kernel " +
        "enforces, until none can go. Each run does whatever the command does. Standard output is " +
        "that of the first run; the report goes to standard error.",
    )
    .argument("[command...]", "the command and its arguments, after --");
  declareTrials(command);
  declareOutput(command);
  return command
    .addHelpText("after", HELP_AFTER)
    .passThroughOptions()
    .action((argv: readonly string[], raw: RawOptions) => run(requestOf(argv, raw)));
}

function declareTrials(command: Command): void {
  command
    .option("--check <line>", "line of shell that succeeds when the command did its job", parseName)
    .option(
      "--ready <sign>",
      "it is a daemon, ready by port:[ADDRESS:]PORT, file:PATH, notify or delay:SECONDS",
      parseReady,
    )
    .option("--prepare <line>", "line of shell to run before each run", parseName)
    .option(
      "--user <user>",
      "run it as NAME, UID, NAME:GROUP or UID:GID, with ambient capabilities",
    )
    .addOption(
      new Option("--status <number>", "the status with which the command ends when it works")
        .argParser((text: string) => parseCount(text, 0, 255))
        .default(0),
    )
    .option("--strict", "it does not work when a system call is refused that was not before")
    .addOption(
      new Option("--runs <number>", "runs that each answer is confirmed by")
        .argParser((text: string) => parseCount(text, 1, 100))
        .default(2),
    )
    .addOption(
      new Option("--max-runs <number>", "stop the search after so many runs")
        .argParser((text: string) => parseCount(text, 1, 1_000_000))
        .default(500),
    )
    .addOption(
      new Option("--jobs <number>", "runs at the same time, where they do not disturb each other")
        .argParser((text: string) => parseCount(text, 1, 64))
        .default(1),
    )
    .addOption(
      new Option("--timeout <seconds>", "end each run, and each check, after so long")
        .argParser(parseSeconds)
        .default(60),
    )
    .option("--resume <file>", "keep what is found in a file, and go on from there", parseName)
    .option("--dry-run", "say what would be done, and run nothing")
    .option(
      "--syscall-exits",
      "before Linux 6.18: see how system calls end in which a capability is denied; slows down all system calls of the machine",
    );
}

function declareOutput(command: Command): void {
  command
    .addOption(
      new Option("--format <format>", "form of the report")
        .choices(MINIMIZE_FORMATS)
        .default("text"),
    )
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write the report to a file", parseName)
    .addOption(
      new Option("--color <when>", "colour the output").choices(COLOR_CHOICES).default("auto"),
    )
    .option("--no-color", "the same as --color never");
}

const HELP_AFTER = `
Exit codes: 0 a minimal set was proven; 4 it was not: answers differ from run to run, or the search
was stopped; 128+N after signal N. When the command does not work in the first run, its own status,
or the check's; 126 and 127 when it could not be run; 125 when capscope failed; 2 wrong usage; 3 this
kernel or these privileges allow no trace or no limits.`;

function requestOf(argv: readonly string[], raw: RawOptions): MinimizeRequest {
  if (argv.length === 0) throw new UsageError("nothing to run", "give a command after --");
  if (raw.jobs > 1 && [raw.ready, raw.check, raw.prepare].some((each) => each !== undefined)) {
    throw new UsageError(
      "--jobs is for runs that stand alone: not with --ready, --check or --prepare",
      "they would take what one run does for what another does",
    );
  }
  return {
    argv,
    user: raw.user ?? null,
    check: raw.check ?? null,
    prepare: raw.prepare ?? null,
    ready: raw.ready ?? null,
    status: raw.status,
    strict: raw.strict === true,
    runs: raw.runs,
    maxRuns: raw.maxRuns,
    jobs: raw.jobs,
    timeoutMs: raw.timeout * 1000,
    resume: raw.resume ?? null,
    dryRun: raw.dryRun === true,
    watchesExits: raw.syscallExits === true,
    format: raw.json === true ? "json" : raw.format,
    output: raw.output === undefined || raw.output === "-" ? null : raw.output,
    color: raw.color === false ? "never" : raw.color,
  };
}

function parseReady(text: string): ReadyChoice {
  const [kind = "", ...rest] = text.split(":");
  const value = rest.join(":");
  const readiness = readinessOf(kind, value);
  if (readiness !== null) return { text, readiness };
  throw new InvalidArgumentError(
    "Say port:PORT, port:ADDRESS:PORT, file:PATH, notify or delay:SECONDS.",
  );
}

function readinessOf(kind: string, value: string): Readiness | null {
  switch (kind) {
    case "port": {
      const [, bracketed, plain, digits] = PORT.exec(value) ?? [];
      const port = Number(digits);
      const address = bracketed ?? plain ?? null;
      return port >= 1 && port <= 65_535 ? { kind, address, port } : null;
    }
    case "file":
      return value.startsWith("/") ? { kind, path: value } : null;
    case "notify":
      return value === "" ? { kind } : null;
    case "delay":
      return /^[0-9]+(?:\.[0-9]+)?$/.test(value)
        ? { kind, durationMs: Number(value) * 1000 }
        : null;
    default:
      return null;
  }
}

/** A port, after an address where there is one: "80", "localhost:80", "[::1]:80". */
const PORT = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/;

function parseCount(text: string, least: number, most: number): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= least && count <= most) return count;
  throw new InvalidArgumentError(`It is not a number from ${least} to ${most}.`);
}
