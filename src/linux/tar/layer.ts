// SPDX-License-Identifier: Apache-2.0
import { MalformedError } from "./header.ts";
import { readTar, type TarEntry } from "./read-tar.ts";

/** A regular file with set-id bits or a capability attribute. */
export interface LayerFile {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly attribute: Buffer | null;
  /** It begins with "#!"; null when its content was not looked at. */
  readonly isScript: boolean | null;
}

/** What one archive puts over those below it, by absolute paths. */
export interface Layer {
  readonly files: readonly LayerFile[];
  /** Everything but directories: what hides a file of a lower layer. */
  readonly paths: ReadonlySet<string>;
  /** Names of hard links, with the path that they are links to. */
  readonly links: ReadonlyMap<string, string>;
  /** Removed from the layers below, with all that is inside. */
  readonly whiteouts: ReadonlySet<string>;
  /** Directories that hide what the layers below have in them. */
  readonly opaque: ReadonlySet<string>;
  /** Members whose path leads out of the archive, which no engine unpacks. */
  readonly escaping: number;
}

/** Members of one archive, of which each costs memory. */
const ENTRIES_MAX = 4_000_000;
const SET_ID_BITS = 0o6000;
const WHITEOUT = ".wh.";
/** OCI image specification, "Opaque Whiteout". */
const OPAQUE = ".wh..wh..opq";

/** Collects what an archive holds, member by member. */
export class LayerCollector {
  readonly #files = new Map<string, LayerFile>();
  readonly #paths = new Set<string>();
  readonly #links = new Map<string, string>();
  readonly #whiteouts = new Set<string>();
  readonly #opaque = new Set<string>();
  #escaping = 0;
  #entries = 0;

  /** Null where nothing of the content is needed. */
  add(entry: TarEntry, content: AsyncGenerator<Buffer>): Promise<void> | null {
    if (++this.#entries > ENTRIES_MAX) throw new MalformedError("it has too many members");
    const path = absolutePath(entry.path);
    if (path === null) {
      this.#escaping++;
      return null;
    }
    const name = path.slice(path.lastIndexOf("/") + 1);
    const parent = path.slice(0, -name.length - 1) || "/";
    if (name === OPAQUE) this.#opaque.add(parent);
    else if (name.startsWith(WHITEOUT)) {
      this.#whiteouts.add(`${parent === "/" ? "" : parent}/${name.slice(WHITEOUT.length)}`);
    } else if (entry.type !== "directory") return this.#addFile(path, entry, content);
    return null;
  }

  finish(): Layer {
    return {
      files: [...this.#files.values()],
      paths: this.#paths,
      links: this.#links,
      whiteouts: this.#whiteouts,
      opaque: this.#opaque,
      escaping: this.#escaping,
    };
  }

  #addFile(path: string, entry: TarEntry, content: AsyncGenerator<Buffer>): Promise<void> | null {
    this.#paths.add(path);
    // Of two members with one path the later counts.
    this.#files.delete(path);
    this.#links.delete(path);
    if (entry.type === "hard-link") {
      const target = absolutePath(entry.linkPath);
      if (target !== null) this.#links.set(path, target);
    }
    if (entry.type !== "file") return null;
    const isSpecial = entry.attribute !== null || (entry.mode & SET_ID_BITS) !== 0;
    return isSpecial ? this.#addSpecial(path, entry, content) : null;
  }

  async #addSpecial(
    path: string,
    { mode, uid, gid, attribute }: TarEntry,
    content: AsyncGenerator<Buffer>,
  ): Promise<void> {
    let start = "";
    for await (const piece of content) {
      start += piece.toString("latin1", 0, 2);
      if (start.length >= 2) break;
    }
    this.#files.set(path, { path, mode, uid, gid, attribute, isScript: start.startsWith("#!") });
  }
}

/** Reads a whole archive as one layer. */
export async function readLayer(source: AsyncIterable<Uint8Array>): Promise<Layer> {
  const collector = new LayerCollector();
  await readTar(source, (entry, content) => collector.add(entry, content));
  return collector.finish();
}

/** "./usr/bin/x" and "/usr//bin/x" are "/usr/bin/x"; null for what leads out. */
export function absolutePath(path: string): string | null {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  return names.includes("..") ? null : `/${names.join("/")}`;
}
