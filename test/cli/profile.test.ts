// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toJson } from "../../src/report/text/escape.ts";
import type { Profile, Run } from "../../src/trace/model.ts";
import { profileOf } from "../../src/trace/profile.ts";
import { CAPSCOPE } from "../privileged/harness/capscope.ts";
import { chance, randomRun } from "../trace/random-profile.ts";

const folder = mkdtempSync(join(tmpdir(), "capscope-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const RUNS = [7, 8, 9].map((seed, id): Run => randomRun(chance(seed), id));
const [ONE, TWO, BOTH] = [[RUNS[0]!], [RUNS[1]!, RUNS[2]!], [RUNS[0]!, RUNS[1]!, RUNS[2]!]].map(
  ([first, ...others]) => profileOf([first!, ...others]),
) as [Profile, Profile, Profile];
const one = write("one.json", toJson(ONE));
const two = write("two.json", toJson(TWO));

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(words: readonly string[], stdin = ""): Result {
  const result = Bun.spawnSync([...CAPSCOPE, "profile", ...words], {
    stdin: Buffer.from(stdin),
    timeout: 30_000,
    env: { PATH: process.env["PATH"] },
  });
  const [stdout, stderr] = [result.stdout.toString(), result.stderr.toString()];
  return { status: result.exitCode, stdout, stderr };
}

describe("profile show", () => {
  test("prints the profile in each format, from a file and from standard input", () => {
    for (const format of ["text", "json", "caps"]) {
      const fromFile = run(["show", "--format", format, one]);
      expect([fromFile.status, fromFile.stderr]).toEqual([0, ""]);
      expect(run(["show", "--format", format, "-"], toJson(ONE))).toEqual(fromFile);
    }
    expect(JSON.parse(run(["show", "--json", one]).stdout)).toEqual(JSON.parse(toJson(ONE)));
  });

  test("-o writes to the file alone", () => {
    const output = join(folder, "shown");
    expect(run(["show", "--json", "-o", output, one])).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    expect(JSON.parse(readFileSync(output, "utf8"))).toEqual(JSON.parse(toJson(ONE)));
  });

  test("does not print findings that the file only claims", () => {
    const claim = { ...ONE, findings: [], conclusion: "inconclusive" };
    expect(run(["show", "-"], toJson(claim))).toEqual(run(["show", one]));
  });
});

describe("profile merge", () => {
  test("is the union of the runs, in any order, and merging again changes nothing", () => {
    const merged = run(["merge", one, two]);
    expect([merged.status, merged.stderr]).toEqual([0, ""]);
    expect(JSON.parse(merged.stdout)).toEqual(JSON.parse(toJson(BOTH)));
    expect(run(["merge", two, one])).toEqual(merged);
    expect(run(["merge", one, "-", two, one], merged.stdout)).toEqual(merged);
  });

  test("of different programs is wrong usage that names files and programs; nothing is written", () => {
    const subject = { kind: "unit", unit: "a.service" } as const;
    const other = write("other.json", toJson(profileOf([{ ...RUNS[1]!, subject }])));
    const output = join(folder, "never");
    const { status, stdout, stderr } = run(["merge", one, other, "-o", output]);
    expect([status, stdout]).toEqual([2, ""]);
    for (const name of [one, other, "/usr/sbin/daemon", "a.service", "hint: "]) {
      expect(stderr).toContain(name);
    }
    expect(() => readFileSync(output)).toThrow();
  });

  test("takes standard input once", () => {
    expect(run(["merge", "-", "-"], toJson(ONE)).status).toBe(2);
  });
});

describe("profile diff", () => {
  test("exits with 1 for differences only when it is asked to", () => {
    const { status, stdout } = run(["diff", one, two]);
    expect(status).toBe(0);
    expect(run(["diff", "--exit-code", one, two])).toMatchObject({ status: 1, stdout });
    expect(run(["diff", "--exit-code", one, one]).status).toBe(0);
    expect(run(["diff", "--json", "--exit-code", one, two]).status).toBe(1);
  });

  test("in JSON is one document", () => {
    const { stdout } = run(["diff", "--json", "-", two], toJson(ONE));
    expect(JSON.parse(stdout)).toMatchObject({ kind: "profile-diff", differs: true });
    expect(stdout).toMatch(/[^\n]\n$/);
  });
});

describe("a file that is no profile", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ["cut.json", toJson(ONE).slice(0, -20), /cut\.json:1:\d+: is not JSON\n.*hint: /],
    ["bytes.json", new Uint8Array([0x22, 0xff, 0x22]), /bytes\.json: is not UTF-8\n/],
    ["exposure.json", '{"kind":"exposure"}', /kind "exposure", not a profile\n.*hint: /],
    ["edited.json", toJson({ ...ONE, runs: [7] }), /runs\[0\] should be an object, not 7\n/],
    ["hostile.json", '{"kind":"\\u001b[31m"}', /not a profile\n/],
  ])("%s is wrong usage, with the reason and without a stack", (name, text, message) => {
    const { status, stdout, stderr } = run(["show", write(name, text)]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^[\x20-\x7e\n]*$/);
    expect(stderr).not.toContain("    at ");
  });

  test.each(["/dev/zero", "/"])("%s ends at once", (path) => {
    const { status, stderr } = run(["show", path]);
    expect([2, 3]).toContain(status!);
    expect(stderr).toStartWith("capscope: error: ");
  });

  test("that is not there cannot be read: exit 3", () => {
    const { status, stderr } = run(["show", join(folder, "missing")]);
    expect(status).toBe(3);
    expect(stderr).toContain("no such file or directory");
  });
});
