// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findViolations } from "./architecture/find-violations.ts";
import { LAYERS } from "./architecture/layers.ts";

const SRC = join(import.meta.dir, "../src");
const SOURCES = new Map(
  readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => [path, readFileSync(join(SRC, path), "utf8")] as const),
);

describe("the layers of src/", () => {
  test("no file breaks the layer table", () => {
    expect(findViolations(SOURCES)).toEqual([]);
  });

  test.each(LAYERS.map((layer) => layer.name))("%s has at least one file", (name) => {
    const files = [...SOURCES.keys()];
    expect(files.filter((file) => file === name || file.startsWith(`${name}/`))).not.toEqual([]);
  });
});

/** File, its source, what is wrong with it. */
const PLANTED: readonly (readonly [string, string, string])[] = [
  ["capabilities/a.ts", 'import { x } from "../linux/x.ts";', "imports ../linux/x.ts"],
  ["capabilities/a.ts", 'import { join } from "node:path";', "imports node:path"],
  ["linux/a.ts", 'import type { X } from "../exposure/model.ts";', "imports ../exposure/model.ts"],
  ["linux/a.ts", 'export * from "../cli/x.ts";', "imports ../cli/x.ts"],
  ["linux/a.ts", 'const k = await import("koffi");', "imports koffi"],
  ["linux/a.ts", 'let k: typeof import("koffi");', "imports koffi"],
  ["linux/a.ts", "if (process.env.X) x();", "uses process"],
  ["exposure/a.ts", 'import { readFileSync } from "node:fs";', "imports node:fs"],
  ["exposure/a.ts", 'import { render } from "../report/x.ts";', "imports ../report/x.ts"],
  ["exposure/a.ts", "console.log(1);", "uses console"],
  ["exposure/a.ts", 'import x from "../../package.json";', "imports ../../package.json"],
  ["report/a.ts", 'import {\n  x,\n} from "../linux/x.ts";', "imports ../linux/x.ts"],
  ["report/a.ts", 'import type { X } from "../exposure/x.ts";', "imports ../exposure/x.ts"],
  ["report/a.ts", "export const now = (): number => Date.now();", "uses the clock"],
  ["report/a.ts", "export const now = (): Date => new Date();", "uses the clock"],
  ["report/a.ts", "export const x = Math.random();", "uses chance"],
  ["report/a.ts", "export const x = `${process.stdout.columns}`;", "uses process"],
  ["index.ts", 'export { x } from "./linux/x.ts";', "imports ./linux/x.ts"],
  ["cli/a.ts", 'import left from "left-pad";', "imports left-pad"],
  ["utils/a.ts", "export const x = 1;", "belongs to no layer"],
];

describe("the layer check itself", () => {
  test.each(PLANTED)("in %s, %j is a violation", (file, source, sentence) => {
    expect(findViolations(new Map([[file, source]]))).toEqual([`${file}: ${sentence}`]);
  });

  test("an import cycle is a violation, and one of types alone is not", () => {
    const cycle = (word: string): Map<string, string> =>
      new Map([
        ["linux/a.ts", `${word} { b } from "./b.ts";`],
        ["linux/b.ts", `${word} { c } from "./c.ts";`],
        ["linux/c.ts", `${word} { a } from "./a.ts";`],
      ]);
    expect(findViolations(cycle("import"))).toEqual([
      "linux/a.ts -> linux/b.ts -> linux/c.ts -> linux/a.ts: import cycle",
    ]);
    expect(findViolations(cycle("import type"))).toEqual([]);
  });

  test.each([
    ["linux/ffi/a.ts", 'const k = await import("koffi");'],
    ["linux/a.ts", "for (const process of all) seen.add(process.pid);"],
    ["linux/a.ts", '// console.log(process.env)\nexport const x = "process.env";'],
    ["exposure/a.ts", 'import { UsageError } from "../errors.ts";'],
    ["report/a.ts", 'import { FLAGS, type Flag } from "../exposure/model.ts";'],
    ["report/a.ts", "export const time = (ms: number): Date => new Date(ms);"],
    ["index.ts", 'export type { X } from "./linux/x.ts";'],
    ["cli/a.ts", "#!/usr/bin/env node\nconsole.log(process.argv, Date.now());"],
  ])("in %s, %j is allowed", (file, source) => {
    expect(findViolations(new Map([[file, source]]))).toEqual([]);
  });
});
