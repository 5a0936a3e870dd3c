// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { configureProfile } from "../../src/harden/configure.ts";
import type { Configuration } from "../../src/harden/model.ts";
import { NO_FACTS } from "../../src/harden/workload.ts";
import { renderConfigurationText } from "../../src/report/configuration-text.ts";
import type { Profile } from "../../src/trace/model.ts";
import { PROVEN, UNPROVEN } from "../report/proven-scenario.ts";
import { credentials, finding, image, profile, run } from "../report/trace/build-profile.ts";
import { DROPPING_DAEMON } from "../report/trace/daemon-scenario.ts";

function configurationOf(traced: Profile): Configuration {
  const configured = configureProfile("docker", traced, NO_FACTS);
  if (configured.kind === "refused") throw new Error(configured.reason);
  return configured.configuration;
}

const basesOf = (traced: Profile): Record<string, string> =>
  Object.fromEntries(
    configurationOf(traced).capabilities.map(({ capability, basis }) => [capability, basis]),
  );

describe("each capability is marked", () => {
  test("proven where re-runs do not work without it", () => {
    expect(basesOf(PROVEN)).toEqual({ dac_read_search: "proven", fsetid: "proven" });
    expect(configurationOf(PROVEN).notes.join()).toContain(
      "Untested, and not granted: CAP_SYS_RESOURCE.",
    );
  });

  test("untested where re-runs did not settle it, and evidence where there were none", () => {
    expect(basesOf(UNPROVEN)).toEqual({
      chown: "evidence",
      dac_read_search: "evidence",
      fsetid: "untested",
    });
    expect(renderConfigurationText(configurationOf(UNPROVEN))).toContain(
      "CAP_FSETID: re-runs did not settle it: it worked 1 of 4 times without it",
    );
  });

  test("untested where a program only put it into a set", () => {
    expect(basesOf(DROPPING_DAEMON)["chown"]).toBe("untested");
    expect(basesOf(DROPPING_DAEMON)["setuid"]).toBe("evidence");
  });
});

describe("the first lines", () => {
  const needy = { findings: [finding("net_raw", "required", [{}])] };
  const headOf = (traced: Profile): string =>
    renderConfigurationText(configurationOf(traced)).split("\n#\n")[0]!;

  test("say what was lost", () => {
    const coverage = {
      complete: false,
      lost: { checks: 3, stacks: 0, images: 0 },
      gaps: ["the map was full"],
    };
    const head = headOf(profile({ ...needy, coverage }));
    expect(head).toContain("# INCOMPLETE: something was lost");
    expect(head).toContain("# Attention: Checks or programs were lost");
    expect(head).toContain("# Attention: the map was full");
  });

  test("say that a start was not seen, and that the time was short", () => {
    const attached = [image({ attached: true, endNs: null })];
    const head = headOf(profile({ ...needy, runs: [run({ images: attached })] }));
    expect(head).toContain("All programs ran before the trace began");
    expect(head).toContain("Attention: Seen for 2 s in all, and it ran on");
  });

  test("say nothing of the kind of a command that ended", () => {
    expect(headOf(profile(needy))).not.toMatch(/Attention|INCOMPLETE/);
  });
});

describe("a gain of privilege when the first program was executed", () => {
  const first = (facts: Parameters<typeof credentials>[0], files: readonly string[]): string => {
    const images = [image({ fileCapabilities: files })];
    const traced = profile({
      runs: [run({ images, credentials: [credentials({ id: 2, previous: 1, ...facts })] })],
      findings: [finding("net_raw", "required", [{}])],
    });
    return configurationOf(traced).lines.join("\n");
  };

  test.each([
    ["is seen by the capabilities of its file", { permitted: ["net_raw"] }, ["net_raw"], false],
    ["is seen by its setuid bit", { effectiveUid: 0 }, [], false],
    [
      "is none for root, whose capabilities come otherwise",
      { uid: 0, effectiveUid: 0 },
      ["net_raw"],
      true,
    ],
    ["is none without either", { ambient: ["net_raw"] }, [], true],
  ] as const)("%s", (_title, facts, files, forbids) => {
    expect(first(facts, files).includes("no-new-privileges")).toBe(forbids);
  });
});
