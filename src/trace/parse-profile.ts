// SPDX-License-Identifier: Apache-2.0
import { UsageError } from "../errors.ts";
import { asObject, fault, type Place } from "./decode-json.ts";
import { decodeDocument } from "./decode-profile.ts";
import { findJsonFault } from "./json-fault.ts";
import { assertOneSubject } from "./merge.ts";
import { type Profile, PROFILE_SCHEMA_VERSION, type Run } from "./model.ts";
import { profileOf } from "./profile.ts";

/**
 * Reads the JSON of a profile; `file` names it in messages. Everything is checked, and what
 * follows from the runs is worked out anew: findings that a file claims are not believed.
 * Throws a UsageError that says what is wrong, and where.
 */
export function parseProfile(json: string, file: string): Profile {
  const place: Place = { parent: null, key: file };
  const document = parseJson(json, file);
  assertKind(asObject(document, place), file);
  const { runs } = decodeDocument(document, place);
  const [first, ...others] = runs;
  const at: Place = { parent: place, key: "runs" };
  if (first === undefined) throw fault(at, "is empty");
  const all = [first, ...others] as const;
  all.forEach((run, index) => assertConsistent(run, { parent: at, key: index }));
  if (new Set(all.map(({ id }) => id)).size < all.length) throw fault(at, "has a run twice");
  for (const { subject } of others) {
    assertOneSubject({ name: file, subject: first.subject }, { name: file, subject });
  }
  return profileOf(all);
}

function parseJson(json: string, file: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    const at = findJsonFault(json);
    if (at === null) throw new UsageError(`${file}: is nested too deeply for a profile`);
    throw new UsageError(
      `${file}:${at.line}:${at.column}: is not JSON`,
      "a profile is what capscope trace --json wrote, whole",
    );
  }
}

/** Before all else: of what kind is it, and can this version read it? */
function assertKind(document: Readonly<Record<string, unknown>>, file: string): void {
  const { kind, schemaVersion, tool } = document;
  if (kind !== "profile") {
    const what =
      typeof kind === "string"
        ? `a document of kind ${JSON.stringify(kind.slice(0, 40))}`
        : "another document";
    throw new UsageError(
      `${file}: is ${what}, not a profile`,
      "capscope trace --json -o FILE -- COMMAND writes a profile",
    );
  }
  if (schemaVersion === PROFILE_SCHEMA_VERSION) return;
  const maker = makerOf(tool);
  const isNewer = typeof schemaVersion === "number" && schemaVersion > PROFILE_SCHEMA_VERSION;
  throw new UsageError(
    `${file}: is a profile of schema version ${String(JSON.stringify(schemaVersion)).slice(0, 40)}, written by ${maker ?? "an unknown version"}; this capscope reads version ${PROFILE_SCHEMA_VERSION}`,
    isNewer ? `use ${maker ?? "the capscope that wrote it"}, or a newer one` : "trace again",
  );
}

function makerOf(tool: unknown): string | null {
  if (typeof tool !== "object" || tool === null || !("version" in tool)) return null;
  return typeof tool.version === "string" ? `capscope ${tool.version.slice(0, 40)}` : null;
}

/** Rows refer to images of their own run. */
function assertConsistent(run: Run, place: Place): void {
  const known = new Set(run.images.map(({ id }) => id));
  const at = (list: string, index: number, key: string): Place => ({
    parent: { parent: { parent: place, key: list }, key: index },
    key,
  });
  run.observations.forEach(({ image }, index) => {
    if (!known.has(image))
      throw fault(at("observations", index, "image"), "names no image of the run");
  });
  run.credentials.forEach(({ image }, index) => {
    if (!known.has(image))
      throw fault(at("credentials", index, "image"), "names no image of the run");
  });
}
