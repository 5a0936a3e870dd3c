// SPDX-License-Identifier: Apache-2.0
import { decodeFileCapabilities } from "../../capabilities/file-capabilities.ts";
import { isWritableByOthers } from "../../linux/files/permissions.ts";
import { type ImageArchive, readImageArchive } from "../../linux/tar/image.ts";
import type { Layer } from "../../linux/tar/layer.ts";
import type { Gap } from "../../process/model.ts";
import { compareFiles } from "../files/collect.ts";
import { listCapabilities } from "../files/describe.ts";
import { assessFileFlags } from "../files/flags.ts";
import type { ImageContent, ImageFile, ImageReport } from "../model.ts";
import { reportHead } from "../report-head.ts";
import { findManifests, type ImageManifest } from "./manifests.ts";
import { type MergedFile, mergeLayers } from "./merge.ts";

export interface ImageOptions {
  readonly time: Date;
  /** Path of the archive; "-" for standard input. */
  readonly archive: string;
}

/**
 * Finds the files with capabilities or set-id bits in the images of an archive, without unpacking it:
 * of `docker save`, of an OCI layout, or of a root directory. Throws UnsupportedError for what is none.
 */
export async function collectImage({ time, archive }: ImageOptions): Promise<ImageReport> {
  const content = await readImageArchive(archive);
  const manifests = findManifests(content.documents);
  const gaps: Gap[] = [];
  const images =
    manifests.length === 0
      ? [describe([], [content.itself], gaps)]
      : manifests.map((manifest) =>
          describe(manifest.names, layersOf(manifest, content, gaps), gaps),
        );
  return {
    ...reportHead("image-files", time),
    archive,
    images,
    coverage: { complete: !gaps.some(({ incomplete }) => incomplete), gaps },
  };
}

function layersOf(
  { layers }: ImageManifest,
  { layers: known, links, unreadable }: ImageArchive,
  gaps: Gap[],
): readonly Layer[] {
  return layers.flatMap((path) => {
    const target = known.has(path) ? path : (links.get(path) ?? path);
    const layer = known.get(target);
    if (layer !== undefined) return [layer];
    gaps.push({
      code: "layer-unreadable",
      incomplete: true,
      count: 1,
      message: `layer ${path.slice(1)}: ${unreadable.get(target) ?? "it is not in the archive"}`,
      remedy: null,
    });
    return [];
  });
}

function describe(names: readonly string[], layers: readonly Layer[], gaps: Gap[]): ImageContent {
  const escaping = layers.reduce((sum, layer) => sum + layer.escaping, 0);
  if (escaping > 0) {
    gaps.push({
      code: "paths-escaping",
      incomplete: false,
      count: escaping,
      message: `${escaping} members have paths that lead out of the archive`,
      remedy: null,
    });
  }
  const files = mergeLayers(layers).map(imageFile).toSorted(compareFiles);
  return { names, layers: layers.length, files };
}

function imageFile({ file, otherPaths, layer }: MergedFile): ImageFile {
  const { path, mode, uid, gid, attribute, isScript } = file;
  const capabilities = attribute === null ? null : decodeFileCapabilities(attribute);
  const undecodable = attribute !== null && capabilities === null;
  return {
    path,
    otherPaths,
    mode: mode.toString(8).padStart(4, "0"),
    uid,
    gid,
    setuid: (mode & 0o4000) !== 0,
    setgid: (mode & 0o2010) === 0o2010,
    capabilities: capabilities === null ? null : listCapabilities(capabilities),
    undecodedAttribute: undecodable ? attribute.toString("hex") : null,
    flags: assessFileFlags({
      path,
      mode,
      capabilities,
      undecodable,
      isScript,
      writableByOthers: isWritableByOthers({ mode, uid, gid }, uid),
      inWritableDirectory: false,
      onNosuid: false,
      package: null,
      hasPackages: false,
    }),
    layer,
  };
}
