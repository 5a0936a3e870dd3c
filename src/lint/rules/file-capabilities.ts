// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "../../capabilities/names.ts";
import { isInterpreter } from "../../capabilities/interpreters.ts";
import type { Manifest, ShellCommand, Word } from "../../manifest/model.ts";
import { programOf } from "../../manifest/shell/commands.ts";
import { type Flaw, flaw, replacement, type Rule } from "../rule.ts";

/** What setcap(8) is told, and what becomes of it. */
export const FILE_CAPABILITY_RULES: readonly Rule[] = [
  {
    id: "setcap-text",
    severity: "error",
    title: "capabilities that setcap does not take",
    why: "setcap wants names with cap_ and flags behind them (cap_net_raw+ep), then the file. It refuses everything else and changes nothing; after &&, or in a Dockerfile, the rest does not run.",
    fix: "write cap_NAME+ep and then the file",
    source: "setcap(8); cap_from_text(3); tried with libcap 2.66",
    check: (manifest) => grants(manifest).flatMap(({ text, file }) => badText(text, file)),
  },
  {
    id: "setcap-effective-alone",
    severity: "error",
    title: "the effective flag without the permitted one",
    why: "A file's effective flag raises what its permitted and inheritable sets give. Alone it raises nothing: the file gets an empty set.",
    fix: "write +ep",
    source: "capabilities(7), File capabilities; tried with libcap 2.66: getcap shows =",
    check: (manifest) =>
      grants(manifest).flatMap(({ text }) => {
        const flags = /^(.*[+=])(e)$/.exec(text.text);
        if (flags === null || text.text.includes(" ")) return [];
        const span = isPlain(text) ? { start: text.end - 1, end: text.end } : text;
        const right = isPlain(text) ? "ep" : `${flags[1]}ep`;
        return [
          { ...replacement(span, `${text.text} gives the file nothing`, right), start: text.start },
        ];
      }),
  },
  {
    id: "setcap-all",
    severity: "warning",
    title: "all capabilities on a file",
    why: "Whoever may execute the file is as good as root, without a password and without a trace in any log.",
    fix: "name the capabilities that it needs: capscope trace shows them",
    source: "capabilities(7), File capabilities",
    check: (manifest) =>
      grants(manifest)
        .filter(({ text }) => /^(?:all)?[+=][eip]*p[eip]*$/i.test(text.text))
        .map(({ text }) => flaw(text, `${text.text} gives all capabilities`)),
  },
  {
    id: "setcap-script",
    severity: "error",
    title: "capabilities on a script",
    why: "The kernel executes the interpreter, and ignores the capabilities of the script's own file. setcap reports no error.",
    fix: "put the capability on a small program that does the one thing, or give it to the service with AmbientCapabilities=",
    source: "kernel, fs/binfmt_script.c; execve(2); tried on Linux 6.18",
    check: (manifest) =>
      grants(manifest)
        .filter(({ file }) => /\.(?:sh|bash|py|pl|rb|js|php|lua)$/.test(file.text))
        .map(({ file }) => flaw(file, `${file.text}: capabilities of a script's file are ignored`)),
  },
  {
    id: "setcap-interpreter",
    severity: "error",
    title: "capabilities on a shell or an interpreter",
    why: "Every script of every user that may execute it has the capability then, not only yours.",
    fix: "give the capability to the service (AmbientCapabilities=), or to a private copy that only its group may execute",
    source: "capabilities(7), File capabilities",
    check: (manifest) =>
      grants(manifest)
        .filter(({ file }) => isInterpreter(file.text) || isSubstitute(file.text))
        .map(({ file }) => flaw(file, `everything that ${file.text} runs has the capability`)),
  },
];

/** What a setcap command gives a file. */
export interface FileGrant {
  readonly text: Word;
  readonly file: Word;
}

/** Pairs of setcap that set something. */
function grants({ commands }: Manifest): readonly FileGrant[] {
  return commands.flatMap(grantsOf);
}

export function grantsOf(command: ShellCommand): readonly FileGrant[] {
  if (programOf(command) !== "setcap") return [];
  const { words, isCheck } = operands(command);
  if (isCheck) return [];
  const pairs: FileGrant[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [text, file] = [words[at], words[at + 1]];
    if (text !== undefined && file !== undefined && text.text !== "-r" && text.text !== "-") {
      pairs.push({ text, file });
    }
  }
  return pairs.filter(({ text }) => !text.text.includes("$"));
}

/** Words without options. */
export function operands(command: ShellCommand): { words: readonly Word[]; isCheck: boolean } {
  const words: Word[] = [];
  let isCheck = false;
  for (let at = 1; at < command.words.length; at++) {
    const word = command.words[at];
    if (word?.text === "-n") at++;
    else if (word?.text === "-v" || word?.text === "-h") isCheck = true;
    else if (word !== undefined && word.text !== "-q") words.push(word);
  }
  return { words, isCheck };
}

function isPlain(word: Word): boolean {
  return word.end - word.start === word.text.length;
}

const CLAUSE = /^((?:[a-z_0-9]+)(?:,[a-z_0-9]+)*)?((?:[+=-][eip]*)+)$/i;

function badText(text: Word, file: Word): readonly Flaw[] {
  if (text.text.startsWith("/") && CLAUSE.test(file.text)) {
    return [
      flaw(text, "the file stands before the capabilities", {
        fix: `setcap '${file.text}' ${text.text}`,
      }),
    ];
  }
  const clauses = text.text.trim().split(/\s+/);
  return clauses.flatMap((clause) => {
    const [, list, flags] = CLAUSE.exec(clause) ?? [];
    const isList = /^[a-z_0-9]+(?:,[a-z_0-9]+)*$/i.test(clause);
    if (flags === undefined) {
      const right = isList ? `${prefixed(clause) ?? clause}+ep` : null;
      return right !== null && prefixed(clause) !== null && clauses.length === 1 && isPlain(text)
        ? [replacement(text, `${clause} has no flags: setcap refuses it`, right)]
        : [flaw(text, `setcap does not take ${clause}`)];
    }
    const names = list?.split(",") ?? [];
    const wrong = names.find((name) => !isSetcapName(name));
    if (wrong === undefined) return [];
    const right = prefixed(list ?? "");
    const message = `setcap does not know ${wrong}`;
    return right !== null && clauses.length === 1 && isPlain(text)
      ? [replacement(text, message, `${right}${flags}`)]
      : [flaw(text, message)];
  });
}

function isSetcapName(name: string): boolean {
  const lower = name.toLowerCase();
  if (lower === "all" || /^\d+$/.test(lower) || /^cap_\d+$/.test(lower)) return true;
  return lower.startsWith("cap_") && CAPABILITY_NAMES.includes(lower.slice(4));
}

/** The list with cap_ before each name; null when that does not help. */
function prefixed(list: string): string | null {
  const names = list
    .split(",")
    .map((name) => (isSetcapName(name) ? name : `cap_${name.toLowerCase()}`));
  return names.every(isSetcapName) ? names.join(",") : null;
}

/** "$(which python3)" is the interpreter as well. */
function isSubstitute(text: string): boolean {
  const name = /^\$\((?:which|command -v|readlink -f|realpath)\s+"?([^\s")$]+)"?\)$/.exec(
    text,
  )?.[1];
  return name !== undefined && isInterpreter(name);
}
