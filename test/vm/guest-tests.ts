// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from "node:url";
import { enterDirectory, quote } from "../../guest/shell-text.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** In seconds of the guest's clock, which counts instructions: a thousand million a second. */
const TEST_LIMIT_S = 60;
const FILE_LIMIT_S = 240;

export type Outcome = "passed" | "failed" | "skipped";

/** One test in one guest. */
export interface TestResult {
  readonly file: string;
  /** With the groups that it is in. */
  readonly name: string;
  readonly outcome: Outcome;
  /** Why it was skipped, or how it failed. */
  readonly detail: string;
}

/** What one file of tests came to. */
export interface FileResult {
  readonly file: string;
  readonly tests: readonly TestResult[];
  /** All that the tests wrote. */
  readonly text: string;
}

export interface GuestCommand {
  readonly files: readonly string[];
  /** Environment of the tests. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The script that runs the files in a guest one after another, and writes what each came to. What it needs later does
 * not lie in /tmp, which systemd empties when the first service starts.
 */
export function testScript({ files, environment }: GuestCommand): string {
  const variables = { ...environment, CI: "1", TMPDIR: "/tmp/tests", NO_COLOR: "1" };
  const exports = Object.entries(variables).map(
    ([name, value]) => `export ${name}=${quote(value)}`,
  );
  return `${enterDirectory(ROOT)}
${exports.join("\n")}
mkdir -p "$TMPDIR"
chmod 755 "$TMPDIR"
for file in ${files.map(quote).join(" ")}; do
  echo "${MARK} file $file"
  rm -f /run/guest/results.xml
  timeout -k 5 ${FILE_LIMIT_S} node_modules/.bin/bun test --timeout ${TEST_LIMIT_S * 1000} \\
    --reporter=junit --reporter-outfile=/run/guest/results.xml "./$file" >/run/guest/text 2>&1
  echo "${MARK} status $?"
  cat /run/guest/text
  echo "${MARK} results"
  cat /run/guest/results.xml
  echo
  echo "${MARK} end"
done
`;
}

const MARK = "@@vm";

/** Tells of a text that grows whether another file has come to its end since it was asked the last time. */
export function watchResults(): (text: string) => boolean {
  let seen = 0;
  return (text) => {
    const next = text.indexOf(`\n${MARK} end\n`, seen);
    if (next >= 0) seen = next + 1;
    return next >= 0;
  };
}

/** Reads what the script wrote, as far as it came; a file without an end is not among it. */
export function readResults(output: string): readonly FileResult[] {
  const pattern = new RegExp(
    `^${MARK} file (.*)\\n(?:[^]*?)^${MARK} status (\\d+)\\n([^]*?)^${MARK} results\\n([^]*?)^${MARK} end\\n`,
    "gm",
  );
  return [...output.matchAll(pattern)].map(([, file = "", status = "", text = "", xml = ""]) => {
    const tests = readTests(file, text, xml);
    const problem = status === "0" ? null : problemOf(tests, status, text);
    return { file, text, tests: problem === null ? tests : [...tests, { file, ...problem }] };
  });
}

/** A file that fails although none of its tests does: it ended early, or could not begin. */
function problemOf(
  tests: readonly TestResult[],
  status: string,
  text: string,
): Omit<TestResult, "file"> | null {
  if (tests.some(({ outcome }) => outcome === "failed")) return null;
  const reason = status === "124" ? `not done after ${FILE_LIMIT_S} s` : `status ${status}`;
  return { name: "the file as a whole", outcome: "failed", detail: `${reason}\n${text}` };
}

function readTests(file: string, text: string, xml: string): readonly TestResult[] {
  const reasons = skipReasons(text);
  const groups: string[] = [];
  const tests: TestResult[] = [];
  for (const [tag, name, attributes = ""] of xml.matchAll(/<(\/?[a-z]+)([^>]*)>/g)) {
    const title = unescapeXml(/ name="([^"]*)"/.exec(attributes)?.[1] ?? "");
    if (name === "testsuite") groups.push(title);
    else if (name === "/testsuite") groups.pop();
    else if (name === "testcase") {
      const full = [...groups.slice(1), title].join(" > ");
      tests.push({ file, name: full, outcome: "passed", detail: "" });
    } else if (name === "skipped" || name === "failure") {
      const last = tests.pop();
      if (last === undefined) throw new Error(`${file}: ${tag} outside of a test`);
      const isSkip = name === "skipped";
      const detail = isSkip ? (reasons.get(title) ?? reasonOf(last.name, reasons)) : text;
      tests.push({ ...last, outcome: isSkip ? "skipped" : "failed", detail });
    }
  }
  return tests;
}

/** Lines such as `skipped: TITLE: REASON`, by title. */
function skipReasons(text: string): ReadonlyMap<string, string> {
  const lines = [...text.matchAll(/^skipped: (.*)$/gm)].map(([, line = ""]) => line);
  return new Map(lines.map((line) => [line, line]));
}

function reasonOf(name: string, reasons: ReadonlyMap<string, string>): string {
  const titles = name.split(" > ");
  for (const line of reasons.keys()) {
    const title = titles.find((each) => line.startsWith(`${each}: `));
    if (title !== undefined) return line.slice(title.length + 2);
  }
  return "no reason was printed";
}

function unescapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&quot;": '"',
    "&apos;": "'",
    "&#39;": "'",
    "&lt;": "<",
    "&gt;": ">",
    "&amp;": "&",
  };
  return text.replaceAll(/&(?:quot|apos|#39|lt|gt|amp);/g, (entity) => entities[entity] ?? entity);
}
