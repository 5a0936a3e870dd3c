// SPDX-License-Identifier: Apache-2.0
import type { Manifest, Span } from "../manifest/model.ts";
import type { RuleText } from "./model.ts";

/** A rule and what finds its mistakes. */
export interface Rule extends RuleText {
  readonly check: (manifest: Manifest, context: RuleContext) => readonly Flaw[];
}

export interface RuleContext {
  readonly text: string;
}

/** A mistake at a place of a file. */
export interface Flaw extends Span {
  readonly message: string;
  /** Where it differs from the rule's own. */
  readonly fix?: string;
  readonly edits?: readonly TextEdit[];
}

/** Replaces a part of the text; `start` equal to `end` inserts. */
export interface TextEdit extends Span {
  readonly text: string;
}

export function flaw(
  { start, end }: Span,
  message: string,
  more: Pick<Flaw, "fix" | "edits"> = {},
): Flaw {
  return { start, end, message, ...more };
}

/** A flaw with the one text that would be right there. */
export function replacement(span: Span, message: string, text: string, fix?: string): Flaw {
  const { start, end } = span;
  return {
    start,
    end,
    message,
    edits: [{ start, end, text }],
    fix: fix ?? `write ${JSON.stringify(text)}`,
  };
}
