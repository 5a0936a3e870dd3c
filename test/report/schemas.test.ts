// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { renderExposureJson, renderExposureJsonLines } from "../../src/report/exposure-json.ts";
import { renderExposureYaml } from "../../src/report/exposure-yaml.ts";
import { renderInterfaceNames } from "../../src/report/interface-names.ts";
import { SCENARIOS } from "../fixtures/reports/index.ts";

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
for (const name of ["exposure", "exposure-line", "interfaces"]) {
  ajv.addSchema(readSchema(name), name);
}

function readSchema(name: string): Record<string, unknown> {
  const file = new URL(`../../schemas/${name}.schema.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
}

function errorsOf(name: string, value: unknown): string {
  return ajv.validate(name, value) ? "" : ajv.errorsText(ajv.errors, { separator: "\n" });
}

for (const [scenario, report] of Object.entries(SCENARIOS)) {
  describe(scenario, () => {
    test("json follows its schema", () => {
      expect(errorsOf("exposure", JSON.parse(renderExposureJson(report)))).toBe("");
    });

    test("every line of jsonl follows its schema, header first, coverage last", () => {
      const lines = renderExposureJsonLines(report)
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { readonly kind: string });
      expect(lines.map((line) => errorsOf("exposure-line", line)).join("")).toBe("");
      expect(lines[0]?.kind).toBe("report");
      expect(lines.at(-1)?.kind).toBe("coverage");
      expect(lines.length).toBe(
        2 + report.interfaces.length + report.processes.length + report.endpoints.length,
      );
    });

    test("yaml has the same values as json for readers of YAML 1.2 and 1.1", () => {
      const json: unknown = JSON.parse(renderExposureJson(report));
      const yaml = renderExposureYaml(report);
      expect(parse(yaml)).toEqual(json);
      expect(parse(yaml, { version: "1.1" })).toEqual(json);
    });

    test("the list of interfaces follows its schema", () => {
      expect(errorsOf("interfaces", JSON.parse(renderInterfaceNames(report, "json")))).toBe("");
    });
  });
}

test("json has every fact of the report", () => {
  const { desktop, planes, server } = SCENARIOS;
  for (const report of [desktop, planes, server]) {
    expect(JSON.parse(renderExposureJson(report!))).toEqual(report);
  }
});

test("the schema refuses a key that it does not know and a report that lacks one", () => {
  const { coverage: _, ...rest } = SCENARIOS["desktop"]!;
  expect(errorsOf("exposure", { ...SCENARIOS["desktop"], more: 1 })).toContain("additional");
  expect(errorsOf("exposure", rest)).toContain("coverage");
});

test("every property in the schemas is required and described", () => {
  const names = [
    "exposure",
    "exposure-line",
    "interfaces",
    "profile-diff",
    "doctor",
    "ps",
    "files",
    "file-change",
    "self",
    "image-files",
  ];
  for (const name of names) checkObjects(readSchema(name));
});

/** Descriptions may stand in the definition that a property refers to. */
function checkObjects(schema: unknown): void {
  if (typeof schema !== "object" || schema === null) return;
  const { properties, required } = schema as Record<string, unknown>;
  if (typeof properties === "object" && properties !== null) {
    expect(required).toEqual(Object.keys(properties));
    for (const property of Object.values(properties)) {
      expect(Object.keys(property as object).some((key) => /^(description|\$ref)$/.test(key))).toBe(
        true,
      );
    }
  }
  Object.values(schema).forEach(checkObjects);
}
