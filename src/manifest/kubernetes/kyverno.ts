// SPDX-License-Identifier: Apache-2.0
import { parseCapabilityNames } from "../../capabilities/parse-names.ts";
import type { ContainerList, PolicyCheck, PolicyDeclaration, PolicyRule, Word } from "../model.ts";
import {
  at,
  type Cursor,
  entriesOf,
  exists,
  itemsOf,
  spanAt,
  textOf,
  wordOf,
  wordsOf,
} from "../yaml/cursor.ts";
import { objectKind } from "./objects.ts";

const LISTS: readonly ContainerList[] = ["containers", "initContainers", "ephemeralContainers"];

/** Deeper patterns and more of their nodes are not looked at: anchors can multiply without end. */
const DEPTH_LIMIT = 32;
const NODE_LIMIT = 20_000;

/** Reads a Kyverno ClusterPolicy or Policy; null for any other object. */
export function readPolicy(object: Cursor): PolicyDeclaration | null {
  const kind = objectKind(object);
  const isKyverno = textOf(at(object, "apiVersion"))?.startsWith("kyverno.io/") === true;
  if (!isKyverno || (kind !== "ClusterPolicy" && kind !== "Policy")) return null;
  return {
    name: textOf(at(object, "metadata", "name")) ?? "",
    rules: itemsOf(at(object, "spec", "rules")).map(readRule),
    ...spanAt(object),
  };
}

function readRule(rule: Cursor): PolicyRule {
  const name = wordOf(at(rule, "name"));
  const validate = at(rule, "validate");
  return {
    name: name?.text ?? "",
    kinds: kindsOf(at(rule, "match")),
    checks: exists(validate) ? checksOf(validate) : [],
    ...(name ?? spanAt(rule)),
  };
}

function kindsOf(match: Cursor): readonly Word[] {
  const filters = [match, ...itemsOf(at(match, "any")), ...itemsOf(at(match, "all"))];
  return filters.flatMap((filter) => wordsOf(at(filter, "resources", "kinds")));
}

function checksOf(validate: Cursor): readonly PolicyCheck[] {
  const patterns = [at(validate, "pattern"), ...itemsOf(at(validate, "anyPattern"))];
  return [
    ...patterns.filter(exists).map((pattern) => checkOf("pattern", pattern)),
    ...itemsOf(at(validate, "foreach")).map((each) => checkOf("foreach", each)),
    ...itemsOf(at(validate, "cel", "expressions")).map((each) => checkOf("cel", each)),
    ...(exists(at(validate, "deny")) ? [checkOf("deny", at(validate, "deny"))] : []),
    ...(exists(at(validate, "podSecurity")) ? [podSecurityCheck(at(validate, "podSecurity"))] : []),
  ];
}

/** The Pod Security Standards look at all containers. */
function podSecurityCheck(node: Cursor): PolicyCheck {
  const shared = { lists: LISTS, isAboutCapabilities: true, throughTemplate: false, names: [] };
  return { form: "pod-security", ...shared, ...spanAt(node) };
}

interface Seen {
  readonly lists: Set<ContainerList>;
  readonly names: Word[];
  isAboutCapabilities: boolean;
  throughTemplate: boolean;
  nodes: number;
}

function checkOf(form: PolicyCheck["form"], node: Cursor): PolicyCheck {
  const seen: Seen = {
    lists: new Set(),
    names: [],
    isAboutCapabilities: false,
    throughTemplate: false,
    nodes: 0,
  };
  visit(node, [], seen);
  return {
    form,
    lists: LISTS.filter((list) => seen.lists.has(list)),
    isAboutCapabilities: seen.isAboutCapabilities,
    throughTemplate: seen.throughTemplate,
    names: seen.names,
    ...spanAt(node),
  };
}

/** Goes through a pattern or a condition; in expressions the lists are named in text. */
function visit(node: Cursor, path: readonly string[], seen: Seen): void {
  if (path.length > DEPTH_LIMIT || ++seen.nodes > NODE_LIMIT) return;
  for (const { key, value } of entriesOf(node)) {
    const name = withoutAnchor(key.text);
    if (isList(name)) seen.lists.add(name);
    if (name === "capabilities") seen.isAboutCapabilities = true;
    if (name === "template") seen.throughTemplate = true;
    visit(value, [...path, name], seen);
  }
  for (const item of itemsOf(node)) visit(item, path, seen);
  const word = wordOf(node);
  if (word === null) return;
  for (const list of LISTS) {
    if (new RegExp(`(?<![A-Za-z])${list}(?![A-Za-z])`).test(word.text)) seen.lists.add(list);
  }
  if (/\bcapabilities\b/.test(word.text)) seen.isAboutCapabilities = true;
  if (path.includes("capabilities") || isName(word)) seen.names.push(word);
}

/** "CAP_SYS_ADMIN" and "SYS_ADMIN"; other words may be anything. */
function isName({ text }: Word): boolean {
  return /^(?:CAP_)?[A-Z]+(?:_[A-Z]+)*$/.test(text) && parseCapabilityNames(text) !== null;
}

/** "=(initContainers)", "^(containers)", "X(privileged)" ...; Kyverno's anchors. */
function withoutAnchor(key: string): string {
  return /^[=^+<X]?\((.*)\)$/.exec(key)?.[1] ?? key;
}

function isList(name: string): name is ContainerList {
  return LISTS.some((list) => list === name);
}
