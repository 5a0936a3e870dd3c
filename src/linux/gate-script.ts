// SPDX-License-Identifier: Apache-2.0
import { UnsupportedError, UsageError } from "../errors.ts";
import { encodeText } from "./bytes.ts";
import { isVariableName } from "./inheritance.ts";
import { findShell, launcherWords, type LaunchOptions } from "./launch-options.ts";

/** A shell to start, with the launchers before it. */
export interface GateProcess {
  readonly words: readonly string[];
  /** What the launchers and the shell are started with; null for this process's own. */
  readonly environment: Readonly<Record<string, string>> | null;
  readonly descriptors: GateDescriptors;
}

/** Where the shell has what it needs for the gate, and what the command gets besides. */
export interface GateDescriptors {
  /** For both directions. */
  readonly gate: number;
  /** The standard error of the command; the shell's own is for complaints. */
  readonly stderr: number;
  /** Keep their numbers. */
  readonly inherited: readonly number[];
}

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
  const descriptors = gateDescriptors(options);
  const assignments = environment === undefined ? [] : assignmentsOf(environment);
  const script = [
    ...enterDirectory(options),
    ...(options.umask === undefined ? [] : [`umask ${options.umask.toString(8)}`]),
    ...(environment === undefined ? [] : exportAll(assignments.length)),
    ...exactVariables(options),
    ...exactWords([...(argv0 === undefined ? [] : [argv0]), ...argv]),
    waitAtGate(descriptors),
    ...ignoreSignals(options),
    argv0 === undefined ? 'exec "$@"' : 'exec -a "$@"',
  ].join("; ");
  const parameters = [
    ...(workingDirectory === undefined ? [] : [workingDirectory]),
    ...(argv0 === undefined ? [] : [argv0]),
    ...argv,
  ];
  const shell = [...findShell(options), "-c", script, "capscope", ...parameters];
  return {
    words: [...launcherWords(options), ...shell],
    environment: environment === undefined ? null : carrierOf(assignments),
    descriptors,
  };
}

/** POSIX shells redirect descriptors of one digit. */
const SHELL_DESCRIPTORS = [3, 4, 5, 6, 7, 8, 9];

function gateDescriptors({ inheritance }: LaunchOptions): GateDescriptors {
  const inherited = inheritance?.descriptors ?? [];
  const [gate, stderr] = SHELL_DESCRIPTORS.filter((fd) => !inherited.includes(fd));
  if (gate === undefined || stderr === undefined) {
    throw new UnsupportedError("starting the command: too many descriptors are open", {
      hint: "close two of those from 3 to 9, as with 8>&- 9>&-",
    });
  }
  return { gate, stderr, inherited };
}

/** The name is one that no command has a meaning for: it may be exported. */
function waitAtGate({ gate, stderr }: GateDescriptors): string {
  return `exec 2>&${stderr} ${stderr}>&-; echo >&${gate}; read -r CAPSCOPE_GATE <&${gate} || exit; exec ${gate}<&-`;
}

function ignoreSignals({ inheritance }: LaunchOptions): readonly string[] {
  const signals = inheritance?.ignoredSignals ?? [];
  return signals.length === 0 ? [] : [`trap '' ${signals.join(" ")}`];
}

/** A byte that is not UTF-8, which the runtime cannot hand to another program. */
const BYTE = /[\udc80-\udcff]/;

/** Puts the bytes back into the positional parameters; nothing where they all are UTF-8. */
function exactWords(words: readonly string[]): readonly string[] {
  if (!words.some((word) => BYTE.test(word))) return [];
  const parameters = words.map((word, at) =>
    BYTE.test(word) ? `"\${CAPSCOPE_WORD_${at}%x}"` : `"\${${at + 1}}"`,
  );
  const assignments = words.flatMap((word, at) =>
    BYTE.test(word) ? [`CAPSCOPE_WORD_${at}=${printed(word)}`] : [],
  );
  return [...assignments, `set -- ${parameters.join(" ")}`];
}

function exactVariables({ inheritance }: LaunchOptions): readonly string[] {
  return Object.entries(inheritance?.exactVariables ?? {}).flatMap(([name, value]) => [
    `CAPSCOPE_WORD=${printed(value)}`,
    `export ${name}="\${CAPSCOPE_WORD%x}"`,
  ]);
}

/** A text as a substitution, with an "x" behind it: without one, newlines at the end are lost. */
function printed(text: string): string {
  const octal = [...encodeText(text)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`);
  return `$(printf '${octal.join("")}x')`;
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
    if (isVariableName(name)) return `${name}=${value}`;
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
