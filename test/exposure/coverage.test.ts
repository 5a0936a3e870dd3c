// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { assessCoverage, type CoverageFacts } from "../../src/exposure/coverage.ts";
import type { Endpoint, Unowned } from "../../src/exposure/model.ts";
import { buildEndpoint } from "../fixtures/reports/build.ts";

const NOTHING: CoverageFacts = {
  netlinkFailure: null,
  foreignFunctionsFailure: null,
  sources: { tcp: "sock_diag", vsock: "absent" },
  interrupted: [],
  interfacesComplete: true,
  processesSeen: 12,
  unreadableCount: 0,
  candidates: [],
  hidden: null,
  mayTrace: true,
  closedMeanwhile: 0,
  socketsWithoutBindDetails: 0,
  unknownFamilies: [],
  otherNetworkNamespaces: 0,
  socketUnitFailures: [],
  unprobedEndpoints: 0,
};
const HIDDEN = { reason: "hidepid", remedy: "run as root" };
const INIT = { pid: 1, comm: "init" };

function unowned(reason: Unowned["reason"]): Endpoint {
  const why = { reason, detail: "", candidates: [] };
  return buildEndpoint("tcp", 80, 1, [], { unowned: why });
}

test("nothing that was missed is complete coverage", () => {
  expect(assessCoverage(NOTHING, [])).toEqual({
    complete: true,
    processesSeen: 12,
    processesUnreadable: 0,
    endpointsWithoutOwner: 0,
    sources: NOTHING.sources,
    gaps: [],
  });
});

describe("one gap", () => {
  type Row = readonly [string, Partial<CoverageFacts>, number, boolean, readonly string[]];
  const gaps: readonly Row[] = [
    ["foreign-functions-unavailable", { foreignFunctionsFailure: "noexec" }, 1, true, ["noexec"]],
    ["netlink-unavailable", { netlinkFailure: "EPERM" }, 1, true, ["EPERM"]],
    ["interfaces-incomplete", { interfacesComplete: false }, 1, true, []],
    ["table-changing", { interrupted: ["tcp"] }, 1, true, ["tcp"]],
    [
      "protocols-unavailable",
      { sources: { tcp: "sock_diag", sctp: "unavailable", dccp: "unavailable" } },
      2,
      true,
      ["sctp", "dccp"],
    ],
    [
      "descriptors-unreadable",
      { unreadableCount: 1, candidates: [INIT] },
      1,
      false,
      ["init", "pid 1"],
    ],
    ["descriptors-unreadable", { unreadableCount: 9 }, 9, false, ["9 processes"]],
    ["processes-hidden", { hidden: HIDDEN }, 1, false, ["hidepid"]],
    ["reuseport-unknown", { unprobedEndpoints: 3 }, 3, false, ["3"]],
    ["bound-device-unknown", { socketsWithoutBindDetails: 5 }, 5, false, ["5"]],
    ["closed-meanwhile", { closedMeanwhile: 2 }, 2, false, ["2"]],
    ["families-not-listed", { unknownFamilies: ["SMC", "RDS"] }, 2, false, ["SMC", "RDS"]],
    ["other-network-namespaces", { otherNetworkNamespaces: 4 }, 4, false, ["4"]],
    ["socket-units-unknown", { socketUnitFailures: ["no bus"] }, 1, false, ["no bus"]],
  ];
  test.each(gaps)("is %s", (code, facts, count, incomplete, words) => {
    const coverage = assessCoverage({ ...NOTHING, ...facts }, []);
    expect(coverage.gaps).toMatchObject([{ code, count, incomplete }]);
    expect(coverage.complete).toBe(!incomplete);
    for (const word of words) expect(coverage.gaps[0]?.message).toContain(word);
  });
});

describe("gaps", () => {
  const codes = (facts: Partial<CoverageFacts>, endpoints: readonly Endpoint[] = []): unknown =>
    assessCoverage({ ...NOTHING, ...facts }, endpoints).gaps.map(({ code }) => code);

  test("name only the first reason why there is no netlink", () => {
    const facts = {
      foreignFunctionsFailure: "noexec",
      netlinkFailure: "none",
      interfacesComplete: false,
    };
    expect(codes(facts)).toEqual(["foreign-functions-unavailable"]);
  });

  test("name each table that changed and each manager that did not answer", () => {
    const facts = { interrupted: ["tcp", "udp"], socketUnitFailures: ["a", "b"] };
    expect(codes(facts)).toEqual([
      "table-changing",
      "table-changing",
      "socket-units-unknown",
      "socket-units-unknown",
    ]);
  });

  test("are none for sockets found by descriptors when every process was read", () => {
    expect(codes({ sources: { vsock: "descriptors" } })).toEqual([]);
  });

  test("are two for sockets found by descriptors when some process was not", () => {
    const facts = { sources: { vsock: "descriptors", xdp: "descriptors" }, unreadableCount: 1 };
    expect(codes(facts as Partial<CoverageFacts>)).toEqual([
      "descriptors-unreadable",
      "protocols-by-descriptors",
    ]);
  });

  test.each([
    [true, "sandbox"],
    [false, "run as root"],
  ])("say what helps who may trace: %p", (mayTrace, words) => {
    const { gaps } = assessCoverage({ ...NOTHING, mayTrace, unreadableCount: 2 }, []);
    expect(gaps[0]?.remedy).toContain(words);
  });

  test("have every field of the model, in its order", () => {
    const { gaps } = assessCoverage({ ...NOTHING, closedMeanwhile: 1 }, []);
    const [gap] = gaps;
    expect(Object.keys(gap ?? {})).toEqual(["code", "incomplete", "count", "message", "remedy"]);
  });
});

describe("processes that could not be seen", () => {
  const reasons: readonly (readonly [Unowned["reason"], boolean])[] = [
    ["unreadable", false],
    ["hidden", false],
    ["kernel", true],
    ["no-holder", true],
  ];
  test.each(reasons)(
    "beside an endpoint without owner that is %s: complete %p",
    (reason, complete) => {
      for (const facts of [{ unreadableCount: 1 }, { hidden: HIDDEN }]) {
        expect(assessCoverage({ ...NOTHING, ...facts }, [unowned(reason)]).complete).toBe(complete);
      }
    },
  );

  test("are counted, and so is every endpoint without owner", () => {
    const endpoints = [unowned("kernel"), unowned("unreadable"), buildEndpoint("tcp", 81, 2, [4])];
    expect(assessCoverage({ ...NOTHING, unreadableCount: 3 }, endpoints)).toMatchObject({
      processesUnreadable: 3,
      endpointsWithoutOwner: 2,
    });
  });
});
