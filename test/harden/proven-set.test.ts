// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { adviseOn } from "../../src/harden/advise.ts";
import type { Profile } from "../../src/trace/model.ts";
import { profile, run } from "../report/trace/build-profile.ts";
import { PROVEN, UNPROVEN } from "../report/proven-scenario.ts";

const textsOf = (traced: Profile): Readonly<Record<string, string>> =>
  Object.fromEntries(adviseOn(traced).recommendations.map(({ target, text }) => [target, text]));

describe("a proven set", () => {
  test("is what is granted, whatever the evidence says besides", () => {
    const texts = textsOf(PROVEN);
    expect(texts["systemd"]).toContain("CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_FSETID\n");
    expect(texts["file"]).toContain("setcap 'cap_dac_read_search,cap_fsetid+ep' /usr/sbin/daemon");
    for (const [target, text] of Object.entries(texts)) {
      // The library function of that name takes no capability.
      expect(text, target).not.toMatch(/\bcap_chown\b|"CHOWN"|=CHOWN\b/i);
      expect(text, target).toContain("Proven by re-runs without the others");
      expect(text, target).not.toContain("not proven");
    }
  });

  test("comes with what it leaves out, and with other sets that do", () => {
    const notes = adviseOn(PROVEN).notes.join("\n");
    expect(notes).toContain("not granted because it works without: CAP_CHOWN.");
    expect(notes).toContain("Proven as root, by the bounding set: another user may need others");
    expect(notes).toContain("Proven to work as well: CAP_DAC_OVERRIDE and CAP_FSETID alone.");
  });

  test("may be empty", () => {
    const [first] = PROVEN.runs;
    const proof = { ...first!.proof!, minimalSets: [[]], workingSet: [] };
    const empty = profile({ runs: [run({ ...first!, proof })], findings: PROVEN.findings });
    expect(textsOf(empty)["docker"]).toContain("--cap-drop=ALL");
    expect(textsOf(empty)["docker"]).not.toContain("--cap-add");
    expect(adviseOn(empty).notes.join("\n")).toContain("give it no capability");
  });

  test("that was not proven leaves the evidence to speak", () => {
    const texts = textsOf(UNPROVEN);
    expect(texts["systemd"]).toContain(
      "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_READ_SEARCH CAP_FSETID\n",
    );
    expect(texts["systemd"]).toContain("not proven");
  });

  test("of one run does not speak for another without a proof", () => {
    const both = profile({
      ...PROVEN,
      runs: [...PROVEN.runs, run({ id: "run-2" })],
      proven: null,
    });
    expect(textsOf(both)["systemd"]).toContain("not proven");
  });
});
