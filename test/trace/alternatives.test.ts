// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import type { CheckRecord } from "../../src/linux/bpf/observation.ts";
import type { CapabilityFinding } from "../../src/trace/model.ts";
import { checkAt, credentials, finding, only, outcome, profile, syscall } from "./build-check.ts";

const refused = (
  name: string,
  frames: readonly string[],
  facts: Partial<CheckRecord> = {},
): CheckRecord => checkAt(name, frames, { granted: false, ...facts });

const verdictsOf = (checks: readonly CheckRecord[]): readonly string[] =>
  profile({ checks }).findings.map(({ capability, verdict }) => `${capability} ${verdict}`);

describe("a refusal that the kernel made up for", () => {
  test.each([
    ["bpf", "sys_admin", ["bpf_token_capable", "map_create"]],
    ["perfmon", "sys_admin", ["perf_allow_kernel"]],
    ["syslog", "sys_admin", ["capable", "check_syslog_permissions"]],
    ["checkpoint_restore", "sys_admin", ["ns_capable", "set_tid_allowed"]],
    ["dac_read_search", "dac_override", ["capable_wrt_inode_uidgid", "generic_permission"]],
  ])("is none, and %s would do in place of %s", (narrower, broader, frames) => {
    const checks = [
      refused(narrower, frames, { count: 3 }),
      checkAt(broader, frames, { count: 3 }),
    ];
    expect(verdictsOf(checks)).toEqual([`${broader} required`, `${narrower} opportunistic`]);
    expect(finding(broader, { checks })?.alternatives).toEqual([narrower]);
    const [use] = finding(narrower, { checks })?.uses ?? [];
    expect(use?.reason).toBe(`the kernel then took ${broader} in its place`);
    expect(finding(narrower, { checks })?.denial).toBeNull();
  });

  test("stays a refusal when the broader one was granted less often", () => {
    const place = ["generic_permission"];
    const checks = [
      refused("dac_read_search", place, { count: 4 }),
      checkAt("dac_override", place, { count: 3 }),
    ];
    expect(verdictsOf(checks)).toEqual(["dac_override required", "dac_read_search denied"]);
  });

  test("leaves the broader one without an alternative when it was asked for alone as well", () => {
    const place = ["generic_permission"];
    const checks = [
      refused("dac_read_search", place),
      checkAt("dac_override", place, { count: 2 }),
    ];
    expect(finding("dac_override", { checks })?.alternatives).toEqual([]);
    expect(finding("dac_read_search", { checks })?.verdict).toBe("opportunistic");
  });

  test("leaves it without one when it was needed in another place too", () => {
    const checks = [
      refused("syslog", ["check_syslog_permissions"]),
      checkAt("sys_admin", ["check_syslog_permissions"]),
      checkAt("sys_admin", ["capable", "path_mount"], { firstNs: 300 }),
    ];
    expect(finding("sys_admin", { checks })?.alternatives).toEqual([]);
  });

  test("takes several narrower ones when several were refused in one place", () => {
    const call = { syscall: syscall("bpf") };
    const place = ["bpf_token_capable", "bpf_prog_load"];
    const checks = [
      refused("bpf", place, call),
      refused("net_admin", place, call),
      checkAt("sys_admin", place, { ...call, count: 2 }),
    ];
    expect(finding("sys_admin", { checks })?.alternatives).toEqual(["bpf", "net_admin"]);
    expect(verdictsOf(checks)[0]).toBe("sys_admin required");
  });
});

describe("a refusal is not made up for", () => {
  const answered = (checks: readonly CheckRecord[]): CapabilityFinding | undefined =>
    finding("dac_read_search", { checks });
  const denied = refused("dac_read_search", ["generic_permission"], { syscall: syscall("openat") });
  const granted = checkAt("dac_override", ["generic_permission"], { syscall: syscall("openat") });

  test("by a grant in another system call, to another program, or in another place", () => {
    for (const other of [{ syscall: syscall("unlinkat") }, { image: 2 }, { credentials: 7 }]) {
      expect(answered([denied, { ...granted, ...other }])?.verdict).toBe("denied");
    }
    const place = checkAt("dac_override", ["may_delete"], { syscall: syscall("openat") });
    expect(answered([denied, place])?.verdict).toBe("denied");
  });

  test("where the kernel hides its symbols", () => {
    expect(answered([denied, granted].map((each) => ({ ...each, stacks: [] })))?.verdict).toBe(
      "denied",
    );
  });

  test("by a refusal of the broader one", () => {
    const outcomes = [outcome("openat", 13, ["dac_read_search", "dac_override"])];
    const checks = [denied, { ...granted, granted: false }];
    expect(finding("dac_read_search", { checks, outcomes })).toMatchObject({
      verdict: "denied",
      denial: "failing",
    });
  });
});

describe("a grant that a broader capability makes up for", () => {
  const read = checkAt("dac_read_search", ["generic_permission"], { credentials: 1 });
  const write = checkAt("dac_override", ["generic_permission"], { credentials: 1, firstNs: 200 });
  const judge = (checks: readonly CheckRecord[], row = credentials()): CapabilityFinding =>
    finding("dac_read_search", { checks, credentials: [row] })!;

  test("is no need when the broader one was there, and is needed anyway", () => {
    expect(judge([read, write])).toMatchObject({
      verdict: "opportunistic",
      uses: [{ reason: "dac_override, which it needs anyway, allows the same" }],
    });
  });

  test("stays one when the broader one is not needed elsewhere", () => {
    expect(judge([read]).verdict).toBe("required");
  });

  test("stays one when the broader one was not there", () => {
    const row = credentials({ effective: only("dac_read_search") });
    expect(judge([read, write], row).verdict).toBe("required");
    expect(judge([{ ...read, credentials: null }, write]).verdict).toBe("required");
  });

  test("stays one at a place that asks for the narrower one alone", () => {
    const open = checkAt("dac_read_search", ["do_handle_open"], { credentials: 1 });
    expect(judge([open, write]).verdict).toBe("required");
  });
});
