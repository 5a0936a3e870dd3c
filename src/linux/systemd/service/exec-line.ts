// SPDX-License-Identifier: Apache-2.0
import { takeWord } from "../../../manifest/systemd/words.ts";

/** Prefixes of the program of an ExecStart= that have an effect. */
export interface ExecPrefixes {
  /** "-": a failure counts as success. */
  readonly ignoreFailure: boolean;
  /** ":": no variables are expanded. */
  readonly keepVariables: boolean;
  /** "|": a shell runs the command line. Requires systemd 258. */
  readonly throughShell: boolean;
  /**
   * "+": no User=, no sets, no sandbox; "!": no User= and Group=, all else applies. "!!" is for
   * kernels without ambient capabilities (before 4.3) and does nothing on others.
   */
  readonly privilege: "configured" | "full" | "keep-user";
}

export interface ExecLine {
  readonly prefixes: ExecPrefixes;
  readonly program: string;
  /** Of "@"; otherwise the program as it was written. */
  readonly argv0: string;
  readonly args: readonly string[];
}

export type ParsedExec =
  | { readonly kind: "lines"; readonly lines: readonly ExecLine[] }
  | { readonly kind: "invalid"; readonly reason: string };

/**
 * Parses the value of an ExecStart=: one command, or several with ";" between them. `expand`
 * expands specifiers, word by word. Source: man 5 systemd.service, COMMAND LINES.
 */
export function parseExec(value: string, expand: (text: string) => string): ParsedExec {
  const lines: ExecLine[] = [];
  for (let rest = value; rest.trim() !== "";) {
    const parsed = parseOne(rest, expand);
    if (parsed.kind === "invalid") return parsed;
    lines.push(parsed.line);
    rest = parsed.rest;
  }
  return { kind: "lines", lines };
}

type ParsedOne =
  | { readonly kind: "line"; readonly line: ExecLine; readonly rest: string }
  | { readonly kind: "invalid"; readonly reason: string };

function parseOne(text: string, expand: (text: string) => string): ParsedOne {
  const first = takeWord(text);
  if (first.kind === "unbalanced") return invalid("a quotation does not end");
  if (first.kind === "end") return invalid("it names no program");
  const { prefixes, separateName, program: written } = splitPrefixes(first.word);
  const program = expand(written);
  const problem = problemOf(program);
  if (problem !== null) return invalid(problem);
  const words = takeArguments(first.rest, expand);
  if (words === null) return invalid("a quotation does not end");
  const simple = simplifyPath(program);
  const argv = separateName ? words.args : [simple, ...words.args];
  const [argv0, ...args] = argv;
  if (argv0 === undefined || argv0 === "") return invalid("it names no argv[0] after @");
  return { kind: "line", line: { prefixes, program: simple, argv0, args }, rest: words.rest };
}

function invalid(reason: string): { readonly kind: "invalid"; readonly reason: string } {
  return { kind: "invalid", reason };
}

function splitPrefixes(word: string): {
  prefixes: ExecPrefixes;
  separateName: boolean;
  program: string;
} {
  const seen = new Set<string>();
  let bangs = 0;
  let at = 0;
  for (; at < word.length; at++) {
    const letter = word[at] ?? "";
    const isFree = !seen.has(letter);
    if ("-@:|".includes(letter) && isFree) seen.add(letter);
    else if (letter === "+" && isFree && bangs === 0) seen.add("+");
    else if (letter === "!" && bangs < 2 && !seen.has("+")) bangs++;
    else break;
  }
  const privilege = seen.has("+") ? "full" : bangs === 1 ? "keep-user" : "configured";
  const prefixes: ExecPrefixes = {
    ignoreFailure: seen.has("-"),
    keepVariables: seen.has(":"),
    throughShell: seen.has("|"),
    privilege,
  };
  return { prefixes, separateName: seen.has("@"), program: word.slice(at) };
}

function problemOf(program: string): string | null {
  if (program === "") return "it names no program";
  if (/[\0-\x1f\x7f]/.test(program)) return "the program has control characters";
  if (program.endsWith("/")) return "the program is a directory";
  if (program.startsWith("/")) {
    return program.split("/").includes("..") ? "the path of the program is not normal" : null;
  }
  return program.includes("/") || program === "." || program === ".."
    ? "the program is neither an absolute path nor a name"
    : null;
}

/** Double slashes and "/./" mean nothing. */
function simplifyPath(path: string): string {
  if (!path.startsWith("/")) return path;
  return `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
}

/** Up to a lone ";"; `\;` is one that is an argument. */
function takeArguments(
  text: string,
  expand: (text: string) => string,
): { args: readonly string[]; rest: string } | null {
  const args: string[] = [];
  for (let rest = text; ;) {
    const separator = /^;(?:\s+|$)/.exec(rest);
    if (separator !== null) return { args, rest: rest.slice(separator[0].length) };
    const escaped = /^\\;(?:\s+|$)/.exec(rest);
    if (escaped !== null) {
      args.push(";");
      rest = rest.slice(escaped[0].length);
      continue;
    }
    const taken = takeWord(rest);
    if (taken.kind === "unbalanced") return null;
    if (taken.kind === "end") return { args, rest: "" };
    args.push(expand(taken.word));
    rest = taken.rest;
  }
}
