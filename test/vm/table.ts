// SPDX-License-Identifier: Apache-2.0
import type { TestResult } from "./guest-tests.ts";
import type { KernelResult } from "./kernel-run.ts";

type Cell = TestResult["outcome"] | "did not run" | "";
const WORDS: Readonly<Record<Cell, string>> = {
  passed: "passed",
  failed: "FAILED",
  skipped: "skipped",
  "did not run": "DID NOT RUN",
  "": "-",
};

interface Row {
  readonly file: string;
  readonly name: string;
  readonly cells: readonly Cell[];
  readonly reasons: readonly string[];
}

/** Test by kernel, as Markdown: a table for each file of tests, and why tests were skipped. */
export function renderTable(results: readonly KernelResult[]): string {
  const rows = rowsOf(results);
  const files = [...new Set(rows.map(({ file }) => file))];
  const heads = results.map(({ line, release }) => release ?? line);
  const reasons = [...new Set(rows.flatMap((row) => row.reasons.filter((each) => each !== "")))];
  const cell = (word: Cell, reason: string): string =>
    reason === "" ? WORDS[word] : `${WORDS[word]} (${reasons.indexOf(reason) + 1})`;
  const tables = files.map((file) => {
    const own = rows.filter((row) => row.file === file);
    const lines = own.map(({ name, cells, reasons: why }) => [
      escape(name),
      ...cells.map((word, index) => cell(word, why[index] ?? "")),
    ]);
    return `## ${file}\n\n${markdown(["test", ...heads], lines)}`;
  });
  const notes = reasons.map((reason, index) => `${index + 1}. ${escape(reason)}\n`).join("");
  return `${tables.join("\n")}\n## Why tests were skipped\n\n${notes === "" ? "None was.\n" : notes}`;
}

/** `N passed, N failed, N skipped`, of all kernels together. */
export function renderCounts(results: readonly KernelResult[]): string {
  const cells = rowsOf(results).flatMap((row) => row.cells);
  const count = (...words: readonly Cell[]): number =>
    cells.filter((each) => words.includes(each)).length;
  return `${count("passed")} passed, ${count("failed", "did not run")} failed, ${count("skipped")} skipped`;
}

/** Each failure with what the tests wrote. */
export function renderFailures(results: readonly KernelResult[]): string {
  return results
    .flatMap(({ line, release, files, broken }) => [
      ...files
        .filter(({ tests }) => tests.some(({ outcome }) => outcome === "failed"))
        .map(({ file, text }) => `--- ${release ?? line}: ${file}\n${text}\n`),
      ...broken.map(({ file, reason }) => `--- ${release ?? line}: ${file}: ${reason}\n`),
    ])
    .join("");
}

function rowsOf(results: readonly KernelResult[]): readonly Row[] {
  const WHOLE = "all of its tests";
  const keys = new Map<string, { readonly file: string; readonly name: string }>();
  for (const { files, broken } of results) {
    for (const { file, name } of files.flatMap(({ tests }) => tests)) {
      keys.set(`${file}\0${name}`, { file, name });
    }
    for (const { file } of broken) keys.set(`${file}\0${WHOLE}`, { file, name: WHOLE });
  }
  return [...keys.values()].map(({ file, name }) => {
    const found = results.map((result) => cellOf(result, file, name));
    return {
      file,
      name,
      cells: found.map(([word]) => word),
      reasons: found.map(([, reason]) => reason),
    };
  });
}

function cellOf({ files, broken }: KernelResult, file: string, name: string): [Cell, string] {
  if (broken.some((each) => each.file === file)) return ["did not run", ""];
  const tests = files.find((each) => each.file === file)?.tests ?? [];
  const found = tests.find((each) => each.name === name);
  if (found === undefined) return ["", ""];
  return [found.outcome, found.outcome === "skipped" ? found.detail : ""];
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return row(head) + row(head.map(() => "---")) + lines.map(row).join("");
}

function escape(text: string): string {
  return text.replaceAll("|", String.raw`\|`).replaceAll(/\s+/g, " ");
}
