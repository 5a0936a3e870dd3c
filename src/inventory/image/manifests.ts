// SPDX-License-Identifier: Apache-2.0

/** An image of an archive: what it is called, and its layers from the lowest on. */
export interface ImageManifest {
  readonly names: readonly string[];
  /** Paths in the archive. */
  readonly layers: readonly string[];
}

type Documents = ReadonlyMap<string, unknown>;

/** Indexes of indexes, as far as one that is meant well goes. */
const DEPTH_MAX = 4;

/** Finds the images of an archive of `docker save`, else of an OCI layout; none for any other. Pure. */
export function findManifests(documents: Documents): readonly ImageManifest[] {
  const docker = documents.get("/manifest.json");
  if (Array.isArray(docker)) return docker.flatMap(dockerManifest);
  return ociManifests(documents, documents.get("/index.json"), DEPTH_MAX, null);
}

function dockerManifest(item: unknown): readonly ImageManifest[] {
  const layers = strings(member(item, "Layers"));
  if (layers === null) return [];
  return [
    { names: strings(member(item, "RepoTags")) ?? [], layers: layers.map((path) => `/${path}`) },
  ];
}

function ociManifests(
  documents: Documents,
  document: unknown,
  depth: number,
  name: string | null,
): readonly ImageManifest[] {
  const layers = member(document, "layers");
  if (Array.isArray(layers)) {
    const paths = layers.flatMap((layer: unknown) => blobPath(layer) ?? []);
    return [{ names: name === null ? [] : [name], layers: paths }];
  }
  const manifests = member(document, "manifests");
  if (!Array.isArray(manifests) || depth === 0) return [];
  return manifests.flatMap((descriptor: unknown) => {
    const path = blobPath(descriptor);
    // Attestations of buildx are manifests too, and no images.
    const type = member(member(descriptor, "annotations"), "vnd.docker.reference.type");
    if (path === null || type !== undefined) return [];
    const own = referenceName(descriptor) ?? name;
    return ociManifests(documents, documents.get(path), depth - 1, own);
  });
}

function blobPath(descriptor: unknown): string | null {
  const digest = member(descriptor, "digest");
  if (typeof digest !== "string") return null;
  const [, algorithm, hex] = /^([a-z0-9]+):([0-9a-f]{32,})$/.exec(digest) ?? [];
  return hex === undefined ? null : `/blobs/${algorithm}/${hex}`;
}

function referenceName(descriptor: unknown): string | null {
  const annotations = member(descriptor, "annotations");
  const name =
    member(annotations, "io.containerd.image.name") ??
    member(annotations, "org.opencontainers.image.ref.name");
  return typeof name === "string" ? name : null;
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

function strings(value: unknown): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  return value.filter((item): item is string => typeof item === "string");
}
