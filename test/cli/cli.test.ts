// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  version: string;
};

/** The two forms in which the program is shipped. */
const FORMS = [
  { name: "the executable", file: join(ROOT, "dist/capscope"), command: [] },
  { name: "the package under Node", file: join(ROOT, "dist/node/cli/main.js"), command: ["node"] },
] as const;

const elsewhere = mkdtempSync(join(tmpdir(), "capscope-test-"));
afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));

for (const { name, file, command } of FORMS) {
  describe(name, () => {
    const run = (...words: string[]) => spawn([...command, file, ...words]);
    /** The program as a shell sees it, with `$0` for it. */
    const shell = (script: string) =>
      spawn(["bash", "-c", script.replaceAll("capscope", `${[...command, file].join(" ")}`)]);

    test("is built", () => {
      if (!existsSync(file)) throw new Error(`${file} is missing: run npm run build`);
    });

    test("--version prints name and version", () => {
      const { status, stdout, stderr } = run("--version");
      expect([status, stderr]).toEqual([0, ""]);
      expect(stdout.trim()).toMatch(new RegExp(`^(capscope )?${version.replaceAll(".", "\\.")}$`));
    });

    test("--help names the commands and exits with 0", () => {
      const { status, stdout, stderr } = run("--help");
      expect([status, stderr]).toEqual([0, ""]);
      expect(stdout).toContain("Usage: capscope");
      expect(stdout).toContain("exposure");
    });

    test("exposure --help names every option", () => {
      const { status, stdout } = run("exposure", "--help");
      expect(status).toBe(0);
      for (const option of OPTIONS) expect(stdout).toContain(option);
    });

    for (const [title, words, message] of BAD_USAGE) {
      test(`${title} is wrong usage: a message on stderr, nothing on stdout, exit 2`, () => {
        const { status, stdout, stderr } = run(...words);
        expect(status).toBe(2);
        expect(stdout).toBe("");
        expect(stderr).toMatch(/^capscope: error: /);
        expect(stderr).toMatch(message);
        expect(stderr).not.toMatch(STACK_TRACE);
      });
    }

    test("--json is one valid document on stdout", () => {
      const { status, stdout } = run("exposure", "--json", "--allow-partial");
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        schemaVersion: 1,
        kind: "exposure",
        tool: { name: "capscope", version },
        coverage: {},
      });
      expect(stdout).toEndWith("}\n");
    });

    for (const format of ["tree", "table", "json", "jsonl", "yaml", "netcap-json"]) {
      test(`--format ${format} ends with one newline, and 0 or 4 tells whether all was seen`, () => {
        const { status, stdout } = run("exposure", "--format", format);
        expect([0, 4]).toContain(status!);
        expect(stdout).toMatch(/[^\n]\n$/);
        expect(run("exposure", "--format", format, "--allow-partial").status).toBe(0);
      });
    }

    test("-o writes the report to the file and nothing to stdout", () => {
      const path = join(elsewhere, `${command.length}.json`);
      const { status, stdout } = run("exposure", "--json", "--allow-partial", "-o", path);
      expect([status, stdout]).toEqual([0, ""]);
      expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ kind: "exposure" });
    });

    test("-o to a place that cannot be written is an error that names it", () => {
      const path = join(elsewhere, "missing", "report.json");
      const { status, stderr } = run("exposure", "--json", "--allow-partial", "-o", path);
      expect(status).not.toBe(0);
      expect(stderr).toContain(path);
      expect(stderr).toMatch(/^capscope: error: /);
      expect(stderr).not.toMatch(STACK_TRACE);
      expect(existsSync(path)).toBe(false);
    });

    test("no colour when stdout is not a terminal, colour when it is asked for", () => {
      expect(run("exposure", "--allow-partial").stdout).not.toContain("\x1b");
      expect(run("exposure", "--allow-partial", "--color", "always").stdout).toContain("\x1b[");
    });

    test("a reader that stops early ends it quietly", () => {
      for (const words of ["exposure --json", "exposure --help", "help exposure", "--help"]) {
        const { stdout, stderr } = shell(`capscope ${words} | head -c 1`);
        expect(stdout).toHaveLength(1);
        const lines = stderr.split("\n").filter((line) => !line.startsWith("capscope: incomplete"));
        expect([words, lines]).toEqual([words, [""]]);
      }
    });

    test("a closed stdout ends it without a stack trace", () => {
      const { stderr } = shell("capscope exposure --json >&-");
      expect(stderr).not.toMatch(STACK_TRACE);
    });

    test("a full disk is an error, on stdout and with -o", () => {
      for (const words of [
        "exposure --json --allow-partial > /dev/full",
        "exposure --json --allow-partial -o /dev/full",
        "exposure --help > /dev/full",
      ]) {
        const { status, stderr } = shell(`capscope ${words}`);
        expect([words, status]).not.toEqual([words, 0]);
        expect(stderr).toMatch(/capscope: error: .*(no space|ENOSPC)/i);
        expect(stderr).not.toMatch(STACK_TRACE);
      }
    });
  });
}

