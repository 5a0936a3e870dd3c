// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../src/version.ts";

const ROOT = join(import.meta.dir, "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const list = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path))
    .filter((path) => ending.test(path));

interface Manifest {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read("package.json")) as Manifest;

describe("package.json", () => {
  test("has the version that the program prints", () => {
    expect(manifest.version).toBe(VERSION);
  });

  test("names exact versions of the packages it needs", () => {
    const versions = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, version] of Object.entries(versions)) {
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/)]);
    }
  });

  test("has at most fourteen scripts", () => {
    expect(Object.keys(manifest.scripts).length).toBeLessThanOrEqual(14);
  });
});

test("package-lock.json names no registry host", () => {
  expect(read("package-lock.json")).not.toMatch(/"resolved"|registry\./);
});

describe("the files of the project", () => {
  const sources = ["src", "test", "scripts", "bench"].flatMap((folder) =>
    list(folder, /\.(?:ts|py|sh)$/),
  );

  test("begin with their licence", () => {
    const hasLicence = (path: string): boolean => {
      const [first = "", second = ""] = read(path).split("\n");
      const line = first.startsWith("#!") ? second : first;
      return /^(?:\/\/|#) SPDX-License-Identifier: Apache-2\.0$/.test(line);
    };
    expect(sources.filter((path) => !hasLicence(path))).toEqual([]);
  });

  test("are shorter than 80 lines in scripts/", () => {
    const isLong = (path: string): boolean => read(path).split("\n").length > 80;
    expect(list("scripts", /./).filter(isLong)).toEqual([]);
  });

  test.each([".ci/run", "scripts/setup.sh"])("%s is executable", (path) => {
    expect(statSync(join(ROOT, path)).mode & 0o111).toBe(0o111);
  });

  test("skip no test without a printed reason", () => {
    const tests = list("test", /\.ts$/);
    const silent = /\.(?:skipIf|todo|todoIf|only|if|failing)\(/;
    const announced = (source: string): boolean => source.includes("`skipped: ${");
    expect(tests.filter((path) => silent.test(read(path)))).toEqual([]);
    expect(tests.filter((path) => read(path).includes(".skip(") && !announced(read(path)))).toEqual(
      [],
    );
  });
});
