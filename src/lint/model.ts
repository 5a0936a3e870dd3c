// SPDX-License-Identifier: Apache-2.0

/**
 * Mistakes in configurations as plain readonly data; the published schema is
 * schemas/lint.schema.json.
 */

export const LINT_SCHEMA_VERSION = 1;

/**
 * - `error`: it does not do what it says, or does not work at all
 * - `warning`: it does less, or grants more, than who wrote it would expect
 * - `note`: it can be better
 */
export type Severity = (typeof SEVERITIES)[number];
export const SEVERITIES = ["error", "warning", "note"] as const;

/** A rule, as people read it. */
export interface RuleText {
  /** Stable, in kebab-case: it is in people's configurations. */
  readonly id: string;
  readonly severity: Severity;
  /** What is wrong, in one line. */
  readonly title: string;
  /** What comes of it, and why. */
  readonly why: string;
  /** What to write. */
  readonly fix: string;
  /** Where to read it up: a man page, a file of the kernel or of the program concerned. */
  readonly source: string;
}

/** Line and column, both counted from 1; columns are UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A replacement of text. */
export interface Edit {
  readonly start: Position;
  readonly end: Position;
  /** Offset and length in the file's text, in UTF-16 units: what `start` and `end` say. */
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

export interface Finding {
  /** Id of the rule. */
  readonly rule: string;
  readonly severity: Severity;
  /** Path as it was given or found; "-" for standard input. */
  readonly file: string;
  readonly start: Position;
  readonly end: Position;
  /** What is wrong here. */
  readonly message: string;
  /** What to write instead. */
  readonly fix: string;
  /** What --fix does; empty where there is more than one right answer. */
  readonly edits: readonly Edit[];
  /** A comment in the file says that it is meant so. */
  readonly suppressed: boolean;
}

/** A file that was looked at. */
export interface LintedFile {
  readonly file: string;
  readonly kind: string;
}

/** A file, or a part of one, that could not be read. */
export interface LintGap {
  readonly file: string;
  readonly start: Position | null;
  readonly message: string;
  /** False for a piece of a guide, and for what a directory holds besides. */
  readonly incomplete: boolean;
}

export interface LintReport {
  readonly schemaVersion: typeof LINT_SCHEMA_VERSION;
  readonly kind: "lint";
  readonly tool: { readonly name: "capscope"; readonly version: string };
  readonly host: { readonly name: string; readonly kernel: string };
  /** RFC 3339, UTC. */
  readonly time: string;
  /** Findings below this severity are left out. */
  readonly threshold: Severity;
  /** Those that found something, by id. */
  readonly rules: readonly RuleText[];
  /** By file and place. */
  readonly findings: readonly Finding[];
  readonly coverage: {
    readonly complete: boolean;
    readonly files: readonly LintedFile[];
    readonly gaps: readonly LintGap[];
  };
}
