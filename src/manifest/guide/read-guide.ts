// SPDX-License-Identifier: Apache-2.0
import type { Fault, ManifestKind, Word } from "../model.ts";
import { partOf, type Region, spanIn } from "../region.ts";
import { blockKind, withoutPrompts } from "./block-kind.ts";
import { plainBlocks } from "./plain-blocks.ts";

/** A piece of a guide that has a reader of its own. */
export interface Block {
  readonly region: Region;
  readonly kind: ManifestKind;
}

export interface Guide {
  readonly blocks: readonly Block[];
  /** Lines that are in no block. */
  readonly prose: readonly Word[];
  readonly faults: readonly Fault[];
}

interface Line {
  readonly text: string;
  readonly start: number;
}

/**
 * Splits a guide into prose and the pieces of configuration and shell in it: fenced blocks, by
 * their language and by what is in them, and `code` in sentences. A text without any fence that is
 * no Markdown, such as the text of a web page, is searched for them line by line.
 */
export function readGuide(region: Region, isMarkdown: boolean): Guide {
  const lines = linesOf(region.text);
  const isFenced = isMarkdown || lines.some(({ text }) => FENCE.test(text));
  const guide = isFenced ? fencedBlocks(region, lines) : plainBlocks(region, lines);
  const inline = guide.prose.flatMap((line) => inlineBlocks(region, line));
  return {
    blocks: [...guide.blocks, ...inline],
    prose: guide.prose.map(({ text, start }) => ({
      text,
      ...spanIn(region, start, start + text.length),
    })),
    faults: guide.faults,
  };
}

const FENCE = /^[ \t]*(```+|~~~+)[ \t]*([^\s`{]*)/;

/** Not yet with places in the file. */
export interface Split {
  readonly blocks: readonly Block[];
  readonly prose: readonly Line[];
  readonly faults: readonly Fault[];
}

/** CommonMark, section 4.5: a block ends with a fence of the same sign that is as long, or at the end. */
function fencedBlocks(region: Region, lines: readonly Line[]): Split {
  const blocks: Block[] = [];
  const prose: Line[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    const opening = FENCE.exec(line?.text ?? "");
    if (line === undefined) break;
    if (opening === null) {
      if (line.text.trim() !== "") prose.push(line);
      continue;
    }
    const [, fence = "", language = ""] = opening;
    const closing = lines.findIndex(({ text }, index) => index > at && closes(text, fence));
    const end = closing === -1 ? lines.length : closing;
    const first = lines[at + 1]?.start ?? region.text.length;
    const content = partOf(region, first, Math.max(lines[end]?.start ?? region.text.length, first));
    const kind = blockKind(language, content.text);
    if (kind !== null)
      blocks.push({ kind, region: kind === "shell" ? withoutPrompts(content) : content });
    at = end;
  }
  return { blocks, prose, faults: [] };
}

function closes(text: string, fence: string): boolean {
  const line = text.trim();
  return line.startsWith(fence) && /^(?:`+|~+)$/.test(line);
}

/** What a sentence warns of is quoted, not recommended. */
const DENIED =
  /\b(?:not|no|never|cannot|nothing|wrong|instead|fails?|failed|refuses?|rejects?|unknown|mistake|ignored?)\b/i;

/** `code` in a sentence is a command when a program stands there with arguments. */
function inlineBlocks(region: Region, { text, start }: Line): readonly Block[] {
  const blocks: Block[] = [];
  if (DENIED.test(text.replaceAll(/`[^`]*`/g, ""))) return [];
  for (const match of text.matchAll(/(?<!`)`([^`]+)`(?!`)/g)) {
    const code = match[1] ?? "";
    const begin = start + match.index + 1;
    const content = partOf(region, begin, begin + code.length);
    if (/^\s*\S+\s+\S/.test(code)) {
      const kind = blockKind("", code);
      if (kind !== null) blocks.push({ kind, region: content });
    }
  }
  return blocks;
}

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (const ended of text.split("\n")) {
    lines.push({ text: ended.endsWith("\r") ? ended.slice(0, -1) : ended, start });
    start += ended.length + 1;
  }
  return lines;
}
