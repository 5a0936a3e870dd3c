// SPDX-License-Identifier: Apache-2.0
import { UsageError } from "../errors.ts";

/** A place in a document, from the file inwards. */
export interface Place {
  /** Null for the file itself. */
  readonly parent: Place | null;
  readonly key: string | number;
}

/** Turns a parsed JSON value into a T; throws a UsageError that names the place of a fault. */
export type Decoder<T> = (value: unknown, place: Place) => T;

/** A string, with the bytes that were not UTF-8 as they were before it was written. */
export const text: Decoder<string> = (value, place) =>
  typeof value === "string" ? restoreBytes(value) : refuse(place, "a string", value);

export const boolean: Decoder<boolean> = (value, place) =>
  typeof value === "boolean" ? value : refuse(place, "true or false", value);

export const integer: Decoder<number> = (value, place) =>
  Number.isSafeInteger(value) ? (value as number) : refuse(place, "a whole number", value);

export const count: Decoder<number> = (value, place) =>
  Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : refuse(place, "a whole number from 0", value);

/** JSON has no infinity, but 1e999 reads as one. */
export const number: Decoder<number> = (value, place) =>
  Number.isFinite(value) ? (value as number) : refuse(place, "a number", value);

/**
 * Undoes what JSON output does to text that is not valid Unicode (docs/decisions/0010-escaping.md):
 * `\xNN` from 80 behind an even number of backslashes is a byte, and those were doubled.
 */
function restoreBytes(written: string): string {
  return written.replace(/(\\+)x([89a-f][0-9a-f])/g, (_, backslashes: string, digits: string) => {
    const before = "\\".repeat(backslashes.length >> 1);
    const isByte = backslashes.length % 2 === 1;
    return before + (isByte ? String.fromCharCode(0xdc00 + parseInt(digits, 16)) : `x${digits}`);
  });
}

/** A string of a certain form; `what` names it. */
export function textLike(pattern: RegExp, what: string): Decoder<string> {
  return (value, place) =>
    typeof value === "string" && pattern.test(value) ? value : refuse(place, what, value);
}

export function oneOf<T extends string | number>(...known: readonly T[]): Decoder<T> {
  return (value, place) =>
    known.find((each) => each === value) ?? refuse(place, `one of ${known.join(", ")}`, value);
}

export function nullable<T>(decode: Decoder<T>): Decoder<T | null> {
  return (value, place) => (value === null ? null : decode(value, place));
}

export function list<T>(decode: Decoder<T>): Decoder<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) return refuse(place, "an array", value);
    return value.map((item, index) => decode(item, { parent: place, key: index }));
  };
}

/** An object with keys of any name, in the order of their names. */
export function table<T>(decode: Decoder<T>): Decoder<Readonly<Record<string, T>>> {
  return (value, place) => {
    const entries = Object.entries(asObject(value, place)).toSorted(([one], [other]) =>
      one < other ? -1 : 1,
    );
    return Object.fromEntries(
      entries.map(([key, item]) => [key, decode(item, { parent: place, key })]),
    );
  };
}

/** An object with exactly these keys, in this order. */
export function record<T extends object>(fields: {
  readonly [K in keyof T]-?: Decoder<T[K]>;
}): Decoder<T> {
  const decoders = Object.entries(fields) as readonly (readonly [string, Decoder<unknown>])[];
  const known = new Set(Object.keys(fields));
  return (value, place) => {
    const given = asObject(value, place);
    const unknown = Object.keys(given).find((key) => !known.has(key));
    if (unknown !== undefined) throw fault({ parent: place, key: unknown }, "is not known here");
    const decoded = decoders.map(([key, decode]) => {
      const at: Place = { parent: place, key };
      if (!Object.hasOwn(given, key)) throw fault(at, "is missing");
      return [key, decode(given[key], at)] as const;
    });
    return Object.fromEntries(decoded) as T;
  };
}

/** Any object, not yet looked into. */
export function asObject(value: unknown, place: Place): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(place, "an object", value);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** A UsageError about the value at a place: "a.json: runs[0].id is missing". */
export function fault(place: Place, problem: string): UsageError {
  const keys: (string | number)[] = [];
  let each = place;
  for (; each.parent !== null; each = each.parent) keys.push(each.key);
  const path = keys.reduceRight<string>((known, key) => known + step(key, known === ""), "");
  return new UsageError(
    `${each.key}: ${path === "" ? "the document" : path} ${problem}`,
    "the file was edited or damaged: take the one that capscope wrote",
  );
}

const PLAIN_KEY = /^[A-Za-z_]\w{0,40}$/;
const QUOTED_LENGTH = 40;

function step(key: string | number, isFirst: boolean): string {
  if (typeof key === "number") return `[${key}]`;
  if (!PLAIN_KEY.test(key)) return `[${JSON.stringify(key.slice(0, QUOTED_LENGTH))}]`;
  return isFirst ? key : `.${key}`;
}

function refuse(place: Place, wanted: string, found: unknown): never {
  throw fault(place, `should be ${wanted}, not ${describe(found)}`);
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return JSON.stringify(value.slice(0, QUOTED_LENGTH));
  return typeof value === "object" ? "an object" : String(value);
}
