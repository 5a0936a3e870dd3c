// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { setOf } from "../../src/capabilities/set.ts";
import type { VerifyReport } from "../../src/verify/model.ts";
import { ALL, given, holder, rootWith, unit, verified } from "./build-holder.ts";

const WEB = ["setgid", "setuid", "net_bind_service"] as const;
const web = setOf(...WEB);

const messages = ({ differences }: VerifyReport): string[] =>
  differences.map(({ message }) => message);

describe("a set that was given", () => {
  test("is met exactly by a root process that a bounding set limits", () => {
    const report = verified({ seen: [rootWith(web)], given: given(...WEB) });
    expect(report.verdict).toBe("confined");
    const verdicts = report.holders[0]!.sets.map(({ set, verdict }) => [set, verdict]);
    expect(Object.fromEntries(verdicts)).toEqual({
      inheritable: "narrower",
      permitted: "same",
      effective: "same",
      bounding: "same",
      ambient: "narrower",
    });
  });

  test("is not exceeded by a worker that gave everything up", () => {
    const worker = holder({ bounding: web }, { pid: 221, uid: 33, main: false });
    expect(verified({ seen: [rootWith(web), worker], given: given(...WEB) }).verdict).toBe(
      "confined",
    );
  });

  test("is exceeded by a bounding set alone: a setuid program could use it", () => {
    const worker = holder({ bounding: web | setOf("sys_admin") }, { pid: 221, uid: 33 });
    const report = verified({ seen: [worker], given: given(...WEB) });
    expect(report.verdict).toBe("differs");
    expect(messages(report)).toEqual([
      "pid 221 (nginx): bounding set: more than expected: sys_admin",
    ]);
  });

  test("is exceeded once for sets that hold the same besides", () => {
    const report = verified({ seen: [rootWith(web | setOf("net_raw"))], given: given(...WEB) });
    expect(messages(report)).toEqual([
      "pid 220 (nginx): permitted, effective and bounding set: more than expected: net_raw",
    ]);
    expect(report.differences[0]).toMatchObject({
      kind: "wider-set",
      sets: ["permitted", "effective", "bounding"],
      capabilities: ["net_raw"],
    });
  });

  test("names the weightiest of many", () => {
    const report = verified({ seen: [holder({ bounding: ALL })], given: given() });
    expect(messages(report)).toEqual([
      "pid 220 (nginx): bounding set: more than expected: 41 capabilities, sys_admin among them",
    ]);
  });

  test("also holds for what this program has no name for", () => {
    const report = verified({ seen: [holder({ ambient: 1n << 62n })], given: given(...WEB) });
    expect(messages(report)).toEqual(["pid 220 (nginx): ambient set: more than expected: cap_62"]);
  });

  test("names the threads that exceed it", () => {
    const threads = rootWith(ALL, { tids: [231, 232], main: false });
    expect(messages(verified({ seen: [rootWith(web), threads], given: given(...WEB) }))).toEqual([
      "threads 231, 232 of pid 220 (nginx): permitted, effective and bounding set: " +
        "more than expected: 38 capabilities, sys_admin among them",
    ]);
  });

  test("does not hold for another user namespace, which is told", () => {
    const sandboxed = rootWith(ALL, { pid: 300, name: "bwrap", main: false, compared: false });
    const report = verified({ seen: [rootWith(web), sandboxed], given: given(...WEB) });
    expect(report.verdict).toBe("confined");
    expect(report.notes).toEqual([
      "pid 300 (bwrap) is in a user namespace of its own: its capabilities hold there alone, " +
        "and were not compared.",
    ]);
  });

  test("that is out of everybody's reach is noted: it may not start again", () => {
    const report = verified({ seen: [rootWith(setOf("setuid"))], given: given(...WEB) });
    expect(report.verdict).toBe("confined");
    expect(report.notes[0]).toStartWith("In nobody's bounding set: setgid, net_bind_service. ");
  });

  test("in the bounding set of another user grants nothing, which is noted", () => {
    const report = verified({
      seen: [holder({ bounding: web }, { uid: 33 })],
      given: given(...WEB),
    });
    expect(report.notes).toEqual([
      "pid 220 (nginx) runs with uid 33 and holds nothing: a bounding set grants nothing by " +
        "itself. What it needs after its start, ambient capabilities or those of its file give.",
    ]);
  });
});

test("a profile that lost checks says so beside what is too much", () => {
  const report = verified({ seen: [rootWith(web)], given: { ...given(), complete: false } });
  expect(report.notes[0]).toStartWith("Checks or programs were lost when the profile was traced");
});

