// SPDX-License-Identifier: Apache-2.0
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
} from "yaml";
import type { Setting, Span, Word } from "../model.ts";
import { type Region, spanIn } from "../region.ts";

/** A node of a YAML document, or the place where there is none: paths need no checks on the way. */
export interface Cursor {
  readonly node: Node | null;
  readonly document: Document;
  readonly region: Region;
}

export interface Entry {
  readonly key: Word;
  readonly value: Cursor;
}

export interface YamlFault extends Span {
  readonly message: string;
}

/** Reads all documents; those with errors are left out and named. */
export function readYaml(region: Region): {
  readonly roots: readonly Cursor[];
  readonly faults: readonly YamlFault[];
} {
  const parsed = parseAllDocuments(region.text, {
    logLevel: "silent",
    prettyErrors: false,
    // Of a key that is there twice the last counts, as for most readers.
    uniqueKeys: false,
  });
  const documents: readonly Document[] = Array.isArray(parsed) ? parsed : [];
  const roots: Cursor[] = [];
  const faults: YamlFault[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error === undefined) {
      roots.push({ node: isNode(document.contents) ? document.contents : null, document, region });
    } else faults.push(faultOf(region, error.message, error.pos));
  }
  return { roots, faults };
}

function faultOf(
  region: Region,
  message: string,
  [start, end]: readonly [number, number],
): YamlFault {
  const limit = region.text.length;
  const span = spanIn(region, Math.min(start, limit), Math.min(end, limit));
  // Helm, Jinja and Go templates.
  const isTemplate = /\{\{|\{%/.test(region.text);
  if (isTemplate) return { message: "a template, no YAML yet: render it first", ...span };
  return { message: /call stack/.test(message) ? "nested too deep" : message, ...span };
}

/** The node below these keys. */
export function at(cursor: Cursor, ...keys: readonly string[]): Cursor {
  let found = cursor;
  for (const key of keys) {
    const entry = entriesOf(found).findLast((each) => each.key.text === key);
    found = entry?.value ?? { ...cursor, node: null };
  }
  return found;
}

/** Deeper merges are a bomb, not a configuration. */
const MERGE_DEPTH = 8;

/** Pairs of a mapping, with those of `<<` before its own, so that the last of a key counts. */
export function entriesOf(cursor: Cursor, depth = 0): readonly Entry[] {
  const node = resolve(cursor);
  if (!isMap(node)) return [];
  const merged: Entry[] = [];
  const own: Entry[] = [];
  for (const pair of node.items) {
    if (!isScalar(pair.key)) continue;
    const key = wordOf({ ...cursor, node: pair.key });
    const value: Cursor = { ...cursor, node: isNode(pair.value) ? pair.value : null };
    if (key === null) continue;
    if (key.text !== "<<") own.push({ key, value });
    else if (depth < MERGE_DEPTH) {
      // Of several, the first is the strongest.
      const sources = isSeq(resolve(value)) ? [...itemsOf(value)].reverse() : [value];
      for (const source of sources) merged.push(...entriesOf(source, depth + 1));
    }
  }
  return [...merged, ...own];
}

export function itemsOf(cursor: Cursor): readonly Cursor[] {
  const node = resolve(cursor);
  if (!isSeq(node)) return [];
  return node.items.map((item) => ({ ...cursor, node: isNode(item) ? item : null }));
}

/** A scalar as text, numbers as they are written; null for anything else. */
export function wordOf(cursor: Cursor): Word | null {
  const node = resolve(cursor);
  if (!isScalar(node) || node.value === null) return null;
  const text = typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
  return { text, ...spanAt(cursor) };
}

export function textOf(cursor: Cursor): string | null {
  return wordOf(cursor)?.text ?? null;
}

/** A list of scalars, or one scalar alone. */
export function wordsOf(cursor: Cursor): readonly Word[] {
  const single = wordOf(cursor);
  if (single !== null) return [single];
  return itemsOf(cursor).flatMap((item) => wordOf(item) ?? []);
}

/** A boolean, in the spellings of YAML 1.1 as well, which Kubernetes reads. */
export function booleanOf(cursor: Cursor): Setting<boolean> | null {
  const word = wordOf(cursor);
  const value = word === null ? undefined : BOOLEANS[word.text.toLowerCase()];
  return word === null || value === undefined ? null : { value, start: word.start, end: word.end };
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  y: true,
  false: false,
  no: false,
  off: false,
  n: false,
};

export function settingOf(cursor: Cursor): Setting<string> | null {
  const word = wordOf(cursor);
  return word === null ? null : { value: word.text, start: word.start, end: word.end };
}

/** Where the node stands; of an alias, the alias itself. */
export function spanAt({ node, region }: Cursor): Span {
  const [start = 0, end = start] = node?.range ?? [];
  return spanIn(region, start, end);
}

export function exists(cursor: Cursor): boolean {
  return cursor.node !== null;
}

export function isMapping(cursor: Cursor): boolean {
  return isMap(resolve(cursor));
}

/** Looking one up goes through the whole document. */
const aliasTargets = new WeakMap<Node, Node | null>();

function resolve({ node, document }: Cursor): Node | null {
  if (!isAlias(node)) return node;
  const known = aliasTargets.get(node);
  if (known !== undefined) return known;
  const found: unknown = node.resolve(document);
  const target = isNode(found) ? found : null;
  aliasTargets.set(node, target);
  return target;
}
