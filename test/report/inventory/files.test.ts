// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { renderFilesTable } from "../../../src/report/inventory/files-table.ts";
import { renderInventoryJson } from "../../../src/report/inventory/json.ts";
import { parseBySchema } from "../../privileged/harness/schemas.ts";
import { FILES_SCENARIOS } from "./files-scenarios.ts";
import { testGolden } from "./golden.ts";

testGolden("files", FILES_SCENARIOS, {
  table: (report) => renderFilesTable(report, { width: null, color: false }),
  "narrow.table": (report) => renderFilesTable(report, { width: 120, color: false }),
  "color.table": (report) => renderFilesTable(report, { width: null, color: true }),
  json: renderInventoryJson,
});

test("json follows its schema and has every fact of the report", () => {
  for (const [name, report] of Object.entries(FILES_SCENARIOS)) {
    const value = parseBySchema(renderInventoryJson(report), "files");
    if (name !== "hostile") expect(value).toEqual(report as unknown as object);
  }
});

test("an empty report says whether filters made it so", () => {
  const options = { width: null, color: false };
  expect(renderFilesTable(FILES_SCENARIOS["empty"]!, options)).toStartWith("no file has ");
  expect(renderFilesTable(FILES_SCENARIOS["empty"]!, { ...options, filtered: true })).toBe(
    "no file matches\n",
  );
});
