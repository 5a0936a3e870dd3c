// SPDX-License-Identifier: Apache-2.0
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FilesReport } from "../../../src/inventory/model.ts";
import { type RunOptions, runCapscope } from "./capscope.ts";
import { run } from "./network-namespace.ts";
import { parseBySchema } from "./schemas.ts";

export const NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups".split(" ");

/** The report of a run of `files`, valid by the published schema. */
export function listFiles(words: readonly string[], options: RunOptions = {}): FilesReport {
  const { status, stdout, stderr } = runCapscope(
    ["files", "--json", "--allow-partial", ...words],
    options,
  );
  if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
  return parseBySchema(stdout, "files") as FilesReport;
}

/** Lines of a command's output. */
export function lines(command: readonly string[]): readonly string[] {
  return run(command).split("\n").filter(Boolean);
}

/** A command in a mount namespace of its own, after a shell script. */
export function after(script: string): readonly string[] {
  return [
    ..."unshare --mount --propagation private sh -c".split(" "),
    `${script} && exec "$@"`,
    "sh",
  ];
}

/** Makes a program, or a file with other content, below a directory. */
export function putFile(
  top: string,
  path: string,
  mode = 0o755,
  content: string | null = null,
): string {
  const file = join(top, path);
  mkdirSync(join(file, ".."), { recursive: true });
  if (content === null) copyFileSync("/bin/true", file);
  else writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}
