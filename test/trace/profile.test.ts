// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { renderTraceCaps, renderTraceText } from "../../src/report/trace-text.ts";
import { toJson } from "../../src/report/text/escape.ts";
import { buildProfile, type TraceEvidence } from "../../src/trace/profile.ts";
import { check, image, stack } from "./build-check.ts";

const EVIDENCE: TraceEvidence = {
  argv: ["daemon", "--port", "81"],
  host: { name: "host.example", kernel: "6.18.0" },
  time: new Date("2026-06-09T12:00:00Z"),
  wayIn: "tp_btf",
  beganNs: 40,
  endedNs: 1_000_000_040,
  images: [image()],
  checks: [check({ stacks: stack("cap_capable", "__inet_bind") })],
  lost: { checks: 0, stacks: 0, images: 0 },
  gaps: [],
};

const SCHEMA = new URL("../../schemas/profile.schema.json", import.meta.url);
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(SCHEMA, "utf8")),
);

describe("a profile", () => {
  test("follows its schema", () => {
    const valid = validate(JSON.parse(toJson(buildProfile(EVIDENCE))));
    expect(validate.errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  test("names the capability, the program and the gate", () => {
    expect(buildProfile(EVIDENCE).findings).toEqual([
      {
        capability: "net_bind_service",
        verdict: "required",
        granted: 1,
        denied: 0,
        syscalls: [],
        programs: ["/usr/sbin/daemon"],
        gates: ["__inet_bind"],
      },
    ]);
  });

  test("leaves out what was checked before the first exec", () => {
    const images = [image({ id: 1, exe: null }), image({ id: 2 })];
    const profile = buildProfile({ ...EVIDENCE, images });
    expect([profile.images.length, profile.findings.length]).toEqual([1, 0]);
    expect(profile.conclusion).toBe("needs-nothing-seen");
  });

  test("without a program is inconclusive, not without needs", () => {
    const profile = buildProfile({ ...EVIDENCE, images: [], checks: [] });
    expect([profile.conclusion, profile.coverage.complete]).toEqual(["inconclusive", false]);
  });

  test("with lost checks is not complete", () => {
    const lost = { checks: 3, stacks: 0, images: 0 };
    expect(buildProfile({ ...EVIDENCE, lost }).coverage.complete).toBe(false);
  });

  test("takes the weightiest verdict of a capability and adds up all its checks", () => {
    const checks = [check({ granted: false, count: 4 }), check({ count: 2 })];
    const [finding] = buildProfile({ ...EVIDENCE, checks }).findings;
    expect([finding?.verdict, finding?.granted, finding?.denied]).toEqual(["required", 2, 4]);
  });
});

describe("its text", () => {
  test("says what was needed and that it is not proven", () => {
    const text = renderTraceText(buildProfile(EVIDENCE));
    expect(text).toContain(
      "net_bind_service  1 granted, outside a system call, asked by __inet_bind",
    );
    expect(text).toContain("not yet proven: CAP_NET_BIND_SERVICE\n");
  });

  test("holds no control character of a hostile program", () => {
    const images = [image({ exe: "/tmp/\u001b[31m\u202e" })];
    const text = renderTraceText(buildProfile({ ...EVIDENCE, argv: ["a\u0007"], images }));
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  });

  test("says what was lost", () => {
    const lost = { checks: 1, stacks: 2, images: 0 };
    const text = renderTraceText(buildProfile({ ...EVIDENCE, lost, gaps: ["still runs"] }));
    expect(text).toEndWith("incomplete: 1 check lost; 2 stacks lost; still runs\n");
  });

  test("as caps is the required set alone", () => {
    const checks = [check(), check({ capability: 13, granted: false }), check({ capability: 41 })];
    expect(renderTraceCaps(buildProfile({ ...EVIDENCE, checks }))).toBe(
      "CAP_41\nCAP_NET_BIND_SERVICE\n",
    );
  });
});
