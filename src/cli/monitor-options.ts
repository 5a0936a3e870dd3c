// SPDX-License-Identifier: Apache-2.0
import { Command, InvalidArgumentError, Option } from "commander";
import { parseCapabilityNames } from "../capabilities/parse-names.ts";
import { type CapabilitySet, EMPTY_SET } from "../capabilities/set.ts";
import { MONITOR_GROUPINGS, type MonitorGrouping } from "../trace/model.ts";
import type { MonitorFilter } from "../trace/monitor/filter.ts";
import { parseName, parseSeconds } from "./option-values.ts";
import { COLOR_CHOICES, type ColorChoice } from "./terminal.ts";

/** Forms of a monitor's lines, as `--format` names them. */
export const MONITOR_FORMATS = ["text", "jsonl"] as const;
export type MonitorFormat = (typeof MONITOR_FORMATS)[number];

/** The command line of `capscope monitor`, as given. */
export interface MonitorRequest {
  readonly filter: MonitorFilter;
  /** Null for no summary. */
  readonly by: MonitorGrouping | null;
  readonly durationMs: number | null;
  readonly format: MonitorFormat;
  /** Null for standard output. */
  readonly output: string | null;
  readonly color: ColorChoice;
}

interface RawOptions {
  readonly pid?: readonly number[];
  readonly comm?: readonly string[];
  readonly unit?: readonly string[];
  readonly container?: readonly string[];
  readonly cap?: CapabilitySet;
  readonly denied?: boolean;
  readonly all?: boolean;
  readonly summary?: boolean;
  readonly by?: MonitorGrouping;
  readonly duration?: number;
  readonly format?: MonitorFormat;
  readonly json?: boolean;
  readonly output?: string;
  readonly color: ColorChoice | false;
}

/** Declares `capscope monitor`; `run` gets what the user asked for. */
export function monitorCommand(run: (request: MonitorRequest) => Promise<void>): Command {
  return new Command("monitor")
    .summary("which capabilities the whole system uses, live")
    .description(
      "Shows each capability that a process is asked for, when it is asked for the first time in " +
        "this way: by program, system call, answer and place in the kernel. Runs until Ctrl-C.",
    )
    .addOption(repeatable("--pid <pid>", "only this process", parsePid))
    .addOption(repeatable("--comm <name>", "only programs of this name or pattern", parseName))
    .addOption(repeatable("--unit <unit>", "only this systemd unit, or pattern", parseName))
    .addOption(
      repeatable(
        "--container <id>",
        "only this container: id, its beginning, or pattern",
        parseName,
      ),
    )
    .addOption(
      new Option(
        "--cap <capabilities>",
        "only these: names or numbers, separated by commas",
      ).argParser(
        (text: string, known: CapabilitySet = EMPTY_SET) => known | parseCapabilities(text),
      ),
    )
    .option("--denied", "only what was refused")
    .option("--all", "also what decides nothing: opportunistic, namespaced, borrowed")
    .option("--summary", "at the end, a table of who asked for what how often")
    .addOption(
      new Option("--by <group>", "sum up by this (default: comm); includes --summary").choices(
        MONITOR_GROUPINGS,
      ),
    )
    .option("--duration <seconds>", "end after so long", parseSeconds)
    .addOption(new Option("--format <format>", "form of the lines").choices(MONITOR_FORMATS))
    .option("--json", "the same as --format jsonl")
    .option("-o, --output <file>", "write the lines to a file", parseName)
    .addOption(
      new Option("--color <when>", "colour the output").choices(COLOR_CHOICES).default("auto"),
    )
    .option("--no-color", "the same as --color never")
    .addHelpText("after", HELP_AFTER)
    .action((raw: RawOptions) => run(requestOf(raw)));
}

const HELP_AFTER = `
Options that choose can be given several times; a check must meet each kind.
Exit codes: 0 ended by Ctrl-C, SIGTERM or --duration, 2 wrong usage, 3 cannot observe, 4 checks or
programs were lost. It needs root, or CAP_BPF and CAP_PERFMON.`;

function requestOf(raw: RawOptions): MonitorRequest {
  return {
    filter: {
      pids: raw.pid ?? [],
      comms: raw.comm ?? [],
      units: raw.unit ?? [],
      containers: raw.container ?? [],
      capabilities: raw.cap ?? null,
      deniedOnly: raw.denied === true,
      all: raw.all === true,
    },
    by: raw.by ?? (raw.summary === true ? "comm" : null),
    durationMs: raw.duration === undefined ? null : raw.duration * 1000,
    format: raw.format ?? (raw.json === true ? "jsonl" : "text"),
    output: raw.output === undefined || raw.output === "-" ? null : raw.output,
    color: raw.color === false ? "never" : raw.color,
  };
}

/** An option that collects its values, also from a list with commas. */
function repeatable<T>(flags: string, help: string, parse: (text: string) => T): Option {
  return new Option(flags, help).argParser((text: string, known: readonly T[] = []) => [
    ...known,
    ...text.split(",").map(parse),
  ]);
}

function parsePid(text: string): number {
  const pid = /^[0-9]{1,10}$/.test(text) ? Number(text) : 0;
  if (pid === 0) throw new InvalidArgumentError("It is not the number of a process.");
  return pid;
}

function parseCapabilities(text: string): CapabilitySet {
  const set = parseCapabilityNames(text);
  if (set !== null && set !== EMPTY_SET) return set;
  throw new InvalidArgumentError(
    "Capabilities are spelled net_admin, CAP_NET_ADMIN or 12 (man 7 capabilities).",
  );
}
