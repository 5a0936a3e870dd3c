// SPDX-License-Identifier: Apache-2.0
import type { MountNode } from "./mount-tree.ts";

/** A regular file with set-id bits or a capability attribute. */
export interface FileHit {
  readonly path: string;
  /** "major:minor"; with the inode, the identity of the file. */
  readonly device: string;
  readonly inode: number;
  readonly links: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of security.capability as latin1; null when there is none. */
  readonly attribute: string | null;
}

/** Something that could not be read. */
export interface ScanFailure {
  readonly path: string;
  /** Name of an errno. */
  readonly code: string;
}

/** Directories to scan. */
export interface ScanBatch {
  readonly directories: readonly string[];
  /** How many entries to look at, more or less. */
  readonly budget: number;
  /** Null where nothing is mounted. */
  readonly mounts: MountNode | null;
}

/** What a batch gave. */
export interface ScanResult {
  readonly hits: FileHit[];
  /** Directories for another batch. */
  readonly rest: string[];
  readonly failures: ScanFailure[];
  files: number;
  directories: number;
  entries: number;
}
