// SPDX-License-Identifier: Apache-2.0
import { expect } from "bun:test";
import { join } from "node:path";
import { testUnless } from "./skip.ts";

const reason = process.geteuid?.() === 0 ? null : "building a load in namespaces needs root";

testUnless(reason, "the exposure benchmark measures a small load and finds every listener", () => {
  const run = join(import.meta.dir, "../bench/run.ts");
  const sizes = ["--scale", "0.01", "--rounds", "1", "--slow-rounds", "1", "--idle-rounds", "1"];
  const bench = Bun.spawnSync([process.execPath, run, "exposure", ...sizes, "--json"]);
  const text = bench.stdout.toString();
  expect(bench.stderr.toString() + text).not.toMatch(/WRONG|failed/);
  expect(bench.exitCode).toBe(0);
  expect(() => JSON.parse(text) as unknown).not.toThrow();
});

testUnless(reason, "the files benchmark measures a small tree and finds every special file", () => {
  const run = join(import.meta.dir, "../bench/run.ts");
  const sizes = ["--files", "2000", "--rounds", "1"];
  const bench = Bun.spawnSync([process.execPath, run, "files", ...sizes, "--json"]);
  expect(bench.exitCode).toBe(0);
  const { walk } = JSON.parse(bench.stdout.toString()) as {
    walk: {
      special: number;
      results: { name: string; skipped: string | null; measured: { found: number } }[];
    };
  };
  const found = Object.fromEntries(
    walk.results.map(({ name, measured }) => [name, measured.found]),
  );
  expect(walk.special).toBe(100);
  expect(found).toEqual({ capscope: 100, find: 2000, "find -perm": 50, "getcap -r": 50 });
});
