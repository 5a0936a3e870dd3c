// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { applyEdits } from "../../src/lint/apply-edits.ts";
import { lintFile } from "../../src/lint/lint-file.ts";
import type { Finding } from "../../src/lint/model.ts";
import { RULES } from "../../src/lint/rules/index.ts";
import type { Case } from "./cases/case.ts";
import { CONTAINER_CASES, POLICY_CASES } from "./cases/containers.ts";
import { FILE_CAPABILITY_CASES } from "./cases/files.ts";
import { AUDIT_CASES, CLAIM_CASES, RECIPE_CASES } from "./cases/recipes.ts";
import { SYSTEMD_CASES } from "./cases/systemd.ts";

const CASES: readonly Case[] = [
  ...SYSTEMD_CASES,
  ...CONTAINER_CASES,
  ...POLICY_CASES,
  ...AUDIT_CASES,
  ...FILE_CAPABILITY_CASES,
  ...RECIPE_CASES,
  ...CLAIM_CASES,
];

const find = ({ kind, name }: Case, text: string): readonly Finding[] =>
  lintFile(text, kind, name ?? "file").findings;

/** What a finding covers. */
const covered = (text: string, { start, end }: Finding): string => {
  const lines = text.split("\n");
  const offset = (line: number, column: number): number =>
    lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
  return text.slice(offset(start.line, start.column), offset(end.line, end.column));
};

describe.each(CASES.map((each) => [each.rule, each.bad, each] as const))(
  "%s: %j",
  (rule, bad, each) => {
    test("is found where it is, and nothing else is", () => {
      const findings = find(each, bad);
      expect([...new Set(findings.map((finding) => finding.rule))]).toEqual([rule]);
      expect(findings.map((finding) => covered(bad, finding))).toContain(each.at);
    });

    test("is not found in what is right", () => {
      expect(find(each, each.good)).toEqual([]);
    });

    test(each.fixed === undefined ? "has no single right answer" : "is put right", () => {
      const findings = find(each, bad);
      expect(applyEdits(bad, findings)).toBe(each.fixed ?? bad);
      if (each.fixed !== undefined) expect(find(each, each.fixed)).toEqual([]);
    });
  },
);

describe("the table of rules", () => {
  test("has a failing and a passing text for each", () => {
    const tried = new Set(CASES.map(({ rule }) => rule));
    expect(RULES.map(({ id }) => id).filter((id) => !tried.has(id))).toEqual([]);
  });

  test("has ids that are unique and stable in form", () => {
    const ids = RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z]+(?:-[a-z0-9]+)+$/.test(id))).toEqual([]);
  });

  test.each(RULES.map((rule) => [rule.id, rule] as const))(
    "%s says why, how and from where",
    (_id, rule) => {
      for (const text of [rule.title, rule.why, rule.fix, rule.source]) expect(text).not.toBe("");
      expect(rule.title).not.toMatch(/\.$/);
      expect(rule.why).toMatch(/\.$/);
    },
  );
});

test("no text takes long to look at", () => {
  const long = (text: string): string => text.repeat(1500);
  const texts = [
    `0x1234=${long("cap_")}+`,
    long("ambient exec setuid "),
    `bpftrace -e '${long("a:a")}'`,
    long("# capscope: ignore a-b\n"),
    long("[Service]\nCapabilityBoundingSet=~CAP_KILL\n"),
    long("-a always,exit -F arch=b64 -S x -k y\n"),
    long("if a; then "),
    `$ ${long("@")}`,
  ];
  for (const text of texts) {
    for (const kind of ["guide", "shell", "systemd", "auditd"] as const) {
      const begin = performance.now();
      lintFile(text, kind, "file.txt");
      expect(performance.now() - begin).toBeLessThan(5000);
    }
  }
});

describe("a comment that ignores a rule", () => {
  const bad = "CapabilityBoundingSet=net_raw";
  const suppressed = (text: string): boolean[] =>
    lintFile(`[Service]\n${text}\n`, "systemd", "x.service").findings.map(
      (each) => each.suppressed,
    );

  test("is for the line below it", () => {
    expect(
      suppressed(`# capscope: ignore systemd-bare-capability-name -- meant so\n${bad}`),
    ).toEqual([true]);
    expect(suppressed(`# capscope: ignore other-rule\n${bad}`)).toEqual([false]);
    expect(suppressed(`${bad}\n# capscope: ignore systemd-bare-capability-name`)).toEqual([false]);
  });

  test("keeps --fix from changing it", () => {
    const text = `[Service]\n# capscope: ignore systemd-bare-capability-name\n${bad}\n`;
    const { findings } = lintFile(text, "systemd", "x.service");
    expect(applyEdits(text, findings)).toBe(text);
  });
});
