// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { adviseOn } from "../../src/harden/advise.ts";
import { runLine, startLine } from "../../src/report/minimize-progress.ts";
import { renderMinimizeText } from "../../src/report/minimize-text.ts";
import { renderTraceCaps } from "../../src/report/trace/trace-caps.ts";
import { renderTraceText } from "../../src/report/trace/trace-text.ts";
import type { Profile } from "../../src/trace/model.ts";
import { PROVEN, UNPROVEN } from "./proven-scenario.ts";

/** `UPDATE_GOLDEN=1 bun test test/report` rewrites the files; look at the difference. */
const UPDATE = process.env["UPDATE_GOLDEN"] === "1";

const RENDERINGS: Readonly<Record<string, (profile: Profile) => string>> = {
  txt: (profile) => renderMinimizeText(profile, adviseOn(profile), { width: 80, color: false }),
  "color.txt": (profile) => renderMinimizeText(profile, null, { width: null, color: true }),
  "profile.txt": (profile) => renderTraceText(profile, null, { width: 80, color: false }),
};

for (const [scenario, profile] of Object.entries({ proven: PROVEN, unproven: UNPROVEN })) {
  describe(`the search "${scenario}"`, () => {
    for (const [name, render] of Object.entries(RENDERINGS)) {
      test(`as ${name} is as in the golden file`, () => {
        const file = new URL(`../golden/minimize.${scenario}.${name}`, import.meta.url);
        const text = render(profile);
        if (UPDATE) writeFileSync(file, text);
        expect(existsSync(file)).toBe(true);
        expect(text).toBe(readFileSync(file, "utf8"));
        expect(text).not.toMatch(/ \n|\n\n$/);
        expect(text).not.toMatch(/\u202e/);
      });
    }
  });
}

describe("a line of progress", () => {
  const GRANTED = ["chown", "fowner", "kill", "setgid", "setuid", "net_raw"];
  const line = (
    set: readonly string[],
    working: readonly string[],
    failure: string | null = null,
  ) => runLine({ number: 7, total: 12, set, working, failure });

  test("says without what the command was run, as far as that is short", () => {
    expect(line(["kill"], ["chown", "kill"])).toBe("run 7 of about 12: without CAP_CHOWN: works");
    expect(line([], ["chown"], "ended with status 1, not 0")).toBe(
      "run 7 of about 12: without CAP_CHOWN: fails: ended with status 1, not 0",
    );
    expect(line(["kill"], GRANTED)).toBe("run 7 of about 12: with only CAP_KILL: works");
    expect(line([], GRANTED)).toBe("run 7 of about 12: without any capability: works");
    expect(line(["sys_admin"], ["bpf"])).toBe("run 7 of about 12: with only CAP_SYS_ADMIN: works");
    const many = Array.from({ length: 13 }, (_, number) => `cap_${50 + number}`);
    expect(line(many, ["kill"])).toBe("run 7 of about 12: with 13 capabilities: works");
    expect(line(GRANTED, GRANTED)).toBe("run 7 of about 12: once more with the same set: works");
  });

  test("has nothing in it that a terminal acts on, and never counts beyond the end", () => {
    expect(line([], ["chown"], "\u001b[2J")).toContain("fails: \\x1b[2J");
    const last = runLine({ number: 9, total: 8, set: [], working: ["kill"], failure: null });
    expect(last).toStartWith("run 9 of about 9:");
  });

  test("tells at the start how often the command will be run", () => {
    expect(startLine(["chown", "kill"], 40, { least: 7, most: 16 })).toBe(
      "run 1: works; 2 of 40 capabilities used: CAP_CHOWN, CAP_KILL; now it is run about 7 to 16 times with fewer",
    );
    expect(startLine([], 40, { least: 3, most: 8 })).toContain("none of 40 capabilities was used");
  });
});

describe("the bare set", () => {
  test("is the proven one, and what was used where nothing is proven", () => {
    expect(renderTraceCaps(PROVEN)).toBe("CAP_DAC_READ_SEARCH\nCAP_FSETID\n");
    expect(renderTraceCaps(UNPROVEN)).toBe("CAP_CHOWN\nCAP_DAC_READ_SEARCH\nCAP_FSETID\n");
  });
});