describe("exactness", () => {
  test("counts what is missing in the bounding set of all and in what the main process holds", () => {
    const worker = holder({ bounding: setOf("setuid") }, { pid: 221, uid: 33, main: false });
    const seen = [rootWith(setOf("setgid", "setuid")), worker];
    const report = verified({ seen, given: given(...WEB), exact: true });
    expect(messages(report)).toEqual([
      "pid 220 (nginx): permitted and bounding set: lacking net_bind_service",
      "pid 221 (nginx): bounding set: lacking setgid, net_bind_service",
    ]);
    expect(report.differences.map(({ kind }) => kind)).toEqual(["narrower-set", "narrower-set"]);
  });
});

describe("what a unit declares", () => {
  test("lets root have its bounding set", () => {
    expect(verified({ seen: [rootWith(web)], unit: unit({ bounding: web }) }).verdict).toBe(
      "confined",
    );
  });

  test("is exceeded by a process that was started before the unit was changed", () => {
    const report = verified({ seen: [rootWith(ALL)], unit: unit({ bounding: web }) });
    expect(report.verdict).toBe("differs");
  });

  test("lets another user have what is ambient, when no exec can give it more", () => {
    const ambient = setOf("net_bind_service");
    const limited = unit({ bounding: web, ambient, uid: 33, noNewPrivileges: true });
    const has = (permitted: bigint): VerifyReport =>
      verified({
        seen: [holder({ permitted, bounding: web }, { uid: 33, noNewPrivileges: true })],
        unit: limited,
      });
    expect(has(ambient).verdict).toBe("confined");
    expect(messages(has(web))).toEqual([
      "pid 220 (nginx): permitted set: more than expected: setgid, setuid",
    ]);
  });

  test("lets what began as root keep what it has as another user", () => {
    const seen = [holder({ permitted: web, bounding: web }, { uid: 33, noNewPrivileges: true })];
    const declared = { bounding: web, noNewPrivileges: true };
    expect(verified({ seen, unit: unit(declared) }).verdict).toBe("confined");
    const keeping = unit({ ...declared, uid: 33, prefix: "keeps-ids" });
    expect(verified({ seen, unit: keeping }).verdict).toBe("confined");
    expect(verified({ seen, unit: unit({ ...declared, uid: 33 }) }).verdict).toBe("differs");
  });

  test("lets another user gain up to the bounding set when an exec may give it more", () => {
    const seen = [holder({ permitted: web, bounding: web }, { uid: 33 })];
    expect(verified({ seen, unit: unit({ bounding: web, uid: 33 }) }).verdict).toBe("confined");
  });

  test("gives root nothing but what is ambient with noroot", () => {
    const ambient = setOf("net_bind_service");
    const options = { bounding: web, ambient, securebits: ["noroot"], noNewPrivileges: true };
    const report = verified({
      seen: [rootWith(web, { securebits: ["noroot"], noNewPrivileges: true })],
      unit: unit(options),
    });
    expect(messages(report)).toEqual([
      "pid 220 (nginx): permitted and effective set: more than expected: setgid, setuid",
    ]);
  });

  test("is missed without no_new_privs, secure bits and the user", () => {
    const declared = unit({ noNewPrivileges: true, securebits: ["noroot"], uid: 33 });
    expect(messages(verified({ seen: [holder({})], unit: declared }))).toEqual([
      "pid 220 (nginx): no_new_privs is not set: an exec can give it more",
      "pid 220 (nginx): secure bits that are not set: noroot",
      "pid 220 (nginx): runs with uid 0, not 33",
    ]);
  });

  test("with secure bits that cannot be seen is not established", () => {
    const report = verified({
      seen: [holder({}, { securebits: null })],
      unit: unit({ securebits: ["noroot"] }),
    });
    expect([report.verdict, report.coverage.complete]).toEqual(["not-established", false]);
  });

  test('does not hold for a command with "+" before it, nor its user for one with "!"', () => {
    const declared = { bounding: web, noNewPrivileges: true, uid: 33 };
    const full = verified({ seen: [rootWith(ALL)], unit: unit({ ...declared, prefix: "full" }) });
    expect([full.verdict, full.notes.length]).toEqual(["confined", 1]);
    const seen = [rootWith(web, { noNewPrivileges: true })];
    const keeping = verified({ seen, unit: unit({ ...declared, prefix: "keeps-ids" }) });
    expect(keeping.verdict).toBe("confined");
  });

  test("may be newer on disk, which is noted", () => {
    const report = verified({ seen: [holder({})], unit: unit({ needsReload: true }) });
    expect(report.notes).toEqual([
      "Files of the unit changed since the manager read them: systemctl daemon-reload.",
    ]);
  });
});

test("a process that could not be read leaves the answer open, unless another one differs", () => {
  const gaps = [{ kind: "process", message: "pid 7: /proc/7/status could not be read" }] as const;
  const open = verified({ seen: [rootWith(web)], given: given(...WEB), gaps });
  expect(open.verdict).toBe("not-established");
  expect(verified({ seen: [rootWith(ALL)], given: given(...WEB), gaps }).verdict).toBe("differs");
});
