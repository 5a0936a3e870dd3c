// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { ApplyReport } from "../../src/apply/model.ts";
import { setOf } from "../../src/capabilities/set.ts";
import { renderApplyText } from "../../src/report/apply-text.ts";
import { toJson } from "../../src/report/text/escape.ts";
import { parseBySchema } from "../privileged/harness/schemas.ts";
import { given, rootWith, verified } from "../verify/build-holder.ts";

/** `UPDATE_GOLDEN=1 bun test test/report` rewrites the files; look at the difference. */
const UPDATE = process.env["UPDATE_GOLDEN"] === "1";

const web = setOf("setuid", "net_bind_service");
const names = ["setuid", "net_bind_service"];

const report = (others: Partial<ApplyReport>): ApplyReport => ({
  schemaVersion: 1,
  kind: "apply",
  tool: { name: "capscope", version: "0.1.0" },
  host: { name: "host.example", kernel: "6.18.0" },
  time: "2026-06-09T12:00:00.000Z",
  unit: "nginx.service",
  dropIn: {
    path: "/etc/systemd/system/nginx.service.d/50-capabilities.conf",
    text: "[Service]\nCapabilityBoundingSet=\nCapabilityBoundingSet=CAP_SETUID CAP_NET_BIND_SERVICE\n",
    replaces: false,
  },
  outcome: "applied",
  steps: [{ name: "restart", done: true, detail: null }],
  failure: null,
  verification: null,
  ...others,
});

const SCENARIOS: Readonly<Record<string, ApplyReport>> = {
  planned: report({
    outcome: "planned",
    steps: [
      { name: "write the drop-in", done: null, detail: "/etc/x.conf" },
      { name: "restart", done: null, detail: null },
    ],
  }),
  applied: report({ verification: verified({ seen: [rootWith(web)], given: given(...names) }) }),
  "rolled-back": report({
    outcome: "rolled-back",
    failure: "the check fails with status 1",
    steps: [
      { name: "check", done: false, detail: "the check fails with status 1" },
      { name: "roll back: the drop-in", done: true, detail: null },
    ],
  }),
  "rollback-failed": report({
    outcome: "rollback-failed",
    unit: "a\u001b[31m\n.service",
    failure: "\u202e",
    steps: [
      { name: "check", done: false, detail: "\u001b[2J" },
      { name: "roll back: restart", done: false, detail: "restarting nginx.service: timeout" },
    ],
  }),
};

for (const [scenario, each] of Object.entries(SCENARIOS)) {
  describe(`a drop-in that is ${scenario}`, () => {
    test("is told as in the golden file", () => {
      const file = new URL(`../golden/apply.${scenario}.txt`, import.meta.url);
      const text = renderApplyText(each, { width: 100, color: false });
      if (UPDATE) writeFileSync(file, text);
      expect(existsSync(file)).toBe(true);
      expect(text).toBe(readFileSync(file, "utf8"));
      expect(text).not.toMatch(/ \n|\n\n$|\u202e|\u001b/);
      expect(renderApplyText(each, { width: null, color: true })).not.toMatch(/\u202e/);
    });

    test("is valid by its schema", () => {
      const parsed: unknown = parseBySchema(toJson(each), "apply");
      expect(parsed).toEqual(JSON.parse(JSON.stringify(each)));
    });
  });
}
