// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const EXAMPLES = join(import.meta.dir, "../examples");

test.each(readdirSync(EXAMPLES))("%s runs", (name) => {
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, join(EXAMPLES, name)]);
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
});
