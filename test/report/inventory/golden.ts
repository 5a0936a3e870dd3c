// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** `UPDATE_GOLDEN=1 bun test test/report` rewrites the files; look at the difference. */
const UPDATE = process.env["UPDATE_GOLDEN"] === "1";

/** Compares each rendering of each scenario with its golden file. */
export function testGolden<Report>(
  kind: string,
  scenarios: Readonly<Record<string, Report>>,
  renderings: Readonly<Record<string, (report: Report) => string>>,
): void {
  for (const [scenario, report] of Object.entries(scenarios)) {
    describe(`${kind}, ${scenario}`, () => {
      for (const [name, render] of Object.entries(renderings)) {
        const text = render(report);

        test(`as ${name} is as in the golden file`, () => {
          const file = new URL(`../../golden/${kind}.${scenario}.${name}`, import.meta.url);
          if (UPDATE) writeFileSync(file, text);
          expect(existsSync(file)).toBe(true);
          expect(text).toBe(readFileSync(file, "utf8"));
        });

        test(`as ${name} has no line that ends with a blank, and one newline at the end`, () => {
          if (text !== "") expect(text).toMatch(/[^\n]\n$/);
          expect(text).not.toMatch(/ \n|\n\n$/);
        });

        test(`as ${name} contains nothing that a terminal acts on`, () => {
          const bare = name.startsWith("color")
            ? text.replaceAll(/\x1b\[(?:38;5;\d+|0)m/g, "")
            : text;
          const hostile = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
          expect(bare.match(hostile)).toBeNull();
        });
      }
    });
  }
}
