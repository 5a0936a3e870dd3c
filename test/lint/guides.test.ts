// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lintFile } from "../../src/lint/lint-file.ts";
import { testUnless } from "../skip.ts";

const rulesIn = (file: string): string[] =>
  lintFile(readFileSync(file, "utf8"), "guide", file).findings.map(
    ({ start, rule }) => `${start.line} ${rule}`,
  );
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/lint/${name}`, import.meta.url));

describe("a guide", () => {
  test("as a web page leaves it is read with all its mistakes, and nothing else is found", () => {
    expect(rulesIn(fixture("copied-from-a-page.txt"))).toEqual([
      "2 claim-number-of-capabilities",
      "4 pgrep-several",
      "5 ps-no-such-column",
      "7 strace-class",
      "8 bpftrace-retval",
      "19 systemd-lock-without-bit",
      "21 capsh-decode-without-mask",
      "46 kyverno-containers-only",
      "62 setcap-lost",
      "65 audit-one-abi",
      "66 audit-one-abi",
      "66 audit-prctl-constant",
      "67 audit-watch-proc",
      "70 claim-no-new-privileges-capset",
      "71 mask-and-names-differ",
      "72 claim-ambient-and-setuid",
      "72 prose-lock-without-bit",
    ]);
  });

  test("that says it right has no findings", () => {
    expect(rulesIn(fixture("guide.md"))).toEqual([]);
  });
});

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OWN = ["README.md", ...new Bun.Glob("docs/**/*.md").scanSync(ROOT)].toSorted();

test.each(OWN)("%s of our own has no findings", (file) => {
  const path = join(ROOT, file);
  expect(rulesIn(path)).toEqual([]);
});

/** A published guide, where one is at hand: its errors are known, each was tried. */
const BESIDE = fileURLToPath(new URL("../../..", import.meta.url));
const [found = ""] = [...new Bun.Glob("shared/*/*capability-hardening-guide.txt").scanSync(BESIDE)];
const GUIDE = process.env["CAPSCOPE_TEST_GUIDE"] ?? join(BESIDE, found || "none");
const absent = existsSync(GUIDE) ? null : "no guide at CAPSCOPE_TEST_GUIDE";

testUnless(absent, "a published guide is reported with its errors alone", () => {
  expect(rulesIn(GUIDE)).toEqual([
    "3 claim-number-of-capabilities",
    "25 pgrep-several",
    "29 ps-no-such-column",
    "64 strace-class",
    "66 audit-one-abi",
    "81 systemd-lock-without-bit",
    "107 capsh-decode-without-mask",
    "141 kyverno-containers-only",
    "167 setcap-lost",
    "172 bpftrace-retval",
    "188 audit-one-abi",
    "189 audit-one-abi",
    "189 audit-prctl-constant",
    "190 audit-watch-proc",
    "213 claim-number-of-capabilities",
    "220 claim-no-new-privileges-capset",
    "225 mask-and-names-differ",
    "234 claim-ambient-and-setuid",
    "247 prose-lock-without-bit",
  ]);
});
