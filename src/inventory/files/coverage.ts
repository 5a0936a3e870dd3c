// SPDX-License-Identifier: Apache-2.0
import type { ScanFailure } from "../../linux/files/messages.ts";
import type { Gap } from "../../process/model.ts";
import type { FilesCoverage, SkippedMount } from "../model.ts";

/** What was noticed while files were walked. */
export interface FilesFacts {
  readonly filesSeen: number;
  readonly directoriesSeen: number;
  readonly failures: readonly ScanFailure[];
  readonly mountsKnown: boolean;
  readonly skipped: readonly SkippedMount[];
  readonly packageFailures: readonly string[];
  readonly contentUnreadable: number;
}

/** Turns what was noticed into gaps with their remedies. Pure. */
export function assessFilesCoverage(facts: FilesFacts): FilesCoverage {
  const gaps = [...failureGaps(facts.failures), ...mountGaps(facts), ...notes(facts)];
  return {
    complete: !gaps.some(({ incomplete }) => incomplete),
    filesSeen: facts.filesSeen,
    directoriesSeen: facts.directoriesSeen,
    unreadable: facts.failures.length,
    gaps,
  };
}

/** At most so many paths are named. */
const NAMED = 3;
const DENIED: readonly string[] = ["EACCES", "EPERM"];

function failureGaps(failures: readonly ScanFailure[]): readonly Gap[] {
  return [...new Set(failures.map(({ code }) => code))].toSorted().map((code) => {
    const paths = failures.filter((each) => each.code === code).map(({ path }) => path);
    const named = paths.toSorted().slice(0, NAMED).join(", ");
    const more = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : "";
    return {
      code: "files-unreadable",
      incomplete: true,
      count: paths.length,
      message: `could not be read (${code}): ${named}${more}`,
      remedy: DENIED.includes(code) ? "run as root, or with CAP_DAC_READ_SEARCH" : null,
    };
  });
}

function mountGaps({ mountsKnown, skipped }: FilesFacts): readonly Gap[] {
  const gaps: Gap[] = [];
  if (!mountsKnown) {
    gaps.push({
      code: "mounts-unknown",
      incomplete: false,
      count: 1,
      message: "which file systems are mounted is not known: all were entered",
      remedy: "mount /proc",
    });
  }
  if (skipped.length > 0) {
    const words = skipped.map(({ path, type }) => `${path} (${type})`);
    gaps.push({
      code: "mounts-skipped",
      incomplete: false,
      count: skipped.length,
      message: `not entered: ${words.join(", ")}`,
      remedy: "--all-file-systems enters them",
    });
  }
  return gaps;
}

function notes({ packageFailures, contentUnreadable }: FilesFacts): readonly Gap[] {
  const gaps: Gap[] = packageFailures.map((message) => ({
    code: "packages-unknown",
    incomplete: false,
    count: 1,
    message,
    remedy: null,
  }));
  if (contentUnreadable > 0) {
    gaps.push({
      code: "content-unreadable",
      incomplete: false,
      count: contentUnreadable,
      message: `the content of ${contentUnreadable} of the files could not be read: whether they are scripts, or what their packages installed, is not known`,
      remedy: "run as root, or with CAP_DAC_READ_SEARCH",
    });
  }
  return gaps;
}
