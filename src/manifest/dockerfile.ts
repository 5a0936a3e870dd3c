// SPDX-License-Identifier: Apache-2.0
import type {
  ImageDeclaration,
  ImageInstruction,
  ImageStage,
  ShellCommand,
  Word,
} from "./model.ts";
import { joinedRegion, partOf, type Piece, type Region, spanIn } from "./region.ts";
import { readCommands } from "./shell/commands.ts";

/**
 * Reads a Dockerfile: instructions with continued lines, comments between them, here-documents of
 * RUN, and stages. Source: the Dockerfile reference of BuildKit.
 */
export function readDockerfile(region: Region): ImageDeclaration {
  const stages: MutableStage[] = [];
  for (const instruction of readInstructions(region)) {
    if (instruction.name === "FROM") stages.push(beginStage(instruction));
    else {
      const stage = stages.at(-1);
      stage?.instructions.push(instruction);
      if (stage !== undefined) stage.end = instruction.end;
    }
  }
  return { stages, ...spanIn(region, 0, region.text.length) };
}

/** Also for pieces of a Dockerfile without FROM: the instructions alone. */
export function readInstructions(region: Region): readonly ImageInstruction[] {
  const instructions: ImageInstruction[] = [];
  const escape = /^(?:\s*#\s*\w+\s*=.*\n)*\s*#\s*escape\s*=\s*`/i.test(region.text) ? "`" : "\\";
  const lines = region.text.split("\n");
  let offset = 0;
  for (let at = 0; at < lines.length;) {
    const { text, pieces, next, end } = logicalLine(lines, at, offset, escape);
    let stop: Stop = { next, end, bodyEnd: end };
    if (text.trim() !== "") {
      const whole = joinedRegion(text, pieces, region);
      stop = skipDocuments(text, lines, stop);
      const body = stop.end > end ? partOf(region, end + 1, stop.bodyEnd) : null;
      const instruction = instructionOf(whole, body);
      if (instruction !== null) instructions.push(instruction);
    }
    at = stop.next;
    offset = stop.end + 1;
  }
  return instructions;
}

interface MutableStage extends ImageStage {
  readonly instructions: ImageInstruction[];
  end: number;
}

function beginStage({ arguments: words, start, end }: ImageInstruction): MutableStage {
  const [, base = "", name] = /^(\S+)(?:\s+AS\s+(\S+))?/i.exec(words.text) ?? [];
  return { base, name: name ?? null, instructions: [], start, end };
}

interface Logical {
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** Number of the line after it. */
  readonly next: number;
  /** Offset of its last line's end. */
  readonly end: number;
}

/** Lines continued by the escape character; comments and empty lines between them are left out. */
function logicalLine(
  lines: readonly string[],
  first: number,
  start: number,
  escape: string,
): Logical {
  const pieces: Piece[] = [];
  let text = "";
  let offset = start;
  let at = first;
  let isContinued = true;
  for (; isContinued && at < lines.length; at++) {
    const raw = lines[at] ?? "";
    const line = raw.trimEnd();
    const isComment = /^\s*#/.test(line) || (at > first && line.trim() === "");
    if (!isComment) {
      isContinued = line.endsWith(escape);
      pieces.push({ at: text.length, offset });
      // Kept as a blank: what is a word in the next line does not belong to the last of this one.
      text += isContinued ? `${line.slice(0, -1)} ` : line;
    } else if (at === first) isContinued = false;
    offset += raw.length + 1;
  }
  return {
    text,
    pieces: pieces.length === 0 ? [{ at: 0, offset: start }] : pieces,
    next: at,
    end: offset - 1,
  };
}

interface Stop extends Pick<Logical, "next" | "end"> {
  /** Offset of the line that ends the last here-document. */
  readonly bodyEnd: number;
}

/** Here-documents belong to the instruction: RUN <<EOF. */
function skipDocuments(text: string, lines: readonly string[], { next, end }: Stop): Stop {
  if (!/^\s*(?:RUN|COPY|ADD)\b/i.test(text)) return { next, end, bodyEnd: end };
  let at = next;
  let offset = end;
  for (const [, dash = "", delimiter = ""] of text.matchAll(/<<(-?)["']?(\w+)["']?/g)) {
    const last = lines.findIndex(
      (line, index) => index >= at && (dash === "" ? line.trimEnd() : line.trim()) === delimiter,
    );
    if (last === -1) break;
    for (; at <= last; at++) offset += (lines[at] ?? "").length + 1;
  }
  const bodyEnd = at === next ? end : offset - (lines[at - 1] ?? "").length;
  return { next: at, end: offset, bodyEnd };
}

function instructionOf(whole: Region, body: Region | null): ImageInstruction | null {
  const match = /^(\s*)([A-Za-z]+)((?:\s+--[a-z-]+(?:=\S+)?)*)\s*/.exec(whole.text);
  if (match === null) return null;
  const [before, blank = "", name = "", options = ""] = match;
  const region = partOf(whole, before.length, Math.max(whole.text.trimEnd().length, before.length));
  const upper = name.toUpperCase();
  const span = spanIn(whole, blank.length, Math.max(whole.text.trimEnd().length, before.length));
  return {
    name: upper,
    arguments: { text: region.text, ...spanIn(region, 0, region.text.length) },
    flags: flagsOf(options),
    commands: upper === "RUN" ? commandsOf(region, body) : [],
    ...span,
  };
}

function flagsOf(options: string): ReadonlyMap<string, string> {
  const found = [...options.matchAll(/(--[a-z-]+)(?:=(\S+))?/g)];
  return new Map(found.map(([, name = "", value = ""]) => [name, value]));
}

function commandsOf(region: Region, body: Region | null): readonly ShellCommand[] {
  if (body !== null && /^<<-?["']?\w+["']?\s*$/.test(region.text)) return readCommands(body);
  if (!/^\[\s*"/.test(region.text)) return readCommands(region);
  const words: Word[] = [...region.text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => ({
    text: (match[1] ?? "").replaceAll(/\\(.)/g, "$1"),
    ...spanIn(region, match.index, match.index + match[0].length),
  }));
  const span = spanIn(region, 0, region.text.length);
  return [{ words, pipedInto: null, input: null, output: null, branches: [], ...span }];
}
