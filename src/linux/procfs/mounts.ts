// SPDX-License-Identifier: Apache-2.0
import { readText, textOrNull } from "./read-text.ts";

/** A line of /proc/self/mounts (man 5 fstab). */
export interface Mount {
  readonly target: string;
  /** "proc", "cgroup2" ... */
  readonly type: string;
  /** "rw", "hidepid=invisible" ... */
  readonly options: readonly string[];
}

/** Reads what is mounted in this mount namespace; null without /proc. */
export function readMounts(): readonly Mount[] | null {
  const text = textOrNull(readText("/proc/self/mounts"));
  return text === null ? null : parseMounts(text);
}

/** Parses the text of /proc/PID/mounts. */
export function parseMounts(text: string): readonly Mount[] {
  return text.split("\n").flatMap((line) => {
    const [, target, type, options] = line.split(" ");
    if (target === undefined || type === undefined || options === undefined) return [];
    return [{ target: unescapePath(target), type, options: options.split(",") }];
  });
}

/** Blanks, newlines and backslashes are octal there (mangle_path, Linux 6.18, fs/seq_file.c). */
export function unescapePath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
