// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { HARDEN_TARGETS } from "../../src/harden/model.ts";
import { toJson } from "../../src/report/text/escape.ts";
import type { Run } from "../../src/trace/model.ts";
import { profileOf } from "../../src/trace/profile.ts";
import { CAPSCOPE } from "../privileged/harness/capscope.ts";
import { chance, randomRun } from "../trace/random-profile.ts";

const folder = mkdtempSync(join(tmpdir(), "capscope-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
const schema = new URL("../../schemas/configuration.schema.json", import.meta.url);
const follows = ajv.compile(JSON.parse(readFileSync(schema, "utf8")) as object);

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function harden(words: readonly string[], stdin = ""): Result {
  const result = Bun.spawnSync([...CAPSCOPE, "harden", ...words], {
    stdin: Buffer.from(stdin),
    timeout: 30_000,
    env: { PATH: process.env["PATH"] },
  });
  const [stdout, stderr] = [result.stdout.toString(), result.stderr.toString()];
  return { status: result.exitCode, stdout, stderr };
}

/** A profile that says enough. */
function randomProfile(complete: boolean): string {
  for (let seed = 1; ; seed++) {
    const lost = { checks: complete ? 0 : 3, stacks: 0, images: 0 };
    const run: Run = { ...randomRun(chance(seed), 1), coverage: { complete, lost, gaps: [] } };
    const profile = profileOf([run]);
    if (profile.conclusion === "needs" && profile.coverage.complete === complete) {
      return toJson(profile);
    }
  }
}

describe("capscope harden", () => {
  test("writes every target, with a header that says what is untested, and as JSON", () => {
    for (const target of HARDEN_TARGETS) {
      const program = target === "file" || target === "auditd" ? ["--program", "/bin/web"] : [];
      const words = [target, "--cap", "net_raw,kill", "--name", "web", ...program];
      const text = harden(words);
      expect([target, text.status, text.stderr]).toEqual([target, 0, ""]);
      expect(text.stdout).toMatch(/^(#|\/\/) .*\n/);
      expect(text.stdout).toContain("Untested:\n");
      const json = JSON.parse(harden([...words, "--json"]).stdout) as { readonly text: string };
      follows(json);
      expect(ajv.errorsText(follows.errors)).toBe("No errors");
      expect(json.text).toBe(text.stdout);
    }
  }, 120_000);

  test("reads a profile from a file and from standard input, and writes to a file", () => {
    const profile = randomProfile(true);
    const [input, output] = [join(folder, "profile.json"), join(folder, "drop-in.conf")];
    writeFileSync(input, profile);
    const printed = harden(["systemd", "--profile", "-"], profile);
    expect([printed.status, printed.stderr]).toEqual([0, ""]);
    expect(harden(["systemd", "--profile", input, "-o", output])).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    expect(readFileSync(output, "utf8")).toBe(printed.stdout);
  });

  test("says in the first lines that a profile is incomplete, and with its status", () => {
    const profile = randomProfile(false);
    const { status, stdout, stderr } = harden(["docker", "--profile", "-"], profile);
    expect(status).toBe(4);
    expect(stderr).toContain("incomplete");
    expect(stdout.split("\n").slice(0, 5).join("\n")).toContain("INCOMPLETE");
    expect(harden(["docker", "--profile", "-", "--allow-partial"], profile).status).toBe(0);
  });

  test("writes nothing where a profile says nothing about needs", () => {
    const run = { ...randomRun(chance(1), 1), images: [], credentials: [], observations: [] };
    const { status, stdout, stderr } = harden(
      ["docker", "--profile", "-"],
      toJson(profileOf([{ ...run, proof: null }])),
    );
    expect([status, stdout]).toEqual([4, ""]);
    expect(stderr).toContain("Nothing is recommended");
  });

  test.each([
    [["systemd"], "no set to grant"],
    [["systemd", "--cap", "kill", "--unit", "a"], "more than one set"],
    [["sysvinit", "--cap", "kill"], "Allowed choices"],
    [["systemd", "--cap", "nonsense"], "no list of capabilities"],
    [["systemd", "--cap", "kill", "--name", "a b"], "not the name of a unit"],
    [["systemd", "--cap", "kill", "--user", "a b"], "not a user"],
    [["docker", "--cap", "kill", "--image", "a;b"], "not the name of an image"],
    [["docker", "--cap", "kill", "--program", "/bin/a"], "--program says nothing to docker"],
    [["file", "--cap", "kill", "--program", "a"], "not the absolute path"],
    [["kubernetes", "--cap", "kill", "--user", "www-data"], "takes users and groups as numbers"],
    [["kubernetes", "--cap", "kill", "--user", "root"], "takes users and groups as numbers"],
    [["kubernetes", "--cap", "kill", "--user", "010"], "not a user"],
  ] as const)("%j is wrong usage", (words, message) => {
    const { status, stdout, stderr } = harden(words);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  test("of a unit says where no service manager answers, or what it found", () => {
    const { status, stderr } = harden(["systemd", "--unit", "no-such-unit-of-a-test"]);
    expect([2, 3]).toContain(status ?? -1);
    expect(stderr).toMatch(/systemd is not pid 1|no such unit|asking for/);
  });
});
