// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A name that an engine's state on disk gives to a container. */
export interface ContainerName {
  readonly name: string;
  readonly id: string;
}

export interface NameListing {
  readonly names: readonly ContainerName[];
  /** Directories of engines that could not be read. */
  readonly unreadable: readonly string[];
}

/** Where engines keep their state. */
export interface EnginePlaces {
  /** Docker's data directories: with `containers/ID/config.v2.json`. */
  readonly docker: readonly string[];
  /** Storage of podman and CRI-O: with `overlay-containers/containers.json`. */
  readonly storage: readonly string[];
  /** Bundles of containerd: `NAMESPACE/ID/config.json`. */
  readonly containerd: readonly string[];
}

/** As packages configure them; `homes` are those of users who run containers of their own. */
export function enginePlaces(homes: readonly string[]): EnginePlaces {
  return {
    docker: [
      "/var/lib/docker",
      ...configuredDataRoot("/etc/docker/daemon.json"),
      ...homes.map((home) => `${home}/.local/share/docker`),
    ],
    storage: [
      "/var/lib/containers/storage",
      ...homes.map((home) => `${home}/.local/share/containers/storage`),
    ],
    containerd: ["/run/containerd/io.containerd.runtime.v2.task"],
  };
}

/** Reads the names that engines keep on disk. State that is not as known gives no names. */
export function readContainerNames(places: EnginePlaces): NameListing {
  const unreadable: string[] = [];
  const list = (directory: string): readonly string[] => listDirectory(directory, unreadable);
  const docker = places.docker.flatMap((root) =>
    list(join(root, "containers")).flatMap((id) =>
      dockerNames(readJson(join(root, "containers", id, "config.v2.json"), unreadable)),
    ),
  );
  const storage = places.storage.flatMap((root) =>
    list(root)
      .filter((name) => name.endsWith("-containers"))
      .flatMap((name) =>
        ["containers.json", "volatile-containers.json"].flatMap((file) =>
          storageNames(readJson(join(root, name, file), unreadable)),
        ),
      ),
  );
  const containerd = places.containerd.flatMap((root) =>
    list(root).flatMap((namespace) =>
      list(join(root, namespace)).flatMap((id) =>
        bundleNames(id, readJson(join(root, namespace, id, "config.json"), unreadable)),
      ),
    ),
  );
  return { names: [...docker, ...storage, ...containerd], unreadable };
}

function configuredDataRoot(path: string): readonly string[] {
  const configured = memberOf(readJson(path, []), "data-root");
  return typeof configured === "string" && configured.startsWith("/") ? [configured] : [];
}

/** Docker writes names with a slash before them. */
function dockerNames(state: unknown): readonly ContainerName[] {
  const [id, name] = [memberOf(state, "ID"), memberOf(state, "Name")];
  if (typeof id !== "string" || typeof name !== "string") return [];
  return [{ id, name: name.replace(/^\//, "") }];
}

function storageNames(state: unknown): readonly ContainerName[] {
  if (!Array.isArray(state)) return [];
  return state.flatMap((each: unknown) => {
    const [id, names] = [memberOf(each, "id"), memberOf(each, "names")];
    if (typeof id !== "string" || !Array.isArray(names)) return [];
    return names.flatMap((name: unknown) => (typeof name === "string" ? [{ id, name }] : []));
  });
}

/** Set by the CRI plug-in and by nerdctl. */
const NAME_ANNOTATIONS = ["io.kubernetes.cri.container-name", "nerdctl/name"];

function bundleNames(id: string, state: unknown): readonly ContainerName[] {
  const annotations = memberOf(state, "annotations");
  return NAME_ANNOTATIONS.flatMap((key) => {
    const name = memberOf(annotations, key);
    return typeof name === "string" ? [{ id, name }] : [];
  });
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

/** Undefined for a file that is not there or is no JSON: engines rewrite theirs as they run. */
function readJson(path: string, unreadable: string[]): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    noteDenial(error, path, unreadable);
    return undefined;
  }
}

function listDirectory(path: string, unreadable: string[]): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    noteDenial(error, path, unreadable);
    return [];
  }
}

function noteDenial(error: unknown, path: string, unreadable: string[]): void {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "EACCES" || code === "EPERM") unreadable.push(path);
}
