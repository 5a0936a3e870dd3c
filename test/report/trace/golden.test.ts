// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { adviseOn } from "../../../src/harden/advise.ts";
import { renderTraceCaps } from "../../../src/report/trace/trace-caps.ts";
import { renderTraceText } from "../../../src/report/trace/trace-text.ts";
import type { Profile } from "../../../src/trace/model.ts";
import { SCENARIOS } from "./scenarios.ts";

/** `UPDATE_GOLDEN=1 bun test test/report` rewrites the files; look at the difference. */
const UPDATE = process.env["UPDATE_GOLDEN"] === "1";

const RENDERINGS: Readonly<Record<string, (profile: Profile) => string>> = {
  txt: (profile) => renderTraceText(profile, adviseOn(profile), { width: 80, color: false }),
  "narrow.txt": (profile) => renderTraceText(profile, null, { width: 48, color: false }),
  "color.txt": (profile) => renderTraceText(profile, null, { width: null, color: true }),
  caps: renderTraceCaps,
};

for (const [scenario, profile] of Object.entries(SCENARIOS)) {
  describe(`the trace "${scenario}"`, () => {
    for (const [name, render] of Object.entries(RENDERINGS)) {
      const text = render(profile);

      test(`as ${name} is as in the golden file`, () => {
        const file = new URL(`../../golden/trace.${scenario}.${name}`, import.meta.url);
        if (UPDATE) writeFileSync(file, text);
        expect(existsSync(file)).toBe(true);
        expect(text).toBe(readFileSync(file, "utf8"));
      });

      test(`as ${name} has no line that ends with a blank, and one newline at the end`, () => {
        expect(text).not.toMatch(/ \n|\n\n$/);
        if (name !== "caps") expect(text).toMatch(/[^\n]\n$/);
      });

      test(`as ${name} contains nothing that a terminal acts on`, () => {
        const bare = name === "color.txt" ? text.replaceAll(/\x1b\[(?:38;5;\d+|0)m/g, "") : text;
        const hostile = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
        expect(bare.match(hostile)).toBeNull();
      });
    }

    test("keeps to the width, but for what is to be copied", () => {
      const lines = RENDERINGS["narrow.txt"]!(profile).split("\n");
      expect(lines.filter((line) => line.length > 48)).toEqual([]);
    });

    test("has the same colours only where they are asked for", () => {
      const options = { width: null, color: false };
      const colored = RENDERINGS["color.txt"]!(profile);
      expect(renderTraceText(profile, null, options)).toBe(
        colored.replaceAll(/\x1b\[(?:38;5;\d+|0)m/g, ""),
      );
    });
  });
}
