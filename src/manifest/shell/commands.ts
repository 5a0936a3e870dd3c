// SPDX-License-Identifier: Apache-2.0
import type { ShellBranch, ShellCommand, Word } from "../model.ts";
import type { Region } from "../region.ts";
import { BranchTracker } from "./branches.ts";
import { type Redirection, shellTokens, type Token } from "./tokens.ts";

/** Deeper nesting of `$(...)` is not followed. */
const DEPTH_LIMIT = 8;

/**
 * Reads the simple commands of shell text, those in `$(...)` included. Words in front of the
 * program are left out: keywords, assignments, and sudo and its like with their options.
 */
export function readCommands(region: Region, depth = 0): readonly ShellCommand[] {
  const commands: ShellCommand[] = [];
  const branches = new BranchTracker();
  let pipeline: Draft[] = [[]];
  for (const token of shellTokens(region)) {
    if (token.kind === "operator") {
      const isPipe = token.text === "|" || token.text === "|&";
      const goesOn = token.text === "\n" && pipeline.length > 1 && isEmpty(pipeline.at(-1));
      if (isPipe) pipeline.push([]);
      else if (!goesOn) {
        commands.push(...finish(pipeline, branches, token.text));
        pipeline = [[]];
      }
      continue;
    }
    if (token.kind === "word" && depth < DEPTH_LIMIT) {
      for (const nested of token.nested) commands.push(...readCommands(nested, depth + 1));
    }
    pipeline.at(-1)?.push(token);
  }
  commands.push(...finish(pipeline, branches, ""));
  return commands;
}

type Draft = Exclude<Token, { readonly kind: "operator" }>[];

function isEmpty(draft: Draft | undefined): boolean {
  return draft === undefined || draft.length === 0;
}

/** Commands of a pipeline, each with the one that reads its output. */
function finish(
  pipeline: readonly Draft[],
  tracker: BranchTracker,
  operator: string,
): readonly ShellCommand[] {
  if (operator === "\n" && pipeline.every(isEmpty)) return [];
  for (const word of leadingKeywords(pipeline[0] ?? [])) tracker.keyword(word);
  const branches = tracker.end(operator);
  const commands: ShellCommand[] = [];
  let next: ShellCommand | null = null;
  for (const draft of [...pipeline].reverse()) {
    const command = commandOf(draft, next, branches);
    if (command === null) continue;
    commands.unshift(command);
    next = command;
  }
  return commands;
}

function leadingKeywords(draft: Draft): readonly string[] {
  const words = draft.flatMap((token) =>
    token.kind === "word" && !token.isQuoted ? [token.word.text] : [""],
  );
  const end = words.findIndex((word) => !KEYWORDS.has(word));
  const found = end === -1 ? words : words.slice(0, end);
  // "case WORD in" has its keyword behind the word.
  return found.includes("case") ? [...found, "in"] : found;
}

function commandOf(
  draft: Draft,
  pipedInto: ShellCommand | null,
  branches: readonly ShellBranch[],
): ShellCommand | null {
  const tokens = draft.filter((token) => token.kind === "word");
  const words = withoutPrefix(tokens.map(({ word, isQuoted }) => ({ word, isQuoted })));
  const [first] = words;
  const last = words.at(-1);
  if (first === undefined || last === undefined) return null;
  const redirections = draft.filter((token): token is Redirection => token.kind === "redirection");
  const output = redirections.find(({ operator }) => /^(?:&?>>?|>\|)$/.test(operator));
  return {
    words,
    pipedInto,
    branches,
    input: redirections.find(({ body }) => body !== null)?.body ?? null,
    output: output?.target ?? null,
    start: first.start,
    end: last.end,
  };
}

interface Candidate {
  readonly word: Word;
  readonly isQuoted: boolean;
}

const KEYWORDS: ReadonlySet<string> = new Set(
  "! { } if then elif else fi do done while until case esac in time exec command builtin".split(
    " ",
  ),
);

/** Programs that run the rest of the line, and their options that take a value. */
const WRAPPERS: Readonly<Record<string, string>> = {
  sudo: "ugpChrTtD",
  doas: "uC",
  env: "uCS",
  nice: "n",
  nohup: "",
  timeout: "ks",
  stdbuf: "ioe",
};

function withoutPrefix(candidates: readonly Candidate[]): readonly Word[] {
  let rest = candidates;
  for (;;) {
    const [first] = rest;
    if (first === undefined) return [];
    const { text } = first.word;
    if (!first.isQuoted && (KEYWORDS.has(text) || /^[A-Za-z_]\w*\+?=/.test(text))) {
      rest = rest.slice(1);
    } else if (text === "for" || text === "select" || text === "function") return [];
    else if (WRAPPERS[text] !== undefined && rest.length > 1) {
      rest = rest.slice(1 + optionCount(rest.slice(1), text, WRAPPERS[text]));
    } else return rest.map(({ word }) => word);
  }
}

/** How many words are options of the wrapper, and timeout's duration. */
function optionCount(rest: readonly Candidate[], wrapper: string, withValue: string): number {
  let count = 0;
  for (; count < rest.length; count++) {
    const text = rest[count]?.word.text ?? "";
    if (text === "--") return count + 1;
    if (!text.startsWith("-") || text === "-") break;
    if (text.length === 2 && withValue.includes(text[1] ?? " ")) count++;
  }
  return wrapper === "timeout" ? count + 1 : count;
}

/** The name of the program, without its directory. */
export function programOf(command: ShellCommand): string {
  const first = command.words[0]?.text ?? "";
  return first.slice(first.lastIndexOf("/") + 1);
}

/** Words of a text that is no shell's, quotes undone: a line of audit rules, of a Quadlet. */
export function plainWords(region: Region): readonly Word[] {
  return shellTokens(region).flatMap((token) => (token.kind === "word" ? [token.word] : []));
}
