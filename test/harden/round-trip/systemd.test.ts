// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseCapabilityNames } from "../../../src/capabilities/parse-names.ts";
import { sandboxFor } from "../../../src/harden/sandbox.ts";
import { NO_FACTS, workloadOf } from "../../../src/harden/workload.ts";
import type { Profile } from "../../../src/trace/model.ts";
import {
  credentials,
  finding,
  image,
  profile,
  run as tracedRun,
} from "../../report/trace/build-profile.ts";
import { testUnless } from "../../skip.ts";
import { CASES, NEVER_ROOT } from "../workloads.ts";
import { intended, missing, NAMED, run, temporaryFolder, written } from "./harness.ts";

const folder = temporaryFolder();
const noAnalyze = missing("systemd-analyze");

/** A unit without settings of its own, with what is written as its drop-in. */
function unitWith(name: string): string {
  const unit = join(folder, `${name}.service`);
  writeFileSync(unit, "[Service]\nExecStart=/bin/true\n");
  mkdirSync(`${unit}.d`, { recursive: true });
  writeFileSync(`${unit}.d/50-capabilities.conf`, written(name, "systemd"));
  return unit;
}

describe("systemd's own parser", () => {
  testUnless(noAnalyze, "has nothing to say about any drop-in", () => {
    for (const name of Object.keys(CASES)) {
      const { code, stdout, stderr } = run([
        "systemd-analyze",
        "verify",
        "--man=no",
        unitWith(name),
      ]);
      expect([name, code, stdout, stderr]).toEqual([name, 0, "", ""]);
    }
  });

  testUnless(noAnalyze, "gets the sets that were meant, and the rest of it", () => {
    for (const name of NAMED) {
      const verify = ["systemd-analyze", "verify", "--man=no", unitWith(name)];
      const { stdout, stderr } = run(verify, { env: { SYSTEMD_LOG_LEVEL: "debug" } });
      const valueOf = (key: string): string =>
        new RegExp(`^\\s*${key}: ?(.*)$`, "m").exec(stdout + stderr)?.[1] ?? "";
      const setOf = (key: string): bigint => parseCapabilityNames(valueOf(key)) ?? 0n;
      expect(setOf("CapabilityBoundingSet"), name).toBe(intended(name));
      const isOfUser = name === "never-root" || name === "list";
      expect(setOf("AmbientCapabilities"), name).toBe(isOfUser ? intended(name) : 0n);
      expect(valueOf("Secure Bits")).toBe(isOfUser ? "noroot noroot-locked" : "");
    }
  });

  testUnless(noAnalyze, "security --offline finds it safer, by what is kept and filtered", () => {
    const security = (unit: string): Map<string, boolean> => {
      const { stdout } = run([
        "systemd-analyze",
        "security",
        "--offline=yes",
        "--json=short",
        unit,
      ]);
      const rows = JSON.parse(stdout) as { readonly name: string; readonly set: boolean }[];
      return new Map(rows.map(({ name, set }) => [name, set]));
    };
    const never = security(unitWith("never-root"));
    const kept = [...never].filter(([name, set]) => name.startsWith("CapabilityBounding") && !set);
    expect(kept.map(([name]) => name)).toEqual([
      "CapabilityBoundingSet=~CAP_NET_(BIND_SERVICE|BROADCAST|RAW)",
    ]);
    for (const name of [
      "SystemCallFilter=~@module",
      "SystemCallFilter=~@reboot",
      "SystemCallFilter=~@swap",
      "SystemCallFilter=~@raw-io",
      "RestrictAddressFamilies=~AF_PACKET",
      "RestrictNamespaces=~user",
      "NoNewPrivileges=",
      "ProtectKernelModules=",
    ]) {
      expect([name, never.get(name)]).toEqual([name, true]);
    }
    // systemd counts them by the capability as well: what is granted is not filtered.
    expect(security(unitWith("list")).get("SystemCallFilter=~@swap")).toBe(false);
  });
});

const settingsOf = (traced: Profile): readonly string[] =>
  sandboxFor(workloadOf(traced, NO_FACTS)).written.map(({ setting }) => setting);