describe("both forms", () => {
  test("give the same answers: help, version, errors", () => {
    for (const words of [["--help"], ["exposure", "--help"], ["--version"], ["nonsense"]]) {
      const [one, other] = FORMS.map(({ file, command }) => spawn([...command, file, ...words]));
      expect(one).toEqual(other!);
    }
  });

  test("the executable is one file that needs nothing beside it", () => {
    expect(statSync(FORMS[0].file).mode & 0o111).toBe(0o111);
    const moved = join(elsewhere, "moved");
    spawn(["cp", FORMS[0].file, moved]);
    const { status, stdout } = spawn([moved, "exposure", "--json", "--allow-partial"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ kind: "exposure" });
  });
});

const STACK_TRACE = /^\s+at .*:\d+:\d+|node:internal|Bun v\d/m;

const OPTIONS = [
  "--privileged",
  "--list-interfaces",
  "--interface",
  "--unix",
  "--plane",
  "--proto",
  "--port",
  "--pid",
  "--unit",
  "--flag",
  "--format",
  "--json",
  "--no-color",
  "--color",
  "-o",
  "--allow-partial",
] as const;

const BAD_USAGE: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["an unknown command", ["nonsense"], /nonsense/],
  ["an unknown option", ["exposure", "--nonsense"], /--nonsense/],
  ["an operand", ["exposure", "nonsense"], /argument/],
  ["an unknown format", ["exposure", "--format", "xml"], /xml.*tree/s],
  ["an unknown plane", ["exposure", "--plane", "astral"], /astral.*inet-external/s],
  ["an unknown protocol", ["exposure", "--proto", "ipx"], /ipx.*tcp/s],
  ["an unknown flag", ["exposure", "--flag", "nonsense"], /nonsense.*wildcard-bind/s],
  ["an unknown interface", ["exposure", "--interface", "nonsense0"], /nonsense0/],
  ["an empty interface", ["exposure", "--interface", ""], /interface/],
  ["an option as interface", ["exposure", "--interface", "--json"], /interface/],
  ["a port that is no number", ["exposure", "--port", "http"], /http/],
  ["a negative port", ["exposure", "--port", "-1"], /port/],
  ["a port too large", ["exposure", "--port", "4294967296"], /4294967296/],
  ["a pid that is no number", ["exposure", "--pid", "12x"], /12x/],
  ["a colour mode that does not exist", ["exposure", "--color", "blue"], /blue/],
  ["an option without its value", ["exposure", "--format"], /--format/],
];

function spawn(command: readonly string[]): { status: number; stdout: string; stderr: string } {
  const result = Bun.spawnSync([...command], { cwd: elsewhere, stdin: "ignore", timeout: 30_000 });
  return {
    status: result.exitCode,
    stdout: result.stdout.toString(),
    stderr: result.stderr.toString(),
  };
}
