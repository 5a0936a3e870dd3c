// SPDX-License-Identifier: Apache-2.0
import type { Log, Region, ReportingDescriptor, Result } from "sarif";
import { toJson } from "./text/escape.ts";

/** Line and column, both counted from 1; columns are UTF-16 units. */
export interface SarifPosition {
  readonly line: number;
  readonly column: number;
}

export interface SarifRule {
  readonly id: string;
  readonly level: SarifLevel;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  readonly source: string | null;
}

export type SarifLevel = "error" | "warning" | "note";

export interface SarifResult {
  /** Id of one of the rules. */
  readonly rule: string;
  readonly level: SarifLevel;
  readonly message: string;
  /** Path; null for what is in no file, such as a process. */
  readonly file: string | null;
  readonly start: SarifPosition | null;
  readonly end: SarifPosition | null;
  /** What is meant where it is no file: "nginx.service", "pid 42". */
  readonly subject: string | null;
  readonly edits: readonly SarifEdit[];
  readonly suppressed: boolean;
}

export interface SarifEdit {
  readonly start: SarifPosition;
  readonly end: SarifPosition;
  readonly text: string;
}

/** What was not seen. */
export interface SarifNotification {
  readonly message: string;
  readonly file: string | null;
  readonly start: SarifPosition | null;
}

export interface SarifRun {
  readonly version: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly rules: readonly SarifRule[];
  readonly results: readonly SarifResult[];
  readonly notifications: readonly SarifNotification[];
  /** False when something that was asked for could not be looked at. */
  readonly complete: boolean;
}

/** Renders findings as SARIF 2.1.0, for code hosts and editors. */
export function renderSarif(run: SarifRun): string {
  const ruleIndex = new Map(run.rules.map(({ id }, at) => [id, at]));
  const log: Log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: "capscope", version: run.version, rules: run.rules.map(descriptorOf) },
        },
        columnKind: "utf16CodeUnits",
        invocations: [
          {
            executionSuccessful: run.complete,
            endTimeUtc: run.time,
            toolExecutionNotifications: run.notifications.map((notification) => ({
              level: "warning",
              message: { text: notification.message },
              ...locationsOf(notification.file, notification.start, null),
            })),
          },
        ],
        results: run.results.map((result) => resultOf(result, ruleIndex.get(result.rule) ?? -1)),
      },
    ],
  };
  return `${toJson(log)}\n`;
}

/** GitHub sorts alerts by this number, which has to be a string. */
const SECURITY_SEVERITIES: Readonly<Record<SarifLevel, string>> = {
  error: "7.0",
  warning: "4.0",
  note: "1.0",
};

function descriptorOf({ id, level, title, why, fix, source }: SarifRule): ReportingDescriptor {
  const sources = source === null ? "" : `\n\nSource: ${source}`;
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: `${why}\n\nTo do: ${fix}.${sources}` },
    defaultConfiguration: { level },
    properties: { tags: ["security"], "security-severity": SECURITY_SEVERITIES[level] },
  };
}

function resultOf(result: SarifResult, ruleIndex: number): Result {
  const { rule, level, message, file, start, end, subject, edits, suppressed } = result;
  const identity = `${rule}\n${file ?? subject ?? ""}\n${message}`;
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: { text: message },
    ...locationsOf(file, start, end),
    ...(subject === null ? {} : { properties: { subject } }),
    // The place is left out: a finding is the same when lines above it change.
    partialFingerprints: { "capscope/v1": hashOf(identity) },
    ...(suppressed ? { suppressions: [{ kind: "inSource" }] } : {}),
    ...(file === null || edits.length === 0 ? {} : { fixes: [fixOf(file, edits)] }),
  };
}

function fixOf(file: string, edits: readonly SarifEdit[]): NonNullable<Result["fixes"]>[number] {
  const replacements = edits.map(({ start, end, text }) => ({
    deletedRegion: regionOf(start, end),
    insertedContent: { text },
  }));
  return { artifactChanges: [{ artifactLocation: { uri: uriOf(file) }, replacements }] };
}

function locationsOf(
  file: string | null,
  start: SarifPosition | null,
  end: SarifPosition | null,
): Pick<Result, "locations"> {
  if (file === null) return {};
  const region = start === null ? {} : { region: regionOf(start, end ?? start) };
  return {
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) }, ...region } }],
  };
}

function regionOf(start: SarifPosition, end: SarifPosition): Region {
  return {
    startLine: start.line,
    startColumn: start.column,
    endLine: end.line,
    endColumn: end.column,
  };
}

/** A relative path stays relative, to the directory that the reader knows. */
function uriOf(file: string): string {
  const path = file
    .replace(/^(?:\.\/)+/, "")
    .split("/")
    // A byte that is not UTF-8 is a lone surrogate here, which no URI can have.
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join("/");
  return path.startsWith("/") ? `file://${path}` : path;
}

/** FNV-1a, 64 bits: no secret, and the same everywhere. */
function hashOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return hash.toString(16).padStart(16, "0");
}
