// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { readResults, testScript } from "./guest-tests.ts";
import type { KernelResult } from "./kernel-run.ts";
import { renderCounts, renderTable } from "./table.ts";

const FILE = "test/vm/suites/a.test.ts";
const XML = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="3" failures="1" skipped="1">
  <testsuite name="${FILE}" file="${FILE}">
    <testsuite name="a group">
      <testcase name="works &amp; is &quot;quoted&quot;" time="0.1" />
      <testcase name="is missing"><skipped /></testcase>
      <testcase name="breaks"><failure type="AssertionError" message="1 > 2&#10;">x</failure></testcase>
    </testsuite>
  </testsuite>
</testsuites>`;
const TEXT = "skipped: is missing: no such socket here\n";

function written(status: number, xml: string): string {
  return `@@vm file ${FILE}\n@@vm status ${status}\n${TEXT}\n@@vm results\n${xml}\n@@vm end\n`;
}

function resultOf(output: string): KernelResult {
  return { line: "6.12", release: "6.12.1", files: readResults(output), broken: [], seconds: 1 };
}

test("each test of a file is told with its groups, and why it was skipped", () => {
  const [file] = readResults(written(1, XML));
  expect(file?.tests.map(({ name, outcome }) => [name, outcome])).toEqual([
    ['a group > works & is "quoted"', "passed"],
    ["a group > is missing", "skipped"],
    ["a group > breaks", "failed"],
  ]);
  expect(file?.tests[1]?.detail).toBe("no such socket here");
});

test("a file that ends badly without a failed test has failed as a whole", () => {
  const [file] = readResults(written(124, ""));
  expect(file?.tests).toMatchObject([{ name: "the file as a whole", outcome: "failed" }]);
});

test("a file that was not finished is not among the results", () => {
  expect(readResults(`@@vm file ${FILE}\n@@vm status 0\n`)).toEqual([]);
});

test("the table has a column for each kernel and numbers the reasons", () => {
  const table = renderTable([
    resultOf(written(1, XML)),
    { ...resultOf(""), release: "6.1.0", broken: [{ file: FILE, reason: "not done after 5 s" }] },
  ]);
  expect(table).toContain("| test | 6.12.1 | 6.1.0 |\n");
  expect(table).toContain("| a group > is missing | skipped (1) | DID NOT RUN |\n");
  expect(table).toContain("\n1. no such socket here\n");
});

test("what did not run counts as failed", () => {
  const one = resultOf(written(1, XML));
  const other = { ...resultOf(""), broken: [{ file: FILE, reason: "it ended early" }] };
  expect(renderCounts([one])).toBe("1 passed, 1 failed, 1 skipped");
  expect(/ (\d+) failed/.exec(renderCounts([other]))?.[1]).toBe("1");
});

test("the script quotes what it is given", () => {
  const script = testScript({ files: ["it's"], environment: { NAME: "a'b" } });
  expect(script).toContain(String.raw`for file in 'it'\''s'; do`);
  expect(script).toContain(String.raw`export NAME='a'\''b'`);
});
