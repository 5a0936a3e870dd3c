// SPDX-License-Identifier: Apache-2.0

export type PackageManager = "dpkg" | "rpm";

/** What a package manager knows of a file that it installed. */
export interface PackagedFile {
  readonly manager: PackageManager;
  readonly name: string;
  /** Permission bits that it is to have; null where the manager does not record them. */
  readonly mode: number | null;
  /** Capabilities that it is to have, in text, "" for none; null where that is not recorded. */
  readonly capabilities: string | null;
  /** Checksum of the content; null where there is none, as for configuration. */
  readonly digest: { readonly algorithm: string; readonly hex: string } | null;
}

/** What the package managers of a machine say. */
export interface PackageAnswer {
  /** Managers that have a database here. */
  readonly managers: readonly PackageManager[];
  /** By the path that was asked for. */
  readonly files: ReadonlyMap<string, PackagedFile>;
  /** Why a database could not be asked. */
  readonly failures: readonly string[];
}
