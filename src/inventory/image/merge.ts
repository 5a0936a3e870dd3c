// SPDX-License-Identifier: Apache-2.0
import type { Layer, LayerFile } from "../../linux/tar/layer.ts";

/** A file as it is seen in a container of the image. */
export interface MergedFile {
  readonly file: LayerFile;
  readonly otherPaths: readonly string[];
  /** Number of the layer that has it, from 1 for the lowest. */
  readonly layer: number;
}

/** Puts layers one over the other, from the lowest on: what is removed or replaced is gone. Pure. */
export function mergeLayers(layers: readonly Layer[]): readonly MergedFile[] {
  const seen = new Map<string, { readonly file: LayerFile; readonly layer: number }>();
  for (const [at, layer] of layers.entries()) {
    for (const path of seen.keys()) if (isHidden(path, layer)) seen.delete(path);
    for (const file of layer.files) seen.set(file.path, { file, layer: at + 1 });
    for (const [path, target] of layer.links) {
      const linked = seen.get(target);
      if (linked !== undefined) seen.set(path, linked);
    }
  }
  const names = new Map<LayerFile, string[]>();
  for (const [path, { file }] of seen) names.set(file, [...(names.get(file) ?? []), path]);
  return [...names].map(([file, paths]) => {
    const [path = file.path, ...otherPaths] = paths.toSorted();
    return { file: { ...file, path }, otherPaths, layer: seen.get(path)?.layer ?? 0 };
  });
}

function isHidden(path: string, { paths, whiteouts, opaque }: Layer): boolean {
  const above = ["/", ...parentsOf(path)];
  return (
    paths.has(path) ||
    whiteouts.has(path) ||
    // A file in the place of a directory hides what was in it.
    above.some((parent) => paths.has(parent) || whiteouts.has(parent) || opaque.has(parent))
  );
}

function parentsOf(path: string): readonly string[] {
  const names = path.split("/").slice(1, -1);
  return names.map((_, at) => `/${names.slice(0, at + 1).join("/")}`);
}
