// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { undoLater } from "./cleanup.ts";

/** A directory that every user can enter. */
export interface TemporaryDirectory {
  readonly path: string;
  readonly close: () => void;
}

/** Makes a directory that is removed with all its files when the test closes it. */
export function openTemporaryDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), "capscope-test-"));
  chmodSync(path, 0o755);
  return { path, close: undoLater(() => rmSync(path, { recursive: true, force: true })) };
}
