// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { lintRules } from "../../src/lint/lint.ts";
import type { RuleText } from "../../src/lint/model.ts";

const FILE = new URL("../../docs/lint-rules.md", import.meta.url);

/** `UPDATE_GOLDEN=1 bun test test/lint` rewrites the page; look at the difference. */
const UPDATE = process.env["UPDATE_GOLDEN"] === "1";

const HEAD = `# Rules of capscope lint

Made from the table in \`src/lint/rules/\`; a test compares the two. Ids do not change.
\`capscope lint --explain RULE\` prints one of them.
`;

const entry = ({ id, severity, title, why, fix, source }: RuleText): string =>
  `## ${id}\n\n**${severity}**: ${title}.\n\n${why}\n\nTo do: ${fix}.\n\nSource: ${source}.\n`;

test("docs/lint-rules.md has every rule as the table has it", () => {
  const page = [HEAD, ...lintRules().map(entry)].join("\n");
  if (UPDATE) writeFileSync(FILE, page);
  expect(readFileSync(FILE, "utf8")).toBe(page);
});
