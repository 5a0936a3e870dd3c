// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { abilitiesOf, checksOf } from "../../src/doctor/checks.ts";
import type { Facts } from "../../src/doctor/facts.ts";
import type { DoctorReport } from "../../src/doctor/model.ts";
import { renderDoctorText } from "../../src/report/doctor-text.ts";
import { facts, hierarchy } from "../doctor/build-facts.ts";

const report = (given: Partial<Facts> = {}): DoctorReport => {
  const all = facts(given);
  const checks = checksOf(all);
  return {
    schemaVersion: 1,
    kind: "doctor",
    tool: { name: "capscope", version: "0.1.0" },
    host: { name: "host.example", kernel: all.kernel },
    time: "2026-06-09T12:00:00.000Z",
    abilities: abilitiesOf(all, checks),
    checks,
  };
};
const WIDE = { width: null, color: false };

test("a machine without losses has no list of them", () => {
  const text = renderDoctorText(report(), WIDE);
  expect(text).toStartWith("capscope 0.1.0 on host.example, Linux 6.18.0\n\nKernel:\n  kernel ");
  expect(text).not.toContain("What is lost");
  expect(text).toEndWith(
    "\ntrace: possible, and nothing is lost\nexposure: possible, and nothing is lost\n",
  );
});

test("losses come with what helps, and the same loss is told once", () => {
  const refusal = { reason: "needs privileges", remedy: "run it as root" };
  const waysIn: Facts["waysIn"] = [
    { wayIn: "tp_btf", refusal },
    { wayIn: "fexit", refusal },
  ];
  const text = renderDoctorText(report({ waysIn, trial: null }), WIDE);
  expect(text).toContain("\n  tp_btf, fexit: no trace, as there is no other way in\n");
  expect(text).toContain("\n      remedy: run it as root\n");
  expect(text).toContain("\ntrace: not possible\n");
});

test("lines fit into the width, and states are coloured when asked", () => {
  const narrow = renderDoctorText(report({ privileges: 0n }), { width: 80, color: false });
  expect(narrow.split("\n").filter((line) => line.length > 80)).toEqual([]);
  expect(renderDoctorText(report(), { width: null, color: true })).toContain("\u001b[");
});

test("text of a hostile machine holds no control character", () => {
  const hostile = "a\u001b[31m\u202e\nb";
  const exposure: Facts["exposure"] = {
    ...facts().exposure,
    complete: false,
    gaps: [
      { code: "processes-hidden", incomplete: true, count: 1, message: hostile, remedy: hostile },
    ],
  };
  const hierarchies = [hierarchy("unified", hostile)];
  const text = renderDoctorText(
    report({ kernel: hostile, managerFailure: hostile, libbpf: hostile, exposure, hierarchies }),
    WIDE,
  );
  expect(text).toMatch(/^[\x20-\x7e\n]*$/);
});
