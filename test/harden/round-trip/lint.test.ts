// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { lint } from "../../../src/lint/lint.ts";
import { SEVERITIES } from "../../../src/lint/model.ts";
import type { HardenTarget } from "../../../src/harden/model.ts";
import type { ManifestKind } from "../../../src/manifest/model.ts";
import { CASES } from "../workloads.ts";
import { written } from "./harness.ts";

/** What the linter reads, and where such a file is. */
const FILES = [
  ["systemd", "systemd", "/etc/systemd/system/web.service.d/50-capabilities.conf"],
  ["quadlet", "quadlet", "/etc/containers/systemd/web.container"],
  ["docker", "shell", "run.sh"],
  ["podman", "shell", "run.sh"],
  ["compose", "compose", "compose.yaml"],
  ["kubernetes", "kubernetes", "pod.yaml"],
  ["kyverno", "kubernetes", "policy.yaml"],
  ["auditd", "auditd", "/etc/audit/rules.d/50-web.rules"],
  ["file", "shell", "setcap.sh"],
] as const satisfies readonly (readonly [HardenTarget, ManifestKind, string])[];

/** Asked for by name: a user gets nothing of what such an engine adds, and the header says so. */
const TOLD: Readonly<Record<string, string[]>> = {
  docker: ["container-add-for-user"],
  compose: ["container-add-for-user"],
  kubernetes: ["container-add-for-user"],
};

describe("the linter finds no mistake in what is written", () => {
  test.each(FILES)("as %s", (target, kind, file) => {
    // A number without a name is what no engine knows: that is told as well.
    for (const name of Object.keys(CASES).filter((each) => each !== "number")) {
      const { findings, coverage } = lint([{ file, kind, text: written(name, target) }], {
        host: { name: "test", kernel: "6.18" },
        time: new Date(0),
        threshold: SEVERITIES.at(-1)!,
        disabled: new Set(),
        gaps: [],
      });
      const rules = [...new Set(findings.map(({ rule }) => rule))];
      expect([name, rules]).toEqual([name, name === "list" ? (TOLD[target] ?? []) : []]);
      expect(coverage.complete).toBe(true);
    }
  });
});
