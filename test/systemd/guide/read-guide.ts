// SPDX-License-Identifier: Apache-2.0

/** A command of a guide, and what it shows that is printed. */
export interface GuideCommand {
  readonly command: string;
  /** As it stands there; a line of "..." stands for any lines. */
  readonly output: string;
}

/** A fenced block of commands. */
export interface GuideBlock {
  /** The headings above it. */
  readonly title: string;
  /** Of its first line in the file, from 1. */
  readonly line: number;
  readonly commands: readonly GuideCommand[];
}

/** A fenced block of another kind than "console", with its line. */
export interface OtherBlock {
  readonly language: string;
  readonly line: number;
}

const PROMPT = "$ ";

/** Reads the blocks of a Markdown text, in order. */
export function readGuide(markdown: string): {
  readonly blocks: readonly GuideBlock[];
  readonly others: readonly OtherBlock[];
} {
  const blocks: GuideBlock[] = [];
  const others: OtherBlock[] = [];
  const headings: string[] = [];
  const lines = markdown.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const heading = /^(#{2,4}) (.*)$/.exec(line);
    if (heading !== null) headings.splice((heading[1]?.length ?? 2) - 2, 9, heading[2] ?? "");
    const fence = /^```(\w*)$/.exec(line);
    if (fence === null) continue;
    const end = lines.indexOf("```", at + 1);
    if (end === -1) throw new Error(`line ${at + 1}: the block does not end`);
    const title = headings.filter((each) => each !== "").join(": ");
    if (fence[1] === "console") {
      blocks.push({
        title,
        line: at + 1,
        commands: readCommands(lines.slice(at + 1, end), at + 2),
      });
    } else others.push({ language: fence[1] ?? "", line: at + 1 });
    at = end;
  }
  return { blocks, others };
}

function readCommands(lines: readonly string[], first: number): readonly GuideCommand[] {
  const commands: GuideCommand[] = [];
  for (let at = 0; at < lines.length;) {
    const start = lines[at] ?? "";
    if (!start.startsWith(PROMPT)) throw new Error(`line ${first + at}: output without a command`);
    const words = [start.slice(PROMPT.length)];
    const document = /<<'(\w+)'/.exec(start)?.[1];
    while (document === undefined ? words.at(-1)?.endsWith("\\") : words.at(-1) !== document) {
      words.push(lines[++at] ?? "");
    }
    const output: string[] = [];
    for (at++; at < lines.length; at++) {
      if (lines[at]?.startsWith(PROMPT)) break;
      output.push(lines[at] ?? "");
    }
    commands.push({ command: words.join("\n"), output: output.join("\n") });
  }
  return commands;
}

/** What differs from one time or machine to another, in the order in which it is replaced. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, "TIME"],
  [/^\d\d:\d\d:\d\d\.\d{3} +\d+/gm, "TIME PID"],
  [/^\d+ +\d+ +(?=[a-z_]+ )/gm, "PID PPID "],
  [/\bLinux\b[\s#]+\d[^\s,]*/g, "Linux KERNEL"],
  [/\b(pids?|pid=|threads?) ?\d+(?:, ?\d+)*/g, "$1 N"],
  [/\b\d+(?:\.\d+)? s\b/g, "N s"],
  [/\b\d+ (granted|denied|capabilities|checks|programs?)\b/g, "N $1"],
  // A system user's number is the machine's.
  [/\buid 1\d\d\b/g, "uid SYSTEM"],
  [/-> 1\d\d\b/g, "-> SYSTEM"],
  // Not every machine has all of them to give.
  [/\ball (?:\d+|except [a-z_, ]+?)(?= {2}|$)/gm, "all"],
  [/\(full\) except \w+/g, "(full)"],
  [/gave up (all )?\d+/g, "gave up $1N"],
  [/\b000001ff[0-9a-f]{8}\b/g, "FULL"],
  [/[ \t]+/g, " "],
  [/ $/gm, ""],
];

/** Makes texts comparable that were printed at different times on different machines. */
export function normalise(text: string): string {
  let normal = text;
  for (const [pattern, replacement] of VARIABLE) normal = normal.replace(pattern, replacement);
  return normal.trim();
}

/** Whether what was printed is what the guide shows. */
export function isShown(shown: string, printed: string): boolean {
  const parts = normalise(shown).split(/^\.\.\.$/m);
  const pattern = parts.map((part) => escapeRegExp(part)).join("(?:[^]*?)");
  return new RegExp(`^\\s*${pattern}\\s*$`).test(normalise(printed));
}

/** Line ends around an ellipsis are its own. */
function escapeRegExp(text: string): string {
  return text
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/^\n|\n$/g, String.raw`\n?`);
}
