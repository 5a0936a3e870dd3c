// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import type { FedImage } from "../../src/linux/bpf/observation.ts";
import { createMatcher, type MonitorFilter } from "../../src/trace/monitor/filter.ts";
import { MonitorSession, type SessionOptions } from "../../src/trace/monitor/session.ts";
import { capability, syscall } from "./build-check.ts";
import { change, fedImage, stacks } from "./monitor-change.ts";

function startSession(
  filter: Partial<MonitorFilter> = {},
  options: Partial<SessionOptions> = {},
): MonitorSession {
  const whole: MonitorFilter = {
    pids: [],
    comms: [],
    units: [],
    containers: [],
    capabilities: null,
    deniedOnly: false,
    all: false,
    ...filter,
  };
  return new MonitorSession({
    matcher: createMatcher(whole, []),
    all: whole.all,
    by: "comm",
    context: { sysctls: {}, securityModules: null, lockdown: null },
    ownPid: 1234,
    readPlace: () => ({ unit: "daemon.service", container: null, placedBy: "process" }),
    readCredentials: () => [],
    timeOf: (bootNs) => `t${bootNs}`,
    ...options,
  });
}

const CHOWN = capability("chown");
const SYS_ADMIN = capability("sys_admin");
const CHOWN_STACK = ["cap_capable", "security_capable", "ns_capable", "setattr_prepare"];
const MEMORY_STACK = ["cap_capable", "security_vm_enough_memory_mm", "do_brk_flags"];
const chown = { capability: CHOWN, granted: false, syscall: syscall("fchownat") };

describe("a session", () => {
  test("tells each thing once, whatever credentials it was asked with", () => {
    const session = startSession();
    const facts = { ...chown, stacks: stacks(CHOWN_STACK) };
    const first = session.take({
      changes: [change(1, fedImage(), facts), change(2, fedImage(), { ...facts, credentials: 8 })],
      forgotten: [],
    });
    expect(first).toMatchObject([
      {
        kind: "check",
        comm: "daemon",
        unit: "daemon.service",
        capability: "chown",
        granted: false,
        syscall: "fchownat",
        gate: "setattr_prepare",
        verdict: "denied",
        started: "t900",
      },
    ]);
    const again = { ...change(1, fedImage(), { ...facts, added: 500 }), hasNewStacks: false };
    expect(session.take({ changes: [again], forgotten: [] })).toEqual([]);
    expect(session.counts).toMatchObject({ counted: 502, shown: 502, lines: 1 });
    expect(session.totals?.rows()[0]?.total.denied).toBe(502);
  });

  test("tells a new answer, system call or gate of the same capability", () => {
    const session = startSession();
    const image = fedImage();
    const other = ["cap_capable", "ns_capable", "another_gate"];
    const lines = session.take({
      changes: [
        change(1, image, { ...chown, stacks: stacks(CHOWN_STACK, other) }),
        change(2, image, { ...chown, granted: true, stacks: stacks(CHOWN_STACK) }),
        change(3, image, { ...chown, syscall: syscall("fchown"), stacks: stacks(CHOWN_STACK) }),
      ],
      forgotten: [],
    });
    expect(lines.map((line) => [line.syscall, line.granted, line.gate])).toEqual([
      ["fchownat", false, "setattr_prepare"],
      ["fchownat", false, "another_gate"],
      ["fchownat", true, "setattr_prepare"],
      ["fchown", false, "setattr_prepare"],
    ]);
  });

  test("hides what decides nothing and says how much that was, unless all is asked for", () => {
    const facts = {
      capability: SYS_ADMIN,
      syscall: syscall("mmap"),
      stacks: stacks(MEMORY_STACK),
      added: 7,
    };
    const reading = { changes: [change(1, fedImage(), facts)], forgotten: [] };
    const session = startSession();
    expect(session.take(reading)).toEqual([]);
    expect(session.counts).toMatchObject({ counted: 7, shown: 0, hidden: { opportunistic: 7 } });
    expect(session.totals?.rows()).toEqual([]);
    expect(startSession({ all: true }).take(reading)[0]?.verdict).toBe("opportunistic");
  });

  test("leaves out the monitor and its children, and counts nothing of them", () => {
    const session = startSession({ all: true });
    const changes = [
      change(1, fedImage({ pid: 1234 }), chown),
      change(2, fedImage({ id: 2, pid: 5, parentPid: 1234 }), chown),
    ];
    expect(session.take({ changes, forgotten: [] })).toEqual([]);
    expect(session.counts.counted).toBe(0);
  });

  test("counts what could not be placed when a unit is asked for", () => {
    const unplaced = { unit: null, container: null, placedBy: null };
    const session = startSession({ units: ["x"] }, { readPlace: () => unplaced });
    session.take({ changes: [change(1, fedImage(), { ...chown, added: 3 })], forgotten: [] });
    expect(session.counts).toMatchObject({ counted: 3, filtered: 3, unplaced: 3, shown: 0 });
  });

  test("knows a parent that ended not long ago, until it is forgotten", () => {
    const asked: (FedImage | undefined)[] = [];
    const session = startSession(
      {},
      {
        readPlace: (_image, imageOf) => {
          asked.push(imageOf(50));
          return { unit: null, container: null, placedBy: null };
        },
      },
    );
    const parent = fedImage({ id: 7, pid: 50, comm: "parent" });
    const memory = { capability: SYS_ADMIN, stacks: stacks(MEMORY_STACK) };
    const child = fedImage({ id: 8, parentPid: 50 });
    const changes = [
      change(1, parent, memory),
      change(2, child, { ...chown, stacks: stacks(CHOWN_STACK) }),
    ];
    session.take({ changes, forgotten: [7] });
    const late = fedImage({ id: 9, parentPid: 50 });
    session.take({
      changes: [change(3, late, { ...chown, stacks: stacks(CHOWN_STACK) })],
      forgotten: [],
    });
    expect(asked.map((image) => image?.comm)).toEqual(["parent", undefined]);
  });

  test("shows the checks of a program that was lost, without a name", () => {
    const [line] = startSession().take({ changes: [change(1, null, chown)], forgotten: [] });
    expect(line).toMatchObject({ pid: null, comm: null, exe: null, capability: "chown" });
  });
});