/** `NEVER_ROOT` with another finding besides. */
const withFinding = (...extra: Parameters<typeof finding>): Profile =>
  profile({ runs: NEVER_ROOT.runs, findings: [...NEVER_ROOT.findings, finding(...extra)] });

describe("sandboxing", () => {
  test("is written where all that it forbids takes what is not granted", () => {
    expect(settingsOf(NEVER_ROOT)).toContain("RestrictRealtime=yes");
    expect(settingsOf(NEVER_ROOT)).toContain("SystemCallFilter=~@swap:EPERM");
  });

  test("is written for a granted capability only as far as that was used for other things", () => {
    const mounting = withFinding("sys_admin", "required", [{ syscall: "mount" }]);
    expect(settingsOf(mounting)).toContain("SystemCallFilter=~@swap:EPERM");
    expect(settingsOf(mounting).join()).not.toContain("mount:EPERM");
    const swapping = withFinding("sys_admin", "required", [{ syscall: "swapoff" }]);
    expect(settingsOf(swapping)).not.toContain("SystemCallFilter=~@swap:EPERM");
    expect(settingsOf(swapping).join()).toContain("mount:EPERM");
  });

  test("that takes a capability away is not written where that is granted", () => {
    const loading = withFinding("sys_module", "required", [{ syscall: "finit_module" }]);
    expect(settingsOf(loading)).not.toContain("ProtectKernelModules=yes");
    expect(settingsOf(loading)).not.toContain("SystemCallFilter=~@module:EPERM");
  });

  test("of files is written for what never was root, and cannot open root's files", () => {
    expect(settingsOf(NEVER_ROOT)).toContain("ProtectSystem=full");
    const overriding = withFinding("dac_override", "required", [{ syscall: "openat" }]);
    expect(settingsOf(overriding)).not.toContain("ProtectSystem=full");
    const [first] = NEVER_ROOT.runs;
    const root = credentials({ id: 2, uid: 0, effectiveUid: 0 });
    const once = tracedRun({ ...first!, credentials: [...first!.credentials, root] });
    expect(settingsOf(profile({ ...NEVER_ROOT, runs: [once] }))).not.toContain(
      "ProtectSystem=full",
    );
  });

  test("rests on no trace that lost something, or did not see the start", () => {
    const lost = { complete: false, lost: { checks: 1, stacks: 0, images: 0 }, gaps: [] };
    const lossy = profile({ ...NEVER_ROOT, coverage: lost });
    const late = profile({
      ...NEVER_ROOT,
      runs: [tracedRun({ ...NEVER_ROOT.runs[0]!, images: [image({ attached: true })] })],
    });
    for (const traced of [lossy, late]) {
      const settings = settingsOf(traced);
      expect(settings).toContain("ProtectKernelModules=yes");
      expect(settings).not.toContain("ProtectSystem=full");
      expect(settings).not.toContain("RestrictNamespaces=yes");
    }
  });

  test("of namespaces is not written for what uses a user namespace", () => {
    const [first] = NEVER_ROOT.runs;
    const inside = { ...first!.observations[0]!, userNamespace: "own" as const };
    const traced = { ...NEVER_ROOT, runs: [{ ...first!, observations: [inside] }] };
    expect(settingsOf(traced)).not.toContain("RestrictNamespaces=yes");
    expect(settingsOf(traced).join()).not.toContain("mount:EPERM");
  });

  test("that implies NoNewPrivileges is not written where programs gained privileges", () => {
    const gaining = profile({
      ...NEVER_ROOT,
      runs: [
        tracedRun({
          images: [image(), image({ id: 2 })],
          credentials: [
            credentials(),
            credentials({ id: 2, image: 2, previous: 1, permitted: ["net_raw"] }),
          ],
        }),
      ],
    });
    expect(settingsOf(gaining)).toEqual([]);
    expect(sandboxFor(workloadOf(gaining, NO_FACTS)).obstacle).toContain("NoNewPrivileges=yes");
  });
});
