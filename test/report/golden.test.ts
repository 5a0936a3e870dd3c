// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { ExposureReport } from "../../src/exposure/model.ts";
import {
  EXPOSURE_FORMATS,
  loadExposureRenderer,
  loadPrivilegedRenderer,
  type TextOptions,
} from "../../src/report/index.ts";
import { renderInterfaceNames } from "../../src/report/interface-names.ts";
import { SCENARIOS } from "../fixtures/reports/index.ts";

/** `UPDATE_GOLDEN=1 bun test test/report` rewrites the files; look at the difference. */
const UPDATE = process.env["UPDATE_GOLDEN"] === "1";

const TERMINAL: TextOptions = { width: 80, color: false };
const PIPE: TextOptions = { width: null, color: false };

type Rendering = (report: ExposureReport) => Promise<string> | string;

const RENDERINGS: Readonly<Record<string, Rendering>> = {
  ...Object.fromEntries(
    EXPOSURE_FORMATS.map((format): [string, Rendering] => [
      format,
      async (report) =>
        (await loadExposureRenderer(format))(report, format === "tree" ? TERMINAL : PIPE),
    ]),
  ),
  "color.tree": async (report) =>
    (await loadExposureRenderer("tree"))(report, { width: 60, color: true }),
  "ascii.tree": async (report) =>
    (await loadExposureRenderer("tree"))(report, { ...PIPE, ascii: true }),
  "narrow.table": async (report) =>
    (await loadExposureRenderer("table"))(report, { width: 120, color: false }),
  "privileged.table": async (report) => (await loadPrivilegedRenderer())(report, PIPE),
  "interfaces.txt": (report) => renderInterfaceNames(report, "text"),
  "interfaces.json": (report) => renderInterfaceNames(report, "json"),
  "interfaces.netcap-json": (report) => renderInterfaceNames(report, "netcap-json"),
};

for (const [scenario, report] of Object.entries(SCENARIOS)) {
  describe(scenario, () => {
    for (const [name, render] of Object.entries(RENDERINGS)) {
      test(`${name} is as in the golden file`, async () => {
        const text = await render(report);
        const file = new URL(`../golden/${scenario}.${name}`, import.meta.url);
        if (UPDATE) writeFileSync(file, text);
        expect(existsSync(file)).toBe(true);
        expect(text).toBe(readFileSync(file, "utf8"));
      });

      test(`${name} ends with exactly one newline, and no line with a blank`, async () => {
        const text = await render(report);
        if (text === "") expect(report.interfaces).toEqual([]);
        else expect(text).toMatch(/[^\n]\n$/);
        expect(text).not.toMatch(name.endsWith("json") ? /\n\n$/ : / \n/);
      });

      test(`${name} contains nothing that a terminal acts on`, async () => {
        const text = (await render(report)).replaceAll(/\x1b\[(?:38;5;\d+|0)m/g, "");
        const hostile = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
        expect(text.match(hostile)).toBeNull();
        expect(text.isWellFormed()).toBe(true);
        // Colour only where it was asked for: the fixtures' own sequences must not look like it.
        if (name !== "color.tree") expect(await render(report)).not.toContain("\x1b");
      });
    }
  });
}

test("the same report in another order of keys and lists gives the same tree", async () => {
  const renderTree = await loadExposureRenderer("tree");
  for (const report of Object.values(SCENARIOS)) {
    const shuffled = {
      ...report,
      interfaces: report.interfaces.toReversed(),
      endpoints: report.endpoints.toReversed(),
      processes: report.processes.toReversed(),
    };
    expect(renderTree(shuffled, TERMINAL)).toBe(renderTree(report, TERMINAL));
  }
});
