// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { renderInventoryJson } from "../../../src/report/inventory/json.ts";
import { renderPsCaps } from "../../../src/report/inventory/ps-caps.ts";
import { renderPsTable } from "../../../src/report/inventory/ps-table.ts";
import { renderPsTree } from "../../../src/report/inventory/ps-tree.ts";
import { parseBySchema } from "../../privileged/harness/schemas.ts";
import { testGolden } from "./golden.ts";
import { PS_SCENARIOS } from "./ps-scenarios.ts";

testGolden("ps", PS_SCENARIOS, {
  table: (report) => renderPsTable(report, { width: null, color: false }),
  "narrow.table": (report) => renderPsTable(report, { width: 100, color: false }),
  "color.table": (report) => renderPsTable(report, { width: null, color: true }),
  tree: (report) => renderPsTree(report, { width: 100, color: false }),
  "ascii.tree": (report) => renderPsTree(report, { width: null, color: false, ascii: true }),
  json: renderInventoryJson,
  caps: renderPsCaps,
});

test("json follows its schema and has every fact of the report", () => {
  for (const [name, report] of Object.entries(PS_SCENARIOS)) {
    const value = parseBySchema(renderInventoryJson(report), "ps");
    if (name !== "hostile") expect(value).toEqual(report as unknown as object);
  }
});

test("a tree has every process once, whatever their parents", () => {
  for (const report of Object.values(PS_SCENARIOS)) {
    const text = renderPsTree(report, { width: null, color: false });
    for (const { pid } of [...report.processes, ...report.ancestors]) {
      expect(text.split(`(pid=${pid}`)).toHaveLength(2);
    }
  }
});

test("an empty report says whether filters made it so", () => {
  const options = { width: null, color: false };
  expect(renderPsTable(PS_SCENARIOS["empty"]!, options)).toBe("no process holds capabilities\n");
  expect(renderPsTable(PS_SCENARIOS["empty"]!, { ...options, filtered: true })).toBe(
    "no process matches\n",
  );
});
