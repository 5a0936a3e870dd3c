// SPDX-License-Identifier: Apache-2.0
import type { ImageRecord } from "../linux/bpf/observation.ts";

/**
 * The programs of what is followed: without what sets their processes up from outside and executes
 * them then.
 */
export function programsOf(images: readonly ImageRecord[]): readonly ImageRecord[] {
  const held = new Set(images.filter(({ origin }) => origin === "held").map(({ pid }) => pid));
  return images.filter(
    (image) => image.origin !== "held" && !(held.has(image.pid) && isServiceExecutor(image)),
  );
}

/**
 * Since version 255 systemd's child executes a program of systemd's, which becomes what the unit's
 * settings ask for and executes the unit's own program: exec_spawn() in src/core/execute.c. Its
 * file is executed by descriptor; the first argument is its path, also of one that was replaced.
 */
function isServiceExecutor({ argv }: ImageRecord): boolean {
  const [path = "", option] = argv ?? [];
  return /\/systemd-executor(?: \(deleted\))?$/.test(path) && option === "--deserialize";
}
