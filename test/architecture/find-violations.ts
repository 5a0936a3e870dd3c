// SPDX-License-Identifier: Apache-2.0
import { posix } from "node:path";
import { type Layer, LAYERS, SHARED, WRAPPED } from "./layers.ts";

/** Source text by path relative to src/, such as "linux/bytes.ts". */
export type Sources = ReadonlyMap<string, string>;

interface Import {
  readonly target: string;
  /** False for `import type`, which leaves nothing behind in the compiled file. */
  readonly value: boolean;
}

const transpiler = new Bun.Transpiler({ loader: "ts", target: "bun" });
const FROM = /^(?:import|export)\b[^;"']*?\bfrom\s*"([^"]+)"|\bimport\("([^"]+)"\)/gm;

/** One sentence for each breach of the layer table, sorted. */
export function findViolations(sources: Sources): string[] {
  const found = [...findCycles(sources)];
  for (const [file, text] of sources) {
    const source = withoutShebang(text);
    const layer = LAYERS.find((each) => each.name === firstSegment(file));
    if (layer === undefined) {
      found.push(`${file}: belongs to no layer`);
      continue;
    }
    for (const imported of readImports(source)) {
      if (!isAllowed(file, layer, imported)) found.push(`${file}: imports ${imported.target}`);
    }
    const code = transpiler.transformSync(source).replaceAll(/"(?:\\.|[^"\\\n])*"/g, '""');
    for (const ban of layer.bans) {
      if (ban.pattern.test(code)) found.push(`${file}: uses ${ban.name}`);
    }
  }
  return found.toSorted();
}

function isAllowed(file: string, layer: Layer, { target, value }: Import): boolean {
  if (!target.startsWith(".")) return isAllowedPackage(file, layer, target);
  const path = resolveImport(file, target);
  const name = firstSegment(path);
  if (path.startsWith("..")) return false;
  if (name === layer.name || SHARED.includes(path) || layer.layers.includes(name)) return true;
  if (layer.models.includes(name) && path === `${name}/model.ts`) return true;
  return !value && layer.name === "index.ts";
}

function isAllowedPackage(file: string, layer: Layer, target: string): boolean {
  const wrapper = WRAPPED.get(target);
  if (wrapper !== undefined) return file.startsWith(wrapper);
  return layer.packages.some((each) =>
    each.endsWith("*") ? target.startsWith(each.slice(0, -1)) : target === each,
  );
}

function readImports(source: string): Import[] {
  const values = new Set(transpiler.scanImports(source).map((each) => each.path));
  const targets = new Set(values);
  for (const [, from, dynamic] of source.matchAll(FROM)) targets.add(from ?? dynamic ?? "");
  return [...targets].map((target) => ({ target, value: values.has(target) }));
}

/** Cycles of value imports, each named once, by the file that closes it. */
function findCycles(sources: Sources): Set<string> {
  const found = new Set<string>();
  const finished = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      found.add(`${[...path.slice(path.indexOf(file)), file].join(" -> ")}: import cycle`);
      return;
    }
    if (finished.has(file)) return;
    for (const { target, value } of readImports(withoutShebang(sources.get(file) ?? ""))) {
      if (value && target.startsWith(".")) visit(resolveImport(file, target), [...path, file]);
    }
    finished.add(file);
  };
  for (const file of sources.keys()) visit(file, []);
  return found;
}

/** Bun's transpiler does not take the first line of a program. */
function withoutShebang(source: string): string {
  return source.replace(/^#!.*/, "");
}

function resolveImport(file: string, target: string): string {
  return posix.join(posix.dirname(file), target);
}

function firstSegment(path: string): string {
  return path.split("/")[0] ?? path;
}
