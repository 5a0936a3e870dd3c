// SPDX-License-Identifier: Apache-2.0
import { setOf } from "../../src/capabilities/set.ts";
import type { SeenHolder } from "../../src/verify/compare.ts";
import type { GivenSet } from "../../src/verify/expectation.ts";
import { limitsFor } from "../../src/verify/expectation.ts";
import type { VerifyGap, SetName, VerifyReport, VerifyTarget } from "../../src/verify/model.ts";
import { reportOf } from "../../src/verify/report-of.ts";
import type { UnitCredentials } from "../../src/linux/systemd/unit-credentials.ts";

export const ALL = (1n << 41n) - 1n;

/** A process; sets that are not given are empty. */
export function holder(
  sets: Partial<Record<SetName, bigint>>,
  others: Partial<SeenHolder> = {},
): SeenHolder {
  return {
    name: "nginx",
    pid: 220,
    tids: [],
    main: true,
    uid: 0,
    compared: true,
    line: null,
    sets: { inheritable: 0n, permitted: 0n, effective: 0n, bounding: 0n, ambient: 0n, ...sets },
    securebits: [],
    noNewPrivileges: false,
    ...others,
  };
}

/** A process of root with one set as permitted, effective and bounding. */
export function rootWith(set: bigint, others: Partial<SeenHolder> = {}): SeenHolder {
  return holder({ permitted: set, effective: set, bounding: set }, others);
}

export function given(...names: readonly string[]): GivenSet {
  return {
    source: "list",
    file: null,
    proven: null,
    set: setOf(...names),
    complete: true,
    before: null,
  };
}

export function unit(others: Partial<UnitCredentials> = {}): UnitCredentials {
  return {
    bounding: ALL,
    ambient: 0n,
    noNewPrivileges: false,
    securebits: [],
    uid: null,
    prefix: "none",
    needsReload: false,
    ...others,
  };
}

export interface Verified {
  readonly seen: readonly SeenHolder[];
  readonly given?: GivenSet | null;
  readonly unit?: UnitCredentials | null;
  readonly exact?: boolean;
  readonly gaps?: readonly VerifyGap[];
  readonly target?: VerifyTarget;
}

export function verified(of: Verified): VerifyReport {
  const limits = limitsFor(of.given ?? null, of.unit ?? null, of.exact ?? false, ALL);
  return reportOf({
    time: new Date("2026-06-09T12:00:00Z"),
    host: { name: "host.example", kernel: "6.18.0" },
    target: of.target ?? { kind: "unit", unit: "nginx.service" },
    limits,
    unit: of.unit ?? null,
    seen: of.seen,
    gaps: of.gaps ?? [],
  });
}
