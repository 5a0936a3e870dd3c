// SPDX-License-Identifier: Apache-2.0
import { sniffKind } from "../detect.ts";
import { restoreIndentation } from "../kubernetes/restore-indentation.ts";
import type { Fault } from "../model.ts";
import { partOf, type Region, spanIn } from "../region.ts";
import { isCommandLine } from "./block-kind.ts";
import type { Block, Split } from "./read-guide.ts";

interface Line {
  readonly text: string;
  readonly start: number;
}

/** Which lines a piece goes on with, after one that begins it. */
interface Form {
  readonly begins: (line: string) => boolean;
  readonly goesOn: (line: string, before: string) => boolean;
}

const UNIT: Form = {
  begins: (line) => /^\s*\[(?:Unit|Service|Socket|Mount|Swap|Container|Timer)\]\s*$/.test(line),
  goesOn: (line, before) =>
    /^\s*(?:\[[A-Z][\w-]*\]\s*$|[A-Z][A-Za-z]+\s*=|[#;])/.test(line) || before.endsWith("\\"),
};
const YAML: Form = {
  begins: (line) => /^(?:- )?apiVersion:\s*\S/.test(line),
  goesOn: (line) =>
    /^\s*(?:#|---\s*$)/.test(line) ||
    /^\s*(?:- +)?"?[^\s:"#A-WYZ-][^\s:"#]*"?:(?:\s.*)?$/.test(line) ||
    /^\s*- +\S+\s*$/.test(line),
};
const AUDIT: Form = {
  begins: (line) => /^\s*-[aAw]\s+\S+.*\s-[SpFk]\s*\S/.test(line),
  goesOn: (line) => /^\s*(?:-[aAwDbef]\s|-D\s*$|#)/.test(line),
};
const DOCKERFILE: Form = {
  begins: (line) => /^FROM\s+\S+(?:\s+(?:AS|as)\s+\S+)?\s*$/.test(line),
  goesOn: (line, before) => /^(?:[A-Z]{3,}\s|#)/.test(line) || before.endsWith("\\"),
};
const SHELL: Form = {
  begins: isCommandLine,
  goesOn: (line, before) =>
    isCommandLine(line) ||
    isOpen(before) ||
    /^\s*(?:#(?!\s*\[)|\||done\b|do\b|fi\b|then\b)/.test(line),
};
const FORMS: readonly Form[] = [UNIT, YAML, AUDIT, DOCKERFILE, SHELL];

/** No command of a guide is longer; a quotation mark in prose must not swallow the rest. */
const LONGEST = 60;

/** Finds the pieces of a text without fences, by how their lines look. */
export function plainBlocks(region: Region, lines: readonly Line[]): Split {
  const blocks: Block[] = [];
  const prose: Line[] = [];
  const faults: Fault[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    if (line === undefined) break;
    const form = FORMS.find(({ begins }) => begins(line.text));
    if (form === undefined) {
      if (line.text.trim() !== "") prose.push(line);
      at++;
      continue;
    }
    const end = endOf(lines, at, form);
    const content = partOf(region, line.start, lines[end]?.start ?? region.text.length);
    const { block, fault } = blockOf(form, content);
    if (block !== null) blocks.push(block);
    if (fault !== null) faults.push(fault);
    at = end;
  }
  return { blocks, prose, faults };
}

function endOf(lines: readonly Line[], first: number, form: Form): number {
  let text = lines[first]?.text ?? "";
  let end = first + 1;
  for (; end < lines.length && end - first < LONGEST; end++) {
    const next = lines[end]?.text ?? "";
    const before = form === SHELL ? text : (lines[end - 1]?.text ?? "");
    if (!form.goesOn(next, before.trimEnd())) break;
    // What begins anew is looked at by itself: an open quotation belongs to one command.
    text = form === SHELL && !isOpen(text) ? next : `${text}\n${next}`;
  }
  return end;
}

/** True when the line after it belongs to the same command. */
function isOpen(text: string): boolean {
  const plain = text
    .replaceAll(/\\[^\n]/g, "")
    .replaceAll(/'[^']*'/g, "")
    .replaceAll(/"[^"]*"/g, "")
    .replaceAll(/(?:^|\s)#.*/g, "");
  return /['"]/.test(plain) || /(?:\\|\||&&|\bdo|\bthen)\s*$/.test(plain) || isLoop(plain);
}

/** "for ... do" without its "done". */
function isLoop(text: string): boolean {
  return /^\s*(?:for|while)\b/.test(text) && !/\bdone\b/.test(text);
}

function blockOf(
  form: Form,
  content: Region,
): { readonly block: Block | null; readonly fault: Fault | null } {
  if (form === SHELL) return { block: { kind: "shell", region: content }, fault: null };
  const kind = sniffKind(content.text);
  if (kind === null) return { block: null, fault: null };
  if (kind !== "kubernetes") return { block: { kind, region: content }, fault: null };
  const isFlat = content.text.includes("\n") && !/^[ \t]+\S/m.test(content.text);
  const restored = isFlat ? restoreIndentation(content) : null;
  if (!isFlat || restored !== null)
    return { block: { kind, region: restored ?? content }, fault: null };
  const message = "YAML without its indentation, which the keys alone do not tell";
  const span = spanIn(content, 0, content.text.trimEnd().length);
  return { block: null, fault: { message, isPiece: true, ...span } };
}
