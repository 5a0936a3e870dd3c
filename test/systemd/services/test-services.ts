// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect } from "bun:test";
import { capabilityNames } from "../../../src/capabilities/set.ts";
import type { ApplyReport } from "../../../src/apply/model.ts";
import { parseBySchema } from "../../privileged/harness/schemas.ts";
import { needed } from "../../privileged/harness/traced.ts";
import { readVerified, type Verified } from "../../privileged/harness/verified.ts";
import { testUnless } from "../../skip.ts";
import {
  boundingMask,
  dropInOf,
  hardenService,
  masksOf,
  profileOf,
  startService,
  traceService,
} from "./confine.ts";
import type { Machine } from "./machine.ts";
import { missingFile, type Service, SERVICES } from "./services.ts";

/** Each takes a restart or more, in a guest at a tenth of the speed. */
const LIMIT_MS = 240_000;

/** The services of the distribution, confined from the first trace to the last look. */
export function testServices(machine: Machine, noMachine: string | null): void {
  for (const service of SERVICES) {
    const missing = missingFile(service);
    const reason = noMachine ?? (missing === null ? null : `${missing} is not installed`);
    describe(`${service.unit}, as the distribution has it`, () => {
      afterAll(() => {
        const { unit } = service;
        if (reason === null) machine.shell(`systemctl stop ${unit}; systemctl reset-failed`);
      });
      const test = (title: string, body: () => void | Promise<void>): void =>
        testUnless(reason, `${service.unit}: ${title}`, body, LIMIT_MS);
      testByHand(machine, service, test);
      if (machine.appliesTo.includes(service.unit)) testApply(machine, service, test);
    });
  }
}

type Test = (title: string, body: () => void | Promise<void>) => void;

/** As the guide does it, step by step. */
function testByHand(machine: Machine, service: Service, test: Test): void {
  const { unit } = service;
  const verify = (...words: readonly string[]): Verified =>
    readVerified(machine.capscope("verify", "--json", ...words));
  let dropIn = "";
  const assertSuits = (names: readonly string[]): void => {
    for (const name of service.needs) expect(names).toContain(name);
    for (const name of service.spares) expect(names).not.toContain(name);
  };

  test("is traced through a restart and in use", async () => {
    startService(machine, service);
    const profile = await traceService(machine, service);
    expect(profile.coverage.lost).toEqual({ checks: 0, stacks: 0, images: 0 });
    assertSuits(needed({ profile }));
  });

  test("works under the drop-in that follows from it", () => {
    dropIn = hardenService(machine, service);
    assertSuits(capabilityNames(boundingMask(dropIn)));
  });

  test("/proc/PID/status of every process shows exactly that set", () => {
    const expected = boundingMask(dropIn);
    const masks = masksOf(machine, unit);
    expect(masks.length).toBeGreaterThan(0);
    for (const { bounding, permitted, effective, inheritable, ambient } of masks) {
      expect(capabilityNames(bounding)).toEqual(capabilityNames(expected));
      for (const set of [permitted, effective, inheritable, ambient]) {
        expect(capabilityNames(set & ~expected)).toEqual([]);
      }
    }
  });

  test("verify agrees, by the profile and by what the unit says", () => {
    const byProfile = verify("--unit", unit, "--profile", profileOf(unit));
    expect(byProfile.report.differences).toEqual([]);
    expect([byProfile.status, byProfile.report.verdict]).toEqual([0, "confined"]);
    const byUnit = verify("--unit", unit);
    expect([byUnit.status, byUnit.report.differences]).toEqual([0, []]);
    const { capabilities } = byUnit.report.expectation;
    expect(capabilities).toEqual(capabilityNames(boundingMask(dropIn)));
  });
}

/** By itself: `harden --apply`. */
function testApply(machine: Machine, { unit, check }: Service, test: Test): void {
  const dropIn = dropInOf(unit);

  test("a check that fails under it takes it back, and all is as before", () => {
    machine.shell(`rm -r ${dropIn.slice(0, dropIn.lastIndexOf("/"))}`);
    machine.shell(`systemctl daemon-reload && systemctl restart ${unit}`);
    const bounding = (): bigint[] => masksOf(machine, unit).map((masks) => masks.bounding);
    const before = bounding();
    const { status, report } = apply(machine, unit, `{ ${check}; } && ! test -e ${dropIn}`);
    const failure = "the check fails with status 1";
    expect([status, report.outcome, report.failure]).toEqual([1, "rolled-back", failure]);
    expect(bounding()).toEqual(before);
    machine.shell(check);
    machine.shell(`test ! -e ${dropIn} && systemctl is-active --quiet ${unit}`);
  });

  test("a check that succeeds leaves it in place", () => {
    const { status, report } = apply(machine, unit, check);
    expect([status, report.outcome, report.failure]).toEqual([0, "applied", null]);
    expect(report.verification?.verdict).toBe("confined");
    const expected = boundingMask(machine.shell(`cat ${dropIn}`));
    for (const { bounding } of masksOf(machine, unit)) expect(bounding).toBe(expected);
  });
}

function apply(
  machine: Machine,
  unit: string,
  check: string,
): { readonly status: number | null; readonly report: ApplyReport } {
  const words = ["systemd", "--profile", profileOf(unit), "--apply", unit, "--check", check];
  const { status, stdout, stderr } = machine.capscope(
    "harden",
    ...words,
    "--settle",
    "1",
    "--json",
  );
  if (stdout === "") throw new Error(`harden --apply: status ${status}: ${stderr}`);
  return { status, report: parseBySchema(stdout, "apply") as ApplyReport };
}
