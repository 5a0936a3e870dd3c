// SPDX-License-Identifier: Apache-2.0
import { UsageError } from "../errors.ts";
import { findShell, launcherWords, type LaunchOptions } from "./launch-options.ts";

/** A shell to start, with the launchers before it. */
export interface GateProcess {
  readonly words: readonly string[];
  /** What the launchers and the shell are started with; null for this process's own. */
  readonly environment: Readonly<Record<string, string>> | null;
}

/** Descriptor 3 is the gate, 4 the standard error of the command. */
const WAIT_AT_GATE = "exec 2>&4 4>&-; echo >&3; read -r _ <&3 || exit; exec 3<&-";
/** Of the launchers and the shell, where the command is to have another environment. */
const OWN_ENVIRONMENT = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };
/** Set by the shell itself, or for it. */
const NOT_THE_COMMANDS = "PATH LC_ALL PWD OLDPWD SHLVL";

/**
 * The process that becomes the command. Its shell says on descriptor 3 that it is there, waits
 * there for a line, and becomes the command. Throws UnsupportedError where a launcher is missing.
 */
export function gateProcess(argv: readonly string[], options: LaunchOptions): GateProcess {
  const { environment, workingDirectory, argv0 } = options;
  const assignments = environment === undefined ? [] : assignmentsOf(environment);
  const script = [
    ...enterDirectory(options),
    ...(options.umask === undefined ? [] : [`umask ${options.umask.toString(8)}`]),
    ...(environment === undefined ? [] : exportAll(assignments.length)),
    WAIT_AT_GATE,
    argv0 === undefined ? 'exec "$@"' : 'exec -a "$@"',
  ].join("; ");
  const parameters = [
    ...(workingDirectory === undefined ? [] : [workingDirectory]),
    ...(argv0 === undefined ? [] : [argv0]),
    ...argv,
  ];
  const shell = [...findShell(argv0), "-c", script, "sh", ...parameters];
  return {
    words: [...launcherWords(options), ...shell],
    environment: environment === undefined ? null : carrierOf(assignments),
  };
}

function enterDirectory({
  workingDirectory,
  workingDirectoryOptional,
}: LaunchOptions): readonly string[] {
  if (workingDirectory === undefined) return [];
  if (!workingDirectory.startsWith("/")) {
    throw new UsageError(`working directory is not an absolute path: ${workingDirectory}`);
  }
  const otherwise = workingDirectoryOptional === true ? "2>/dev/null || cd /" : "|| exit";
  return [`cd -- "$1" ${otherwise}`, "shift"];
}

function assignmentsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(environment).map(([name, value]) => {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return `${name}=${value}`;
    throw new UsageError(`not the name of an environment variable: ${name}`);
  });
}

/**
 * Assignments travel as the values of variables with harmless names, and take effect in the shell:
 * a launcher that still has privileges must not obey an LD_PRELOAD meant for the command, and an
 * argument would show them to every user.
 */
function carrierOf(assignments: readonly string[]): Readonly<Record<string, string>> {
  const carried = assignments.map((assignment, at) => [carrierName(at), assignment] as const);
  return { ...OWN_ENVIRONMENT, ...Object.fromEntries(carried) };
}

function exportAll(count: number): readonly string[] {
  const names = Array.from({ length: count }, (_, at) => carrierName(at));
  if (names.length === 0) return [`unset ${NOT_THE_COMMANDS}`];
  return [
    `unset ${NOT_THE_COMMANDS}`,
    `export ${names.map((name) => `"$${name}"`).join(" ")}`,
    `unset ${names.join(" ")}`,
  ];
}

function carrierName(at: number): string {
  return `CAPSCOPE_LAUNCH_${at}`;
}
