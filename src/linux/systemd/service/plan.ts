// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EVERYTHING, setOf } from "../../../capabilities/set.ts";
import { UsageError } from "../../../errors.ts";
import type { Account, AccountDatabase } from "../../account.ts";
import type { ResourceLimit } from "../../resource-limits.ts";
import {
  IMPLY_NO_NEW_PRIVILEGES,
  REMOVED_FROM_BOUNDING,
} from "../../../manifest/systemd/implied.ts";
import { type ManagerDefaults, serviceEnvironment } from "./environment.ts";
import { type ExecLine, parseExec } from "./exec-line.ts";
import { expandArguments } from "./expand-variables.ts";
import { type ServiceIdentity, serviceIdentity } from "./identity.ts";
import { applyAssignment, emptySettings, type ServiceSettings } from "./settings.ts";
import { expandSpecifiers, type SpecifierContext } from "./specifiers.ts";
import type { UnitFiles } from "./unit-files.ts";
import { parseUnitText } from "../../../manifest/systemd/unit-text.ts";

/** How a service's command runs, as far as it can be had without the service manager. */
export interface ServicePlan {
  readonly unit: string;
  readonly argv: readonly string[];
  /** Null where it is the first word of `argv`. */
  readonly argv0: string | null;
  readonly user: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
  readonly ambient: CapabilitySet;
  /** Null where nothing is taken away. May hold bits that are no capability of this kernel. */
  readonly bounding: CapabilitySet | null;
  readonly noNewPrivileges: boolean;
  readonly securebits: readonly string[];
  readonly workingDirectory: { readonly path: string; readonly optional: boolean };
  readonly environment: Readonly<Record<string, string>>;
  readonly umask: number;
  readonly limits: readonly ResourceLimit[];
  /** What systemd would complain about, or do otherwise. */
  readonly warnings: readonly string[];
  /** What the unit asks for and is not applied, "PrivateTmp=yes is not applied". */
  readonly unsupported: readonly string[];
}

export interface PlanSurroundings extends ManagerDefaults {
  readonly database: AccountDatabase;
  /** Specifiers apart from the unit's own. */
  readonly specifiers: Omit<SpecifierContext, "unit" | "fragment">;
  /** Replaces the arguments when its first word begins with "-", else the whole command. */
  readonly override: readonly string[];
}

const DEFAULT_UMASK = 0o022;

/**
 * Makes the plan of a service of the system manager, as systemd 252 and newer read its files.
 * Throws UsageError for what keeps systemd from loading or starting it.
 */
export function planService(files: UnitFiles, surroundings: PlanSurroundings): ServicePlan {
  const context = {
    ...surroundings.specifiers,
    unit: files.unit,
    fragment: files.fragment.path,
  };
  const unknown = new Set<string>();
  const expand = (text: string): string => expandSpecifiers(text, context, unknown);
  const settings = readSettings(files, expand);
  const warn = (warning: string): void => void settings.warnings.push(warning);
  const line = chooseCommand(settings, expand, surroundings.override);
  const identity = serviceIdentity(settings, files.unit, surroundings.database, warn);
  const environment = serviceEnvironment(settings, identity.account, surroundings);
  const command = commandOf(line, settings, environment, surroundings.defaultPath);
  for (const specifier of unknown) warn(`${specifier} is not known here and was kept`);
  return {
    unit: files.unit,
    ...command,
    ...credentialsOf(line, settings, identity),
    workingDirectory: directoryOf(settings, identity.account),
    environment: Object.fromEntries(environment),
    umask: settings.umask ?? DEFAULT_UMASK,
    limits: [...settings.limits.values()],
    warnings: settings.warnings,
    unsupported: describeUnapplied(settings, files),
  };
}

function readSettings(files: UnitFiles, expand: (text: string) => string): ServiceSettings {
  const settings = emptySettings();
  for (const { path, text } of [files.fragment, ...files.dropIns]) {
    const { assignments, warnings } = parseUnitText(text);
    settings.warnings.push(...warnings.map((warning) => `${path}: ${warning}`));
    for (const assignment of assignments) {
      if (assignment.section === "Service") applyAssignment(settings, assignment, expand);
    }
  }
  return settings;
}

/** The first command is run; others of a oneshot service are named. */
function chooseCommand(
  settings: ServiceSettings,
  expand: (text: string) => string,
  override: readonly string[],
): ExecLine {
  const lines = settings.execStart.flatMap((value) => {
    const parsed = parseExec(value, expand);
    if (parsed.kind === "lines") return parsed.lines;
    settings.warnings.push(`ExecStart=${value}: ${parsed.reason}, ignored`);
    return [];
  });
  const [first, ...others] = lines;
  const isWhole = override.length > 0 && !override[0]?.startsWith("-");
  if (first === undefined && !isWhole) {
    throw new UsageError("the service has no ExecStart= command", "give one after --");
  }
  if (others.length > 0 && settings.type !== "oneshot") {
    throw new UsageError("the service has more than one ExecStart= and is not of Type=oneshot");
  }
  for (const { program, args } of others) {
    const text = [program, ...args].join(" ");
    settings.notReproduced.set(`ExecStart=${text}`, []);
  }
  return overridden(first, override);
}

