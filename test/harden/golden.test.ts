// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { HARDEN_TARGETS } from "../../src/harden/model.ts";
import { renderConfigurationText } from "../../src/report/configuration-text.ts";
import { CASES } from "./workloads.ts";

/** `UPDATE_GOLDEN=1 bun test test/harden` rewrites the files; look at the difference. */
const UPDATE = process.env["UPDATE_GOLDEN"] === "1";

/** All targets of one case, and of the others the one whose words differ most. */
const FILES = [
  ...HARDEN_TARGETS.map((target) => ["service", target] as const),
  ...(["proven", "never-root", "nothing", "list", "number"] as const).map(
    (name) => [name, "systemd"] as const,
  ),
  ...(["docker", "kubernetes", "compose", "quadlet"] as const).map(
    (target) => ["list", target] as const,
  ),
];

describe("what is written", () => {
  test.each(FILES)("for the case %s as %s is as in the golden file", (name, target) => {
    const text = renderConfigurationText(CASES[name]!.write(target));
    const file = new URL(`../golden/harden.${name}.${target}`, import.meta.url);
    if (UPDATE) writeFileSync(file, text);
    expect(existsSync(file)).toBe(true);
    expect(text).toBe(readFileSync(file, "utf8"));
  });

  test.each(FILES)("for the case %s as %s has no line that ends with a blank", (name, target) => {
    const text = renderConfigurationText(CASES[name]!.write(target));
    expect(text).not.toMatch(/[ \t]\n|\n\n$/);
    expect(text).toMatch(/[^\n]\n$/);
  });
});
