// SPDX-License-Identifier: Apache-2.0
import { Argument, Command, Option } from "commander";
import type { CapabilitySet } from "../capabilities/set.ts";
import { UsageError } from "../errors.ts";
import {
  assertSuits,
  parseAccount,
  parseGroup,
  parseImage,
  parseProgram,
  parseWorkloadName,
} from "../harden/facts.ts";
import { HARDEN_TARGETS, type HardenTarget } from "../harden/model.ts";
import type { WorkloadFacts } from "../harden/workload.ts";
import { parseCapabilityList, parseName } from "./option-values.ts";

/** Forms of the result, as `--format` names them. */
export const HARDEN_FORMATS = ["text", "json"] as const;
export type HardenFormat = (typeof HARDEN_FORMATS)[number];

/** Where the set comes from. */
export type HardenSource =
  | { readonly kind: "profile"; readonly file: string }
  | { readonly kind: "unit"; readonly unit: string }
  | { readonly kind: "list"; readonly set: CapabilitySet };

/** The command line of `capscope harden`, as given. */
export interface HardenRequest {
  readonly target: HardenTarget;
  readonly source: HardenSource;
  readonly facts: WorkloadFacts;
  readonly allowPartial: boolean;
  readonly format: HardenFormat;
  /** Null for standard output. */
  readonly output: string | null;
}

interface RawOptions {
  readonly profile?: string;
  readonly unit?: string;
  readonly cap?: CapabilitySet;
  readonly name?: string;
  readonly user?: string;
  readonly image?: string;
  readonly program?: string;
  readonly group?: string;
  readonly allowPartial?: boolean;
  readonly format: HardenFormat;
  readonly json?: boolean;
  readonly output?: string;
}

/** Declares `capscope harden`; `run` gets what the user asked for. */
export function hardenCommand(run: (request: HardenRequest) => Promise<void>): Command {
  return new Command("harden")
    .summary("write the configuration that grants just what is needed")
    .description(
      "Writes a configuration that grants the capabilities which a profile shows to be needed, " +
        "and no others. What is proven, what a trace has seen and what nobody has tested are " +
        "marked apart in it.",
    )
    .addArgument(new Argument("<target>", "what to write, see below").choices(HARDEN_TARGETS))
    .option("--profile <file>", "from a profile; - for standard input", parseName)
    .option("--unit <unit>", "from what a unit's processes hold now", parseName)
    .option("--cap <list>", "from a list, in any spelling; none for none", parseCapabilityList)
    .option("--name <name>", "name of the unit or the container", parseName)
    .option("--user <user[:group]>", "run as this user", parseName)
    .option("--image <image>", "the container's image", parseName)
    .option("--program <path>", "the program (auditd, file)", parseName)
    .option("--group <group>", "who may execute the program (file)", parseName)
    .addOption(
      new Option("--format <format>", "form of the result").choices(HARDEN_FORMATS).default("text"),
    )
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write to a file", parseName)
    .option("--allow-partial", "exit 0 even when the profile is incomplete")
    .addHelpText("after", HELP_AFTER)
    .action((target: HardenTarget, raw: RawOptions) => run(requestOf(target, raw)));
}

const HELP_AFTER = `
Targets:
  systemd     drop-in of a service            quadlet     .container file of Podman
  docker      docker run                      podman      podman run
  compose     service of a Compose file       kubernetes  pod with its securityContext
  kyverno     ClusterPolicy for the pods      auditd      rules for what goes beyond
  file        setcap, group and mode          nix         NixOS module
  ansible     tasks that write the drop-in    c, c-libcap, python, go, rust
                                              a function with which a program limits itself
Exit codes: 0 fine, 2 wrong usage, 3 cannot read or write, 4 the profile is incomplete, or says too
little for a configuration.`;

function requestOf(target: HardenTarget, raw: RawOptions): HardenRequest {
  const facts = {
    name: raw.name === undefined ? null : parseWorkloadName(raw.name),
    user: raw.user === undefined ? null : parseAccount(raw.user),
    image: raw.image === undefined ? null : parseImage(raw.image),
    group: raw.group === undefined ? null : parseGroup(raw.group),
    program: raw.program === undefined ? null : parseProgram(raw.program),
  };
  assertSuits(target, facts);
  return {
    target,
    source: sourceOf(raw),
    facts,
    allowPartial: raw.allowPartial === true,
    format: raw.json === true ? "json" : raw.format,
    output: raw.output === undefined || raw.output === "-" ? null : raw.output,
  };
}

function sourceOf({ profile, unit, cap }: RawOptions): HardenSource {
  const sources: readonly (HardenSource | null)[] = [
    profile === undefined ? null : { kind: "profile", file: profile },
    unit === undefined ? null : { kind: "unit", unit },
    cap === undefined ? null : { kind: "list", set: cap },
  ];
  const [source, ...others] = sources.filter((each) => each !== null);
  if (source === undefined) throw new UsageError("no set to grant", `give one of ${SOURCES}`);
  if (others.length > 0) throw new UsageError("more than one set to grant", `one of ${SOURCES}`);
  return source;
}

const SOURCES = "--profile, --unit, --cap";
