// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setOf } from "../../src/capabilities/set.ts";
import { renderVerifyText } from "../../src/report/verify-text.ts";
import type { VerifyReport } from "../../src/verify/model.ts";
import { toJson } from "../../src/report/text/escape.ts";
import { parseBySchema } from "../privileged/harness/schemas.ts";
import { ALL, given, holder, rootWith, unit, verified } from "../verify/build-holder.ts";

/** `UPDATE_GOLDEN=1 bun test test/report` rewrites the files; look at the difference. */
const UPDATE = process.env["UPDATE_GOLDEN"] === "1";

const web = setOf("setgid", "setuid", "net_bind_service");
const worker = (pid: number, bounding: bigint) =>
  holder({ bounding }, { pid, uid: 33, main: false });
const names = ["setgid", "setuid", "net_bind_service"];
const all = { permitted: ["chown", ...names], effective: names, bounding: names };
const profile = {
  ...given("setgid", "setuid", "net_bind_service"),
  source: "profile",
  file: "web.json",
  proven: true,
  before: { inheritable: [], ambient: [], ...all },
} as const;

const DECLARED = { pid: null, line: 7, securebits: null } as const;

const SCENARIOS: Readonly<Record<string, VerifyReport>> = {
  confined: verified({
    seen: [rootWith(web), worker(221, web), worker(222, web)],
    given: profile,
    exact: true,
  }),
  differs: verified({
    seen: [
      rootWith(ALL),
      rootWith(web | setOf("net_raw"), { tids: [231, 232] }),
      worker(221, ALL),
      rootWith(ALL, { pid: 223, name: "bwrap", main: false, compared: false }),
    ],
    given: profile,
  }),
  declared: verified({
    seen: [
      holder(
        { permitted: web, effective: web, inheritable: web, ambient: web, bounding: web },
        { uid: 33, noNewPrivileges: true, securebits: ["noroot", "noroot-locked"] },
      ),
      worker(221, web),
    ],
    unit: unit({ bounding: web, ambient: web, noNewPrivileges: true, uid: 33 }),
  }),
  manifest: verified({
    seen: [
      rootWith(setOf("setuid", "net_bind_service"), { name: "Pod web: nginx", ...DECLARED }),
      holder({ bounding: web }, { name: "Pod web: log", uid: 101, ...DECLARED, line: 12 }),
    ],
    given: profile,
    target: { kind: "manifest", file: "pod.yaml", format: "kubernetes" },
  }),
  hostile: verified({
    seen: [rootWith(ALL, { name: "a\u001b[31m\u202e\nb" })],
    given: { ...profile, file: "\u001b[2J\n.json" },
    gaps: [{ kind: "process", message: "\u001b[31m" }],
    target: { kind: "container", id: "\u202e", runtime: null },
  }),
};

for (const [scenario, report] of Object.entries(SCENARIOS)) {
  describe(`the comparison "${scenario}"`, () => {
    test.each([
      ["txt", { width: 100, color: false }],
      ["color.txt", { width: null, color: true }],
    ])("as %s is as in the golden file", (name, options) => {
      const file = new URL(`../golden/verify.${scenario}.${name}`, import.meta.url);
      const text = renderVerifyText(report, options);
      if (UPDATE) writeFileSync(file, text);
      expect(existsSync(file)).toBe(true);
      expect(text).toBe(readFileSync(file, "utf8"));
      expect(text).not.toMatch(/ \n|\n\n$/);
      expect(text).not.toMatch(/\u202e|\u001b\[(?!0m|38;5;)/);
    });

    test("is valid by its schema", () => {
      const parsed: unknown = parseBySchema(toJson(report), "verify");
      expect(parsed).toEqual(JSON.parse(JSON.stringify(report)));
    });
  });
}
