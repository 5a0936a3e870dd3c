// SPDX-License-Identifier: Apache-2.0
import { joinedRegion, type Piece, type Region } from "../region.ts";

/** What may stand below a key: keys with what is below each, members of a list, or words. */
interface Shape {
  readonly keys?: Readonly<Record<string, string>>;
  readonly items?: string;
  readonly words?: true;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  object: { keys: { ...scalars("apiVersion kind"), metadata: "metadata", spec: "spec" } },
  metadata: {
    keys: { ...scalars("name namespace generateName"), labels: "any", annotations: "any" },
  },
  spec: {
    keys: {
      ...scalars("validationFailureAction background replicas restartPolicy hostNetwork hostPID"),
      ...scalars("serviceAccountName schedule"),
      containers: "containers",
      initContainers: "containers",
      ephemeralContainers: "containers",
      template: "template",
      securityContext: "securityContext",
      rules: "rules",
    },
  },
  template: { keys: { metadata: "metadata", spec: "spec" } },
  containers: { items: "container" },
  container: {
    keys: {
      ...scalars("name image imagePullPolicy"),
      command: "words",
      args: "words",
      securityContext: "securityContext",
    },
  },
  securityContext: {
    keys: {
      ...scalars("allowPrivilegeEscalation privileged readOnlyRootFilesystem"),
      ...scalars("runAsUser runAsGroup runAsNonRoot fsGroup"),
      capabilities: "capabilities",
      seccompProfile: "seccompProfile",
    },
  },
  capabilities: { keys: { add: "words", drop: "words" } },
  seccompProfile: { keys: scalars("type localhostProfile") },
  rules: { items: "rule" },
  rule: { keys: { ...scalars("name"), match: "match", exclude: "match", validate: "validate" } },
  match: { keys: { any: "filters", all: "filters", resources: "resources" } },
  filters: { items: "filter" },
  filter: { keys: { resources: "resources" } },
  resources: { keys: { kinds: "words", namespaces: "words", names: "words" } },
  validate: { keys: { ...scalars("message"), pattern: "object", anyPattern: "patterns" } },
  patterns: { items: "object" },
  words: { words: true },
};

function scalars(names: string): Record<string, string> {
  return Object.fromEntries(names.split(" ").map((name) => [name, "scalar"]));
}

interface Frame {
  readonly shape: string;
  readonly indent: number;
  readonly used: Set<string>;
}

/**
 * Gives YAML of Kubernetes or Kyverno back the indentation that it lost on its way through a web
 * page: each key belongs to the innermost place that can have it and has none yet. Null where the
 * text has indentation, or where that does not tell.
 */
export function restoreIndentation(region: Region): Region | null {
  const lines = region.text.split("\n");
  if (lines.some((line) => /^[ \t]+\S/.test(line)) || !/^spec:\s*$/m.test(region.text)) return null;
  let stack: readonly Frame[] = [{ shape: "object", indent: 0, used: new Set() }];
  let text = "";
  let offset = 0;
  const pieces: Piece[] = [];
  for (const line of lines) {
    const placed = /^\s*(?:#.*)?$/.test(line) ? { indent: 0, stack } : placeLine(line, stack);
    if (placed === null) return null;
    stack = placed.stack;
    pieces.push({ at: text.length + placed.indent, offset });
    text += `${" ".repeat(placed.indent)}${line}\n`;
    offset += line.length + 1;
  }
  const [first] = pieces;
  return joinedRegion(text, first?.at === 0 ? pieces : [{ at: 0, offset: 0 }, ...pieces], region);
}

interface Placed {
  readonly indent: number;
  readonly stack: readonly Frame[];
}

function placeLine(line: string, stack: readonly Frame[]): Placed | null {
  const [, dash = "", key = null, value = ""] =
    /^(- +)?(?:"?([^\s":#]+)"?:(?: +(.*))?$)?/.exec(line) ?? [];
  for (let depth = stack.length; depth > 0; depth--) {
    const below = stack.slice(0, depth);
    const placed = placeIn(below, { isItem: dash !== "", key, value });
    if (placed !== null) return placed;
  }
  return null;
}

interface FlatLine {
  readonly isItem: boolean;
  /** Null for a word alone. */
  readonly key: string | null;
  readonly value: string;
}

/** Places a line below the last frame; null where that cannot have it. */
function placeIn(stack: readonly Frame[], { isItem, key, value }: FlatLine): Placed | null {
  const frame = stack.at(-1);
  const shape = SHAPES[frame?.shape ?? ""];
  if (frame === undefined || shape === undefined) return null;
  const { indent, used } = frame;
  if (key === null) return isItem && shape.words === true ? { indent, stack } : null;
  if (!isItem) {
    const inner = used.has(key) ? undefined : shape.keys?.[key];
    return inner === undefined ? null : { indent, stack: enter(stack, key, inner, value) };
  }
  const inner = SHAPES[shape.items ?? ""]?.keys?.[key];
  if (shape.items === undefined || inner === undefined) return null;
  const item: Frame = { shape: shape.items, indent: indent + 2, used: new Set() };
  return { indent, stack: enter([...stack, item], key, inner, value) };
}

/** A key without a value on its line has what comes next below it. */
function enter(
  stack: readonly Frame[],
  key: string,
  shape: string,
  value: string,
): readonly Frame[] {
  const frame = stack.at(-1);
  frame?.used.add(key);
  if (shape === "scalar" || value.replace(/#.*/, "").trim() !== "") return stack;
  return [...stack, { shape, indent: (frame?.indent ?? 0) + 2, used: new Set() }];
}
