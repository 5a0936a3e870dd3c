// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { setOf } from "../../../src/capabilities/set.ts";
import type { TrialEnd } from "../../../src/trace/minimize/attend.ts";
import { failureOf, outcomeOf, refusedSet } from "../../../src/trace/minimize/outcome.ts";
import type { ProofCriterion } from "../../../src/trace/model.ts";
import { finding, image, profile, use } from "../../report/trace/build-profile.ts";
import { ENDS_WELL, outcome, refusal } from "./build-outcome.ts";

const SERVES: ProofCriterion = { status: null, ready: "port:80", check: "true", strict: false };

const CASES: readonly (readonly [Partial<TrialEnd>, ProofCriterion, string | null])[] = [
  [{ kind: "ended", status: 0 }, ENDS_WELL, null],
  [{ kind: "ended", status: 7 }, { ...ENDS_WELL, status: 7 }, null],
  [{ kind: "ended", status: 0 }, { ...ENDS_WELL, status: 7 }, "ended with status 0, not 7"],
  [{ kind: "ended", status: 139 }, ENDS_WELL, "ended with status 139, not 0"],
  [{ kind: "ended", status: 0, check: 0 }, ENDS_WELL, null],
  [{ kind: "ended", status: 0, check: 3 }, ENDS_WELL, "the check ended with status 3"],
  [{ kind: "ended", status: 0, check: 124 }, ENDS_WELL, "the check did not end in time"],
  [{ kind: "timed-out", status: null }, ENDS_WELL, "did not end in time"],
  [{ kind: "not-executed", status: 126 }, ENDS_WELL, "could not be executed"],
  [{ kind: "served", status: null, check: 0 }, SERVES, null],
  [{ kind: "served", status: 0, check: 1 }, SERVES, "the check ended with status 1"],
  [{ kind: "ended-early", status: 1 }, SERVES, "ended with status 1 before it was ready"],
  [{ kind: "ended-early", status: 0 }, SERVES, "ended before it was ready"],
  [
    { kind: "ended-early", status: 1, check: 0 },
    SERVES,
    "ended with status 1 while it was checked",
  ],
  [{ kind: "not-ready", status: null }, SERVES, "was not ready in time"],
];

describe("whether the command worked", () => {
  test.each(CASES)("%j by %j: %p", (facts, criterion, failure) => {
    const end: TrialEnd = { kind: "ended", status: null, check: null, ...facts };
    expect(failureOf(outcome({ end }), criterion, null)).toBe(failure);
  });

  test("is up to each refused call that is new, where it is strict", () => {
    const strict = { ...ENDS_WELL, strict: true };
    const reference = outcome({ refused: [refusal("kill")] });
    const judge = (...names: readonly string[]): string | null =>
      failureOf(outcome({ refused: names.map((name) => refusal(name)) }), strict, reference);
    expect(judge("kill")).toBeNull();
    expect(judge("kill", "chown")).toBe("bind was refused chown");
    const harmless = outcome({ refused: [refusal("chown", { end: "succeeded", errno: null })] });
    expect(failureOf(harmless, strict, reference)).toBeNull();
    expect(failureOf(outcome({ refused: [refusal("chown")] }), ENDS_WELL, reference)).toBeNull();
  });
});

describe("what is kept of a run", () => {
  const outcomes = [
    { syscall: "bind", errno: "EACCES", count: 2 },
    { syscall: "bind", errno: null, count: 1 },
  ];
  const { runs } = profile({
    findings: [
      finding("net_bind_service", "denied", [use({ granted: 0, denied: 3, outcomes })]),
      finding("kill", "denied", [{ granted: 0, denied: 1, syscall: "kill", outcomes: [] }]),
      finding("sys_admin", "opportunistic", [{ granted: 0, denied: 9 }]),
      finding("chown", "required", [{}]),
      finding("setpcap", "self-confinement", [{}]),
      finding("net_raw", "namespaced", [{}]),
    ].map((each) => ({
      ...each,
      uses: each.uses.map((one) => ({ ...one, verdict: each.verdict })),
    })),
  });
  const kept = outcomeOf({ end: outcome().end, run: { ...runs[0]!, images: [image()] } });

  test("is what it used, and each call that was refused something, with its end", () => {
    expect(kept.used).toEqual(["chown", "setpcap"]);
    const calls = kept.refused.map(({ capability, end, errno }) => [capability, end, errno]);
    expect(calls).toEqual([
      ["net_bind_service", "failed", "EACCES"],
      ["net_bind_service", "succeeded", null],
      ["kill", "not-seen", null],
    ]);
  });

  test("lets what succeeded all the same not count for what is missing", () => {
    expect(refusedSet(kept)).toBe(setOf("net_bind_service", "kill"));
    const harmless = outcome({ refused: [refusal("chown", { end: "succeeded", errno: null })] });
    expect(refusedSet(harmless)).toBe(0n);
  });
});
