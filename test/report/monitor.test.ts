// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { renderMonitorLine } from "../../src/report/monitor-json.ts";
import {
  renderMonitorCheck,
  renderMonitorCoverage,
  renderMonitorHeader,
  renderMonitorTotals,
} from "../../src/report/monitor-text.ts";
import {
  type MonitorCheck,
  type MonitorCoverage,
  type MonitorStart,
  type MonitorTotal,
  VERDICTS,
} from "../../src/trace/model.ts";

const START: MonitorStart = {
  schemaVersion: 1,
  kind: "monitor",
  tool: { name: "capscope", version: "0" },
  host: { name: "host", kernel: "6.18" },
  time: "2026-01-02T03:04:05.678Z",
  wayIn: "tp_btf",
};
const CHECK: MonitorCheck = {
  schemaVersion: 1,
  kind: "check",
  time: "2026-01-02T03:04:05.678Z",
  pid: 4321,
  parentPid: 1,
  started: "2026-01-02T03:00:00.000Z",
  comm: "daemon",
  exe: "/usr/sbin/daemon",
  unit: "daemon.service",
  container: null,
  placedBy: "process",
  capability: "net_admin",
  granted: false,
  syscall: "setsockopt",
  gate: "sock_setsockopt",
  verdict: "denied",
  reason: null,
};
const TOTAL: MonitorTotal = {
  schemaVersion: 1,
  kind: "total",
  by: "pid",
  rest: false,
  pid: 4321,
  started: null,
  comm: "daemon",
  unit: null,
  capability: "net_admin",
  granted: 3,
  denied: 4,
  first: "2026-01-02T03:04:05.678Z",
  last: "2026-01-02T03:04:06.678Z",
};
const COVERAGE: MonitorCoverage = {
  schemaVersion: 1,
  kind: "coverage",
  time: "2026-01-02T03:04:07.678Z",
  durationNs: 2_340_000_000,
  complete: false,
  counted: 100,
  shown: 20,
  filtered: 30,
  hidden: { opportunistic: 50 },
  unplaced: 1,
  lines: 1,
  lost: { checks: 1, stacks: 2, images: 0 },
  gaps: ["some\x1bgap"],
};
const OPTIONS = { color: false, verdicts: false, timeText: (time: string) => time.slice(11, 23) };

describe("a line of a monitor in text", () => {
  test("has its words under the words of the header", () => {
    const header = renderMonitorHeader(OPTIONS);
    const line = renderMonitorCheck(CHECK, OPTIONS);
    expect(line.trimEnd().split(/ +/)).toEqual([
      "03:04:05.678",
      "4321",
      "daemon",
      "daemon.service",
      "net_admin",
      "DENIED",
      "setsockopt",
      "sock_setsockopt",
    ]);
    expect(header.indexOf("CAPABILITY")).toBe(line.indexOf("net_admin"));
    expect(header.indexOf("GATE")).toBe(line.indexOf("sock_setsockopt"));
    expect(renderMonitorCheck(CHECK, { ...OPTIONS, verdicts: true })).toContain(" denied ");
  });

  test("has as many words whatever is unknown or hostile", () => {
    const nothing = { pid: null, comm: null, unit: null, syscall: null, gate: null } as const;
    const lines = [
      { ...CHECK, ...nothing, placedBy: null },
      { ...CHECK, ...nothing },
      { ...CHECK, comm: "\x1b[31m a\nb\u202e", unit: "a b.service" },
      { ...CHECK, comm: "" },
      { ...CHECK, comm: "-" },
    ].map((check) => renderMonitorCheck(check, OPTIONS));
    for (const line of lines) {
      expect(line.trimEnd().split(/ +/)).toHaveLength(8);
      expect(line).toMatch(/^[\x20-\x7e]+\n$/);
    }
    expect(lines[0]?.split(/ +/).slice(1, 4)).toEqual(["-", "-", "?"]);
    expect(lines[1]?.split(/ +/)[3]).toBe("-");
    expect(lines[2]).toContain(" \\x1b[31m\\x20a\\x0ab\\u{202e} ");
    expect(lines[4]).toContain(' "-" ');
  });

  test("names a container shortly, and is coloured on demand", () => {
    const container = { id: "0123456789abcdef".repeat(4), runtime: "docker" };
    expect(renderMonitorCheck({ ...CHECK, container }, OPTIONS)).toContain(" docker:0123456789ab ");
    const line = renderMonitorCheck(CHECK, { ...OPTIONS, color: true });
    expect(line).toContain("\x1b[38;5;208mDENIED\x1b[0m");
    expect(line.replaceAll(/\x1b\[[0-9;]*m/g, "")).toBe(renderMonitorCheck(CHECK, OPTIONS));
  });
});

test("totals are a table that says what the rest is", () => {
  const text = renderMonitorTotals([TOTAL, { ...TOTAL, rest: true, pid: null }], OPTIONS);
  expect(text).toBe(
    [
      "PID       COMM    CAPABILITY  GRANTED  DENIED  FIRST         LAST",
      "4321      daemon  net_admin   3        4       03:04:05.678  03:04:06.678",
      "(others)  daemon  net_admin   3        4       03:04:05.678  03:04:06.678",
      "",
    ].join("\n"),
  );
  const unit = { ...TOTAL, by: "unit", pid: null, comm: null, unit: "(others)" } as const;
  expect(renderMonitorTotals([{ ...unit, unit: null }], OPTIONS)).toContain("\n-     net_admin");
  expect(renderMonitorTotals([], OPTIONS)).toBe("no checks to sum up\n");
});

test("coverage says what was counted, hidden, left out and lost", () => {
  expect(renderMonitorCoverage(COVERAGE)).toBe(
    "100 checks in 2.3 s: 20 shown in 1 line, 50 opportunistic (--all shows them), " +
      "30 left out by filters; lost: 1 check, 2 stacks\nincomplete: some\\x1bgap\n",
  );
  const lost = { checks: 0, stacks: 0, images: 0 };
  expect(renderMonitorCoverage({ ...COVERAGE, lost, gaps: [] })).toEndWith("; nothing lost\n");
});

describe("a line of a monitor in JSON", () => {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
  const file = new URL("../../schemas/monitor-line.schema.json", import.meta.url);
  const schema = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  const validate = ajv.compile(schema);

  test.each([START, CHECK, TOTAL, COVERAGE])("is one line and valid: $kind", (value) => {
    const line = renderMonitorLine(value);
    expect(line.indexOf("\n")).toBe(line.length - 1);
    expect(JSON.parse(line)).toEqual(value as never);
    expect(validate(JSON.parse(line)) || validate.errors).toBe(true);
  });

  test.each(VERDICTS.map((verdict) => ({ ...CHECK, verdict })))("knows $verdict", (value) => {
    expect(validate(value)).toBe(true);
  });

  test("with a key more, or a key less, is not valid", () => {
    for (const value of [START, CHECK, TOTAL, COVERAGE]) {
      expect(validate({ ...value, more: 1 })).toBe(false);
      for (const key of Object.keys(value)) {
        expect(validate(Object.fromEntries(Object.entries(value).filter(([k]) => k !== key)))).toBe(
          false,
        );
      }
    }
  });

  test("hostile text does not reach the terminal", () => {
    const line = renderMonitorLine({ ...CHECK, comm: "\x1b[31m\n\udcff" });
    expect(line).toMatch(/^[\x20-\x7e]+\n$/);
    expect(JSON.parse(line)).toMatchObject({ comm: "\x1b[31m\n\\xff" });
  });
});
