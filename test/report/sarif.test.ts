// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import type { Log } from "sarif";
import { lint, type LintInput } from "../../src/lint/lint.ts";
import type { LintReport } from "../../src/lint/model.ts";
import { renderLintSarif } from "../../src/report/lint-sarif.ts";
import { renderSarif } from "../../src/report/sarif.ts";
import { renderVerifySarif } from "../../src/report/verify-sarif.ts";
import { setOf } from "../../src/capabilities/set.ts";
import { given, holder, verified } from "../verify/build-holder.ts";

const {
  $schema: _,
  id: __,
  ...SCHEMA
} = JSON.parse(
  readFileSync(
    new URL(
      "../../node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json",
      import.meta.url,
    ),
    "utf8",
  ),
) as Record<string, unknown>;
// The schema is of JSON Schema draft 4, of which it uses nothing that later drafts have not.
const ajv = new Ajv({
  allErrors: true,
  strict: false,
  validateFormats: false,
  unicodeRegExp: false,
});
const validate = ajv.compile(SCHEMA);

const parse = (text: string): Log => {
  const value: unknown = JSON.parse(text);
  if (!validate(value)) throw new Error(ajv.errorsText(validate.errors));
  return value as Log;
};

const reportOf = (...inputs: readonly LintInput[]): LintReport =>
  lint(inputs, {
    host: { name: "host.example", kernel: "6.18.0" },
    time: new Date("2026-06-09T12:00:00Z"),
    threshold: "note",
    disabled: new Set(),
    gaps: [{ file: "gone.service", start: null, message: "permission denied", incomplete: true }],
  });
const unit = (file: string, text: string): LintInput => ({ file, kind: "systemd", text });

describe("SARIF", () => {
  const text = "[Service]\nCapabilityBoundingSet=net_raw\n";

  test("is valid by the schema of SARIF 2.1.0, and the schema refuses what is not", () => {
    const log = parse(renderLintSarif(reportOf(unit("a b/ü.service", text))));
    expect(log.version).toBe("2.1.0");
    expect(() => parse('{"version":"2.1.0","runs":[{"results":[]}]}')).toThrow("tool");
  });

  test("has place, rule, edit and fingerprint of each finding", () => {
    const run = parse(renderLintSarif(reportOf(unit("./a b/ü.service", text)))).runs[0]!;
    const result = run.results![0]!;
    const location = result.locations?.[0]?.physicalLocation;
    expect(location?.artifactLocation?.uri).toBe("a%20b/%C3%BC.service");
    expect(location?.region).toEqual({ startLine: 2, startColumn: 23, endLine: 2, endColumn: 30 });
    expect(run.tool.driver.rules![result.ruleIndex!]!.id).toBe(result.ruleId!);
    const change = result.fixes![0]!.artifactChanges[0]!;
    expect(change.replacements[0]!.insertedContent).toEqual({ text: "CAP_NET_RAW" });
    const invocation = run.invocations![0]!;
    expect(invocation.executionSuccessful).toBe(false);
    expect(invocation.toolExecutionNotifications).toHaveLength(1);
  });

  test("has fingerprints that stay when lines above a finding change", () => {
    const prints = (body: string): unknown[] =>
      (parse(renderLintSarif(reportOf(unit("x.service", body)))).runs[0]?.results ?? []).map(
        ({ partialFingerprints }) => partialFingerprints,
      );
    expect(prints(`# one more\n${text}`)).toEqual(prints(text));
    expect(prints(text.replace("net_raw", "kill"))).not.toEqual(prints(text));
  });

  test("says which findings a comment ignores", () => {
    const body = `[Service]\n# capscope: ignore systemd-bare-capability-name\n${text.slice(10)}`;
    const [result] = parse(renderLintSarif(reportOf(unit("x.service", body)))).runs[0]!.results!;
    expect(result?.suppressions).toEqual([{ kind: "inSource" }]);
  });

  test("of what is in no file has its subject, and hostile text is escaped", () => {
    const rendered = renderSarif({
      version: "0.1.0",
      time: "2026-06-09T12:00:00.000Z",
      rules: [{ id: "a-b", level: "error", title: "t", why: "w", fix: "f", source: null }],
      results: [
        {
          rule: "a-b",
          level: "error",
          message: "\u001b[31m\u202e\udcff",
          file: null,
          start: null,
          end: null,
          subject: "nginx.service",
          edits: [],
          suppressed: false,
        },
      ],
      notifications: [],
      complete: true,
    });
    expect(rendered).toMatch(/^[\x20-\x7e\n]*$/);
    const [result] = parse(rendered).runs[0]!.results!;
    expect(result).toMatchObject({ properties: { subject: "nginx.service" } });
    expect(result).not.toHaveProperty("locations");
  });
});

describe("a comparison as SARIF", () => {
  const seen = [holder({ bounding: setOf("net_raw") })];

  test("names the process, and is valid", () => {
    const [run] = parse(renderVerifySarif(verified({ seen, given: given() }))).runs;
    const [result] = run!.results!;
    expect(result).toMatchObject({ ruleId: "verify/wider-set", level: "error" });
    expect(result!.message.text).toStartWith("pid 220 (nginx): bounding set: more than expected");
    expect(result!.properties).toEqual({ subject: "nginx.service" });
  });

  test("has the lines of a manifest", () => {
    const target = { kind: "manifest", file: "pod.yaml", format: "kubernetes" } as const;
    const declared = [{ ...seen[0]!, pid: null, line: 7 }];
    const [run] = parse(
      renderVerifySarif(verified({ seen: declared, given: given(), target })),
    ).runs;
    const location = run!.results![0]!.locations![0]!.physicalLocation!;
    expect(location.artifactLocation!.uri).toBe("pod.yaml");
    expect(location.region!.startLine).toBe(7);
  });

  test("says what could not be seen", () => {
    const gaps = [{ kind: "process", message: "pid 7: hidden" }] as const;
    const [run] = parse(renderVerifySarif(verified({ seen: [], given: given(), gaps }))).runs;
    expect(run!.invocations![0]!.executionSuccessful).toBe(false);
  });
});
