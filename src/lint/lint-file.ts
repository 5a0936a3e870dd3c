// SPDX-License-Identifier: Apache-2.0
import type { Manifest, ManifestKind, Span } from "../manifest/model.ts";
import { readManifest } from "../manifest/read.ts";
import { positionsIn } from "../manifest/region.ts";
import type { Finding, LintGap, Position } from "./model.ts";
import type { Rule } from "./rule.ts";
import { RULES } from "./rules/index.ts";
import { type Companions, withCompanions } from "./unit-companions.ts";

export interface FileResult {
  /** By place. */
  readonly findings: readonly Finding[];
  /** What of the file could not be read. */
  readonly gaps: readonly LintGap[];
}

/**
 * Finds the mistakes of one file. `name` is its path as it is to be shown; `companions` are what
 * the other files of its unit say.
 */
export function lintFile(
  text: string,
  kind: ManifestKind,
  name: string,
  rules: readonly Rule[] = RULES,
  companions?: Companions,
): FileResult {
  const manifest = withCompanions(readManifest(text, kind, name), companions);
  const locate = positionsIn(text);
  const isSuppressed = suppressions(text);
  const findings = rules.flatMap((rule) => findingsOf(rule, manifest, text, locate));
  return {
    findings: findings
      .map((finding) => ({
        ...finding,
        file: name,
        suppressed: isSuppressed(finding.rule, finding.start.line),
      }))
      .toSorted(byPlace),
    gaps: manifest.faults.map(({ message, isPiece, start }) => ({
      file: name,
      start: locate(start),
      message,
      incomplete: !isPiece,
    })),
  };
}

type Unplaced = Omit<Finding, "file" | "suppressed">;

function findingsOf(
  rule: Rule,
  manifest: Manifest,
  text: string,
  locate: (offset: number) => Position,
): readonly Unplaced[] {
  const seen = new Set<string>();
  return rule.check(manifest, { text }).flatMap((found): readonly Unplaced[] => {
    // Of another file of the unit: it is told there.
    if (found.start < 0) return [];
    // What a guide shows twice is told once for each place.
    const key = `${found.start} ${found.message}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const { start, end } = placesOf(found, locate);
    const edits = (found.edits ?? []).map((edit) => ({
      ...placesOf(edit, locate),
      offset: edit.start,
      length: edit.end - edit.start,
      text: edit.text,
    }));
    const { id, severity, fix } = rule;
    return [
      { rule: id, severity, start, end, message: found.message, fix: found.fix ?? fix, edits },
    ];
  });
}

function placesOf(
  { start, end }: Span,
  locate: (offset: number) => Position,
): Pick<Finding, "start" | "end"> {
  return { start: locate(start), end: locate(Math.max(start, end)) };
}

function byPlace(one: Finding, other: Finding): number {
  const rows = one.start.line - other.start.line || one.start.column - other.start.column;
  if (rows !== 0) return rows;
  return one.rule < other.rule ? -1 : 1;
}

/**
 * "capscope: ignore RULE, RULE" in a comment is for its own line and the next one that is no
 * comment; a reason may follow behind "--".
 */
function suppressions(text: string): (rule: string, line: number) => boolean {
  const byLine = new Map<number, Set<string>>();
  if (!text.includes("capscope: ignore")) return () => false;
  const lines = text.split("\n");
  let next = lines.length;
  for (let at = lines.length - 1; at >= 0; at--) {
    const line = lines[at] ?? "";
    const list =
      /capscope: ignore[ \t]+([a-z0-9-]+(?:[ \t]*,[ \t]*[a-z0-9-]+)*)/.exec(line)?.[1] ?? "";
    for (const number of list === "" ? [] : [at, next]) {
      const rules = byLine.get(number + 1) ?? new Set();
      for (const rule of list.split(",")) rules.add(rule.trim());
      byLine.set(number + 1, rules);
    }
    if (!/^\s*(?:[#;]|$)/.test(line)) next = at;
  }
  return (rule, line) => byLine.get(line)?.has(rule) === true;
}