function overridden(line: ExecLine | undefined, override: readonly string[]): ExecLine {
  const [program = "", ...args] = override;
  const prefixes = line?.prefixes ?? {
    ignoreFailure: false,
    keepVariables: true,
    throughShell: false,
    privilege: "configured",
  };
  if (line !== undefined && override.length === 0) return line;
  const kept = { ...prefixes, keepVariables: true };
  if (line !== undefined && program.startsWith("-")) {
    return { ...line, prefixes: kept, args: override };
  }
  return { prefixes: { ...kept, throughShell: false }, program, argv0: program, args };
}

function commandOf(
  { prefixes, program, argv0, args }: ExecLine,
  { warnings, searchPath }: ServiceSettings,
  environment: ReadonlyMap<string, string>,
  defaultPath: string,
): Pick<ServicePlan, "argv" | "argv0"> {
  const expanded = prefixes.keepVariables ? args : expandArguments(args, environment);
  if (prefixes.throughShell) {
    const shell = environment.get("SHELL") ?? "/bin/sh";
    warnings.push('ExecStart=: the prefix "|" takes systemd 258');
    return { argv: [shell, "-c", [program, ...expanded].join(" ")], argv0: null };
  }
  const path = searchPath.length === 0 ? defaultPath : searchPath.join(":");
  if (!program.includes("/") && environment.get("PATH") !== path) {
    warnings.push(`${program} is looked for in PATH of the service; systemd has a PATH of its own`);
  }
  return { argv: [program, ...expanded], argv0: argv0 === program ? null : argv0 };
}

/** "+" takes all of it away, "!" the ids. */
function credentialsOf(
  { prefixes: { privilege } }: ExecLine,
  settings: ServiceSettings,
  identity: ServiceIdentity,
): Pick<ServicePlan, "user" | "ambient" | "bounding" | "noNewPrivileges" | "securebits"> {
  const user =
    privilege === "configured"
      ? { uid: identity.uid, gid: identity.gid, groups: identity.groups }
      : { uid: 0, gid: 0, groups: identity.databaseGroups };
  if (privilege === "full") {
    return { user, ambient: 0n, bounding: null, noNewPrivileges: false, securebits: [] };
  }
  const bounding = boundingOf(settings);
  return {
    user,
    ambient: settings.ambient,
    bounding: bounding === EVERYTHING ? null : bounding,
    noNewPrivileges: hasNoNewPrivileges(settings, user.uid),
    securebits: [...settings.securebits],
  };
}

function boundingOf({ bounding, notReproduced }: ServiceSettings): CapabilitySet {
  let set = bounding;
  for (const [key, names] of Object.entries(REMOVED_FROM_BOUNDING)) {
    if (notReproduced.has(key)) set &= ~setOf(...names);
  }
  return set;
}

function hasNoNewPrivileges(settings: ServiceSettings, uid: number): boolean {
  if (settings.noNewPrivileges || settings.dynamicUser) return true;
  // Ambient capabilities are not effective yet when systemd 252 looks for CAP_SYS_ADMIN.
  if (uid === 0) return false;
  const cause = IMPLY_NO_NEW_PRIVILEGES.find((key) => settings.notReproduced.has(key));
  if (cause !== undefined) settings.warnings.push(`NoNewPrivileges=yes is implied by ${cause}=`);
  return cause !== undefined;
}

function directoryOf(
  { workingDirectory }: ServiceSettings,
  account: Account | null,
): ServicePlan["workingDirectory"] {
  if (workingDirectory === null) return { path: "/", optional: false };
  if (workingDirectory.path !== "~") return workingDirectory;
  return { path: account?.home ?? "/root", optional: workingDirectory.optional };
}

function describeUnapplied(settings: ServiceSettings, files: UnitFiles): readonly string[] {
  const described = [...settings.notReproduced].map(([key, values]) => {
    if (values.length === 0) return `${key} is not run`;
    const verb = key.startsWith("Exec") && !key.endsWith("Paths") ? "run" : "applied";
    return `${key}=${values.join(" ")} is not ${verb}`;
  });
  if (settings.dynamicUser) {
    described.push("DynamicUser=yes: PrivateTmp=, ProtectSystem= and ProtectHome= are not applied");
  }
  if (settings.type?.startsWith("notify") === true) {
    described.push(`Type=${settings.type}: NOTIFY_SOCKET is not set`);
  }
  if (files.socketUnit !== null) described.push(`${files.socketUnit}: no sockets are passed`);
  return described;
}
