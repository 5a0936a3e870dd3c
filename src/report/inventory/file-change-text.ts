// SPDX-License-Identifier: Apache-2.0
import type { ExecOutcome, FileChange, ListedCapabilities } from "../../inventory/model.ts";
import { escapeName, escapeText } from "../text/escape.ts";
import { wrapText } from "../text/wrap.ts";
import type { TextOptions } from "../text-options.ts";

/** Renders what was changed, or would be, and what the kernel makes of it. */
export function renderFileChange(change: FileChange, options: TextOptions): string {
  const lines = [
    headline(change),
    // Without capabilities nothing remains to be told.
    ...(change.after === null ? [] : change.outcomes).map(
      (outcome) => `  ${WHO[outcome.who]}: ${outcomeText(outcome)}`,
    ),
    ...change.notes.map((note) => `  note: ${escapeText(note)}`),
  ];
  return lines.flatMap((line) => wrapped(line, options)).join("");
}

function headline({ path, action, dryRun, changes, before, after }: FileChange): string {
  const name = escapeName(path);
  if (!changes) {
    return action === "remove"
      ? `${name}: has no capabilities, nothing to remove`
      : `${name}: has ${textOf(after)} already`;
  }
  const from = before === null ? "" : ` (was ${textOf(before)})`;
  if (action === "remove")
    return `${name}: ${dryRun ? "would remove" : "removed"} ${textOf(before)}`;
  return `${name}: ${dryRun ? "would set" : "set"} ${textOf(after)}${from}`;
}

function textOf(capabilities: ListedCapabilities | null): string {
  if (capabilities === null) return "an attribute that is no capabilities";
  const { text, rootUid } = capabilities;
  return rootUid === null ? text : `${text} [rootid=${rootUid}]`;
}

const WHO: Readonly<Record<ExecOutcome["who"], string>> = {
  user: "run by an ordinary user",
  root: "run by root",
  confined: "run with no_new_privs",
  trimmed: "run with a bounding set without them",
};

function outcomeText({ refused, permitted, effective }: ExecOutcome): string {
  if (refused) return "refused (EPERM), as the effective bit promises what cannot be given";
  if (permitted.length === 0) return "nothing";
  if (permitted.length > MANY) return `${permitted.length} capabilities`;
  const idle = permitted.filter((name) => !effective.includes(name));
  if (idle.length === 0) return permitted.join(", ");
  return `${permitted.join(", ")}; of these to be raised by the program itself: ${idle.join(", ")}`;
}

/** Above this many their number says more than their names. */
const MANY = 20;

function wrapped(line: string, { width }: TextOptions): readonly string[] {
  const [first = "", ...others] = width === null ? [line] : wrapText(line, Math.max(width, 40));
  return [first, ...others.map((other) => `    ${other}`)].map((each) => `${each}\n`);
}
