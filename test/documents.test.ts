// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LAYERS } from "./architecture/layers.ts";

const ROOT = join(import.meta.dir, "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const folders = (path: string): string[] =>
  readdirSync(join(ROOT, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

const DECISIONS = readdirSync(join(ROOT, "docs/decisions")).toSorted();
const DOCUMENTS = ["", "docs", "docs/decisions", "docs/notes", "bpf"].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
);

describe("docs/architecture.md", () => {
  const text = read("docs/architecture.md");

  test("is at most 140 lines long", () => {
    expect(text.split("\n").length - 1).toBeLessThanOrEqual(140);
  });

  test("its map has every folder of the source", () => {
    const missing = [...folders("src"), ...folders("src/linux"), ...folders("src/report")].filter(
      (name) => !new RegExp(`^ +${name}/ +\\S`, "m").test(text),
    );
    expect(missing).toEqual([]);
  });

  test("its layer table has a row for every layer", () => {
    const missing = LAYERS.map((layer) => layer.name).filter(
      (name) => !text.includes(`\n| \`${name}\` |`),
    );
    expect(missing).toEqual([]);
  });
});

describe("docs/decisions", () => {
  test("have a number each", () => {
    const numbers = DECISIONS.map((name) => /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]);
    expect(numbers).not.toContain(undefined);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test("are at most half a page long", () => {
    const long = DECISIONS.filter((name) => read(`docs/decisions/${name}`).split("\n").length > 40);
    expect(long).toEqual([]);
  });
});

describe("the documents", () => {
  test("link only to files that exist", () => {
    const broken = DOCUMENTS.flatMap((path) =>
      [...read(path).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
        .map((match) => match[1]!)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(join(ROOT, dirname(path), target)))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test("name only npm scripts that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const unknown = DOCUMENTS.flatMap((path) =>
      [...read(path).matchAll(/\bnpm run ([\w:]+)/g)]
        .map((match) => match[1]!)
        .filter((name) => !(name in scripts))
        .map((name) => `${path}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  test("begin with their title, and have no other", () => {
    const hasOneTitle = (path: string): boolean => {
      const text = read(path).replaceAll(/^```[\s\S]*?^```/gm, "");
      return text.startsWith("# ") && text.match(/^# /gm)?.length === 1;
    };
    expect(DOCUMENTS.filter((path) => !hasOneTitle(path))).toEqual([]);
  });
});
