// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from "commander";
import { UsageError } from "../errors.ts";
import { parseName, parsePid, parseSeconds } from "./option-values.ts";
import { type WayIn, WAYS_IN } from "../linux/bpf/observation.ts";
import { COLOR_CHOICES, type ColorChoice } from "./terminal.ts";

/** Forms of a trace's report, as `--format` names them. */
export const TRACE_FORMATS = ["text", "json", "caps"] as const;
export type TraceFormat = (typeof TRACE_FORMATS)[number];

/** What is to be followed. */
export type TraceTarget =
  | { readonly kind: "command"; readonly argv: readonly string[]; readonly user: string | null }
  | { readonly kind: "process"; readonly pid: number }
  | { readonly kind: "unit"; readonly unit: string; readonly restart: boolean }
  | { readonly kind: "service"; readonly file: string; readonly override: readonly string[] }
  | { readonly kind: "container"; readonly container: string }
  | { readonly kind: "cgroup"; readonly path: string };

/** The command line of `capscope trace`, as given. */
export interface TraceRequest {
  readonly target: TraceTarget;
  readonly format: TraceFormat;
  /** Null for standard error, or standard output where no command is run. */
  readonly output: string | null;
  readonly color: ColorChoice;
  readonly durationMs: number | null;
  readonly watchesExits: boolean;
  /** Null for the best that this kernel has. */
  readonly wayIn: WayIn | null;
}

interface RawOptions {
  readonly pid?: number;
  readonly unit?: string;
  readonly restart?: boolean;
  readonly service?: string;
  readonly container?: string;
  readonly cgroup?: string;
  readonly user?: string;
  readonly format: TraceFormat;
  readonly json?: boolean;
  readonly output?: string;
  readonly color: ColorChoice | false;
  readonly duration?: number;
  readonly syscallExits?: boolean;
  readonly wayIn?: WayIn;
}

/** Declares `capscope trace`; `run` gets what the user asked for. */
export function traceCommand(run: (request: TraceRequest) => Promise<void>): Command {
  return new Command("trace")
    .summary("which capabilities a command, service or container really uses")
    .description(
      "Follows a command that it runs, or what runs already, with all that it starts, and reports " +
        "which capabilities the kernel was asked for, by which program, in which system call. " +
        "Standard output is the command's; the report goes to standard error then.",
    )
    .argument("[command...]", "the command and its arguments, after --")
    .option("--user <user>", "run the command as NAME, UID, NAME:GROUP or UID:GID")
    .option("--pid <pid>", "follow a process that runs", parsePid)
    .option("--unit <unit>", "follow a unit of the service manager")
    .option("--restart", "restart the unit, to see its start")
    .option("--service <file>", "run the command of a service unit file as the unit would")
    .option("--container <id>", "follow a container, by the start of its id or by its name")
    .option("--cgroup <path>", "follow a control group, by path or directory")
    .addOption(
      new Option("--format <format>", "form of the report").choices(TRACE_FORMATS).default("text"),
    )
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write the report to a file", parseName)
    .option("--duration <seconds>", "end the trace after so long", parseSeconds)
    .option(
      "--syscall-exits",
      "before Linux 6.18: see how system calls end in which a capability is denied; slows down all system calls of the machine",
    )
    .addOption(
      new Option("--way-in <hook>", "the only hook into the kernel to try").choices(WAYS_IN),
    )
    .addOption(
      new Option("--color <when>", "colour the output").choices(COLOR_CHOICES).default("auto"),
    )
    .option("--no-color", "the same as --color never")
    .addHelpText("after", HELP_AFTER)
    .passThroughOptions()
    .action((argv: readonly string[], raw: RawOptions) => run(requestOf(argv, raw)));
}

const HELP_AFTER = `
Of a command, the exit code is the command's own, 128+N for a signal; 125 when capscope failed, 126
and 127 when the command could not be run. Of what runs already it is 0, or 4 when something was
lost. 2 is wrong usage; 3 says that this kernel or these privileges allow no trace.`;

function requestOf(argv: readonly string[], raw: RawOptions): TraceRequest {
  return {
    target: targetOf(argv, raw),
    format: raw.json === true ? "json" : raw.format,
    output: raw.output === undefined || raw.output === "-" ? null : raw.output,
    color: raw.color === false ? "never" : raw.color,
    durationMs: raw.duration === undefined ? null : raw.duration * 1000,
    watchesExits: raw.syscallExits === true,
    wayIn: raw.wayIn ?? null,
  };
}

function targetOf(argv: readonly string[], raw: RawOptions): TraceTarget {
  const { pid, unit, restart, service, container, cgroup, user } = raw;
  const targets: readonly (TraceTarget | null)[] = [
    pid === undefined ? null : { kind: "process", pid },
    unit === undefined ? null : { kind: "unit", unit, restart: restart === true },
    service === undefined ? null : { kind: "service", file: service, override: argv },
    container === undefined ? null : { kind: "container", container },
    cgroup === undefined ? null : { kind: "cgroup", path: cgroup },
    argv.length === 0 || service !== undefined
      ? null
      : { kind: "command", argv, user: user ?? null },
  ];
  const [target, ...others] = targets.filter((each) => each !== null);
  if (target === undefined) {
    throw new UsageError("nothing to trace", `give a command after --, or ${CHOICES}`);
  }
  if (others.length > 0) {
    throw new UsageError("more than one thing to trace", `one of a command, ${CHOICES}`);
  }
  if (restart === true && target.kind !== "unit") throw new UsageError("--restart needs --unit");
  if (user !== undefined && target.kind !== "command") {
    throw new UsageError("--user is for a command after --");
  }
  return target;
}

const CHOICES = "--pid, --unit, --service, --container or --cgroup";
