// SPDX-License-Identifier: Apache-2.0
import type { UnitCredentials } from "../linux/systemd/unit-credentials.ts";
import { VERSION } from "../version.ts";
import { compareHolder, differencesOf, type SeenHolder } from "./compare.ts";
import type { Limits } from "./limits.ts";
import {
  type VerifyGap,
  VERIFY_SCHEMA_VERSION,
  type VerifyReport,
  type VerifyTarget,
  type VerifyVerdict,
} from "./model.ts";
import { notesOn } from "./notes.ts";

/** What was looked at, and what it is compared with. */
export interface Findings {
  readonly time: Date;
  readonly host: VerifyReport["host"];
  readonly target: VerifyTarget;
  readonly limits: Limits;
  readonly unit: UnitCredentials | null;
  readonly seen: readonly SeenHolder[];
  readonly gaps: readonly VerifyGap[];
}

/** Makes the report of what was seen. */
export function reportOf(findings: Findings): VerifyReport {
  const { time, host, target, limits, seen } = findings;
  const holders = seen.map((each) => compareHolder(each, limits));
  const differences = holders.flatMap((holder, index) => differencesOf(holder, index, limits));
  const gaps = [...findings.gaps, ...securebitsGaps(findings)];
  return {
    schemaVersion: VERIFY_SCHEMA_VERSION,
    kind: "verify",
    tool: { name: "capscope", version: VERSION },
    host,
    time: time.toISOString(),
    target,
    expectation: limits.expectation,
    holders,
    differences,
    verdict: verdictOf(differences.length, gaps.length),
    notes: notesOn(holders, limits.expectation, findings.unit),
    coverage: { complete: gaps.length === 0, gaps },
  };
}

function verdictOf(differences: number, gaps: number): VerifyVerdict {
  if (differences > 0) return "differs";
  return gaps > 0 ? "not-established" : "confined";
}

function securebitsGaps({ limits: { expectation }, seen }: Findings): readonly VerifyGap[] {
  if (expectation.securebits === null) return [];
  if (seen.every(({ securebits }) => securebits !== null)) return [];
  const message = "secure bits could not be read: the kernel shows them to BPF alone";
  return [{ kind: "securebits", message }];
}
