// SPDX-License-Identifier: Apache-2.0
import type { FileHit } from "../../linux/files/messages.ts";
import { resolveDirectory } from "../../linux/files/resolve.ts";
import { walkFiles } from "../../linux/files/walk.ts";
import { askDpkg } from "../../linux/packages/dpkg.ts";
import type { PackageAnswer } from "../../linux/packages/model.ts";
import { askRpm } from "../../linux/packages/rpm.ts";
import { readMountInfo } from "../../linux/procfs/mount-info.ts";
import { FILE_FLAGS, type FilesReport, type ListedFile } from "../model.ts";
import { reportHead } from "../report-head.ts";
import { assessFilesCoverage } from "./coverage.ts";
import { FileDescriber, type FoundFile } from "./describe.ts";
import { type Extent, isInside, outermost, skippedMounts } from "./mounts.ts";

export interface FilesOptions {
  /** When the report is made. */
  readonly time: Date;
  /** Files and directories; symbolic links are followed here, and nowhere else. */
  readonly paths: readonly string[];
  /** Missing paths are left out rather than being an error, as in $PATH. */
  readonly tolerant: boolean;
  readonly extent: Extent;
  /** Called now and then with the number of files looked at. */
  readonly onProgress?: (files: number) => void;
}

/**
 * Finds the regular files with capabilities or set-id bits. Throws SystemError for a path that is
 * not there, UnsupportedError when the C library cannot be called.
 */
export async function collectFiles(options: FilesOptions): Promise<FilesReport> {
  const roots = rootsOf(options);
  const mounts = readMountInfo();
  const skipped = skippedMounts(mounts ?? [], roots, options.extent);
  const walk = await walkFiles({
    roots,
    skipped: skipped.map(({ path }) => path),
    onProgress: options.onProgress ?? (() => undefined),
  });
  const found = mergeNames(walk.hits);
  const packages = askPackages(found.map(({ hit }) => hit.path));
  const describer = new FileDescriber(mounts ?? [], packages);
  const files = found.map((file) => describer.describe(file));
  return {
    ...reportHead("files", options.time),
    roots,
    files: files.toSorted(compareFiles),
    skippedMounts: outermost(skipped),
    packageManagers: packages.managers,
    coverage: assessFilesCoverage({
      filesSeen: walk.files,
      directoriesSeen: walk.directories,
      failures: walk.failures,
      mountsKnown: mounts !== null,
      skipped: outermost(skipped),
      packageFailures: packages.failures,
      contentUnreadable: describer.unreadable,
    }),
  };
}

/** Without those inside another. */
function rootsOf({ paths, tolerant }: FilesOptions): readonly string[] {
  const resolved = [...new Set(paths.flatMap((path) => resolveDirectory(path, tolerant) ?? []))];
  return resolved.filter(
    (path) => !resolved.some((other) => other !== path && isInside(path, other)),
  );
}

/** One for each inode, by the name that comes first. */
function mergeNames(hits: readonly FileHit[]): readonly FoundFile[] {
  const found = new Map<string, FileHit[]>();
  for (const hit of hits.toSorted((one, other) => comparePaths(one.path, other.path))) {
    const key = `${hit.device} ${hit.inode}`;
    const names = found.get(key);
    if (names === undefined) found.set(key, [hit]);
    else names.push(hit);
  }
  return [...found.values()].flatMap(([hit, ...others]) =>
    hit === undefined ? [] : [{ hit, otherPaths: others.map(({ path }) => path) }],
  );
}

function askPackages(paths: readonly string[]): PackageAnswer {
  const [dpkg, rpm] = [askDpkg(paths), askRpm(paths)];
  return {
    managers: [...dpkg.managers, ...rpm.managers],
    files: new Map([...rpm.files, ...dpkg.files]),
    failures: [...dpkg.failures, ...rpm.failures],
  };
}

/** Those with the worst flags first, then by path. */
export function compareFiles(one: Ordered, other: Ordered): number {
  return worstOf(one) - worstOf(other) || comparePaths(one.path, other.path);
}

type Ordered = Pick<ListedFile, "flags" | "path">;

function worstOf({ flags: [worst] }: Ordered): number {
  return worst === undefined ? FILE_FLAGS.length : FILE_FLAGS.indexOf(worst);
}

function comparePaths(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
