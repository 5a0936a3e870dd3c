// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LintReport } from "../../src/lint/model.ts";
import { parseBySchema } from "../privileged/harness/schemas.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/capscope", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "capscope-lint-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BAD = "# mine\n[Service]\nExecStart=/usr/bin/web\nCapabilityBoundingSet=net_raw # no\n";
const GOOD = "[Service]\nExecStart=/usr/bin/web\n";
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
const run = (words: readonly string[], input = "") => {
  const { exitCode, stdout, stderr } = Bun.spawnSync([PROGRAM, "lint", ...words], {
    cwd: folder,
    stdin: Buffer.from(input),
    env: { PATH: "/usr/bin:/bin" },
  });
  return { status: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
};
const report = (words: readonly string[]): LintReport =>
  parseBySchema(run(["--json", ...words]).stdout, "lint") as LintReport;

beforeEach(() => {
  write("bad.service", BAD);
  write("good.service", GOOD);
});

describe("capscope lint", () => {
  test("names file, line, column, rule and what to write, and exits with 1", () => {
    write("one.service", "[Service]\nCapabilityBoundingSet=CAP_KILL net_raw\n");
    const { status, stdout, stderr } = run(["one.service", "good.service"]);
    expect([status, stderr]).toEqual([1, ""]);
    expect(stdout).toBe(
      "one.service:2:32: error: CapabilityBoundingSet=: systemd does not know net_raw and skips it [systemd-bare-capability-name]\n" +
        '    write "CAP_NET_RAW" (--fix does it)\n' +
        "1 error in 2 files\n",
    );
  });

  test("exits with 0 without findings, with --exit-zero, and above --severity", () => {
    expect(run(["good.service"])).toMatchObject({ status: 0, stdout: "no findings in 1 file\n" });
    expect(run(["--exit-zero", "bad.service"]).status).toBe(0);
    write("note.rules", "-w /etc/sudoers -p wa\n");
    expect(run(["note.rules"]).status).toBe(1);
    expect(run(["--severity", "warning", "note.rules"])).toMatchObject({
      status: 0,
      stdout: "no findings in 1 file\n",
    });
  });

  test.each(["text", "json", "sarif"])("has the same exit status in %s", (format) => {
    expect(run(["--format", format, "bad.service"]).status).toBe(1);
    expect(run(["--format", format, "good.service"]).status).toBe(0);
    expect(run(["--format", format, "good.service", "absent"]).status).toBe(4);
    expect(run(["--format", format, "absent"]).status).toBe(3);
  });

  test("writes JSON by its schema", () => {
    const { findings, rules, coverage } = report(["bad.service", "good.service"]);
    expect(findings.map(({ file, start }) => [file, start.line])).toContainEqual([
      "bad.service",
      4,
    ]);
    expect(rules.map(({ id }) => id)).toContain("systemd-bare-capability-name");
    expect(coverage.files).toHaveLength(2);
  });

  test("reads standard input, by its look or as --kind says", () => {
    expect(run(["-"], "[Service]\nSecureBits=no-root\n").stdout).toContain(
      "standard input:2:12: error",
    );
    expect(run(["--kind", "shell", "-"], "ps -o cap_eff\n").status).toBe(1);
    expect(run(["-"], "hello\n")).toMatchObject({ status: 3 });
  });

  test("searches directories, and follows no links there", () => {
    mkdirSync(join(folder, "tree/web.service.d/.git"), { recursive: true });
    write("tree/web.service.d/caps.conf", "[Service]\nSecureBits=no-root\n");
    write("tree/web.service.d/.git/x.service", BAD);
    write("tree/nginx.conf", "user www-data;\n");
    write("tree/picture.yaml", "\0\0");
    symlinkSync("/etc", join(folder, "tree/link"));
    const { coverage, findings } = report(["tree"]);
    expect(coverage).toEqual({
      complete: true,
      files: [{ file: "tree/web.service.d/caps.conf", kind: "systemd" }],
      gaps: [],
    });
    expect(findings).toHaveLength(1);
  });

  test("names what it cannot read, and that is status 4 unless allowed", () => {
    write("broken.yaml", "apiVersion: v1\nkind: Pod\nspec: [\n");
    write("chart.yaml", "apiVersion: v1\nkind: Pod\nspec: {{ .Values.spec }}}\n");
    const { status, stdout } = run(["good.service", "broken.yaml", "chart.yaml", "absent.yaml"]);
    expect(status).toBe(4);
    expect(stdout).toMatch(/^broken\.yaml:\d+:\d+: not read: /m);
    expect(stdout).toMatch(
      /^chart\.yaml:\d+:\d+: not read: a template, no YAML yet: render it first$/m,
    );
    expect(stdout).toContain("absent.yaml: not read: no such file or directory\n");
    expect(stdout).toEndWith("no findings in 3 files; incomplete: 3 not read\n");
    expect(run(["--allow-partial", "good.service", "absent.yaml"]).status).toBe(0);
    symlinkSync("circle.service", join(folder, "circle.service"));
    expect(run(["circle.service"])).toMatchObject({ status: 3, stderr: "" });
  });

  test("leaves rules out, and refuses names that are none", () => {
    const rules = report(["bad.service"]).rules.map(({ id }) => id);
    expect(run(["--disable", rules.join(","), "bad.service"]).status).toBe(0);
    expect(run(["--disable", "no-rule", "bad.service"])).toMatchObject({ status: 2, stdout: "" });
  });

  test("lists and explains its rules", () => {
    expect(run(["--list-rules"]).stdout).toMatch(/^setcap-lost +error +file capabilities/m);
    expect(run(["--explain", "setcap-lost"]).stdout).toMatch(/^ {2}source +capabilities\(7\)/m);
    expect(run(["--explain", "x"])).toMatchObject({ status: 2 });
  });

  test("prints no control character of what it reads", () => {
    write("x\u001b[31m.service", "[Service]\nCapabilityBoundingSet=\u001b[31mCAP_X\u202e\n");
    const { stdout } = run(["x\u001b[31m.service"]);
    expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
  });
});

describe("--fix", () => {
  const FIXABLE = "; mine\n[Service]\nUser=web\nAmbientCapabilities=net_raw \\\n   CAP_KILL\n";
  const FIXED = FIXABLE.replace("net_raw", "CAP_NET_RAW");

  test("puts right what has one answer, keeps all else, and reports what is left", () => {
    write("fix.service", FIXABLE);
    chmodSync(join(folder, "fix.service"), 0o640);
    symlinkSync("fix.service", join(folder, "alias.service"));
    const { status, stdout, stderr } = run(["--fix", "alias.service"]);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: "no findings in 1 file\n",
      stderr: "capscope: 1 file changed\n",
    });
    expect(readFileSync(join(folder, "fix.service"), "utf8")).toBe(FIXED);
    expect(statSync(join(folder, "fix.service")).mode & 0o777).toBe(0o640);
  });

  test("with --dry-run prints a diff that patch takes, and changes nothing", () => {
    write("dry.service", FIXABLE);
    const { status, stdout } = run(["--fix", "--dry-run", "dry.service"]);
    expect(status).toBe(1);
    expect(stdout).toStartWith("--- dry.service\n+++ dry.service\n@@ ");
    expect(stdout).toContain(
      "\n-AmbientCapabilities=net_raw \\\n+AmbientCapabilities=CAP_NET_RAW \\\n",
    );
    expect(readFileSync(join(folder, "dry.service"), "utf8")).toBe(FIXABLE);
  });

  test("goes on until nothing is left: a rule that was copied is put right as well", () => {
    write("two.rules", "-a always,exit -F arch=b64 -S prctl -F a0=22 -k secbits\n");
    expect(run(["--fix", "two.rules"]).status).toBe(0);
    expect(readFileSync(join(folder, "two.rules"), "utf8")).toBe(
      "-a always,exit -F arch=b64 -S prctl -F a0=28 -k secbits\n-a always,exit -F arch=b32 -S prctl -F a0=28 -k secbits\n",
    );
  });

  test("touches only what the chosen rules find", () => {
    write("some.service", FIXABLE);
    run(["--fix", "--disable", "systemd-bare-capability-name", "some.service"]);
    expect(readFileSync(join(folder, "some.service"), "utf8")).toBe(FIXABLE);
  });

  test("does not go with standard input", () => {
    expect(run(["--fix", "-"], FIXABLE)).toMatchObject({ status: 2, stdout: "" });
    expect(run(["--fix", "--dry-run", "--kind", "systemd", "-"], FIXABLE).stdout).toContain(
      "+AmbientCapabilities=CAP_NET_RAW",
    );
  });
});
