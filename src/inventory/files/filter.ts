// SPDX-License-Identifier: Apache-2.0
import type { FileFlag, ListedFile } from "../model.ts";

/** What of a report is kept. */
export interface FilesFilter {
  /** Only files with a capability attribute. */
  readonly capabilitiesOnly: boolean;
  /** Only files with one of these; none means any. */
  readonly flags: readonly FileFlag[];
}

/** Narrows a report; what could not be seen stays part of it. Pure. */
export function filterFiles<Report extends { readonly files: readonly Judged[] }>(
  report: Report,
  { capabilitiesOnly, flags }: FilesFilter,
): Report {
  const files = report.files.filter(
    (file) =>
      (!capabilitiesOnly || file.capabilities !== null || file.undecodedAttribute !== null) &&
      (flags.length === 0 || file.flags.some((flag) => flags.includes(flag))),
  );
  return { ...report, files };
}

type Judged = Pick<ListedFile, "capabilities" | "undecodedAttribute" | "flags">;
