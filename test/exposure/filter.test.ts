// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { type ExposureFilter, filterReport, KEEP_ALL } from "../../src/exposure/filter.ts";
import type { ExposureReport } from "../../src/exposure/model.ts";
import {
  buildEndpoint,
  buildProcess,
  buildReport,
  external,
  LO,
  ON_LOOPBACK,
  onPlane,
  sets,
} from "../fixtures/reports/build.ts";

const REPORT = buildReport({
  interfaces: [LO],
  endpoints: [
    buildEndpoint("tcp", 443, 1, [10, 11], {
      id: "web",
      reach: [external("eth0", ["10.0.0.5"]), external("eth1", ["10.1.0.5"])],
      flags: ["wildcard-bind", "privileged-caps"],
    }),
    buildEndpoint("tcp", 25, 2, [12], {
      id: "mail",
      family: "ipv6",
      reach: ON_LOOPBACK,
      flags: [],
    }),
    buildEndpoint("udp", 53, 3, [13], {
      id: "dns",
      reach: [external("eth1", ["10.1.0.5"])],
      socketUnit: { unit: "dns.socket", activates: "dns@.service" },
    }),
    buildEndpoint("vsock", null, 4, [], { id: "vm", family: null, reach: onPlane("vsock", null) }),
    buildEndpoint("udp", 40000, 5, [11], { id: "client", role: "client", reach: [] }),
  ],
  processes: [
    buildProcess(10, "nginx", 0, { unit: "nginx.service", capabilities: sets(["chown"]) }),
    buildProcess(11, "worker", 33, { unit: "nginx.service" }),
    buildProcess(12, "postfix", 0, { unit: "postfix@-.service" }),
    buildProcess(13, "named", 53, { unit: null }),
  ],
});

function filter(parts: Partial<ExposureFilter>): ExposureReport {
  return filterReport(REPORT, { ...KEEP_ALL, ...parts });
}

function kept(parts: Partial<ExposureFilter>): readonly string[] {
  return filter(parts).endpoints.map(({ id }) => id);
}

const ALL = ["web", "mail", "dns", "vm", "client"];

describe("endpoints are kept by", () => {
  const filters: readonly (readonly [string, Partial<ExposureFilter>, readonly string[]])[] = [
    ["no filter: all", {}, ALL],
    ["plane", { planes: ["inet-loopback"] }, ["mail"]],
    ["several planes", { planes: ["inet-loopback", "vsock"] }, ["mail", "vm"]],
    ["interface", { interfaces: ["eth1"] }, ["web", "dns"]],
    ["plane and interface at once", { planes: ["inet-loopback"], interfaces: ["eth1"] }, []],
    ["protocol", { protocols: ["tcp"] }, ["web", "mail"]],
    ["protocol and IPv4", { protocols: ["tcp4"] }, ["web"]],
    ["protocol and IPv6", { protocols: ["tcp6"] }, ["mail"]],
    ["several protocols", { protocols: ["tcp6", "udp"] }, ["mail", "dns", "client"]],
    ["protocol without family", { protocols: ["vsock"] }, ["vm"]],
    ["no family of a protocol that has none", { protocols: ["vsock4"] }, []],
    ["port", { ports: [53, 443] }, ["web", "dns"]],
    ["any owner's pid", { pids: [11] }, ["web", "client"]],
    ["unit", { units: ["nginx.service"] }, ["web", "client"]],
    ["unit without suffix", { units: ["nginx"] }, ["web", "client"]],
    ["unit instance", { units: ["postfix@-"] }, ["mail"]],
    ["socket unit", { units: ["dns.socket"] }, ["dns"]],
    ["the unit that a socket unit starts", { units: ["dns@.service"] }, ["dns"]],
    ["a part of a unit's name: none", { units: ["ngin"] }, []],
    ["flag", { flags: ["privileged-caps"] }, ["web"]],
    ["any of several flags", { flags: ["reuseport", "wildcard-bind"] }, ["web", "dns", "client"]],
    ["an owner with capabilities", { privilegedOnly: true }, ["web"]],
    [
      "everything at once",
      { protocols: ["tcp"], ports: [443], units: ["nginx"], pids: [10] },
      ["web"],
    ],
    ["filters that exclude each other: none", { protocols: ["udp"], ports: [443] }, []],
  ];
  test.each(filters)("%s", (_, parts, ids) => {
    expect(kept(parts)).toEqual([...ids]);
  });
});

describe("a narrowed report", () => {
  test("keeps of an endpoint only the reach that was asked for", () => {
    const [web] = filter({ interfaces: ["eth1"] }).endpoints;
    expect(web?.reach.map((reach) => reach.interface)).toEqual(["eth1"]);
  });

  test("keeps the whole reach when no plane or interface was asked for", () => {
    const [web] = filter({ ports: [443] }).endpoints;
    expect(web).toBe(REPORT.endpoints[0]!);
  });

  test("keeps only processes that own something in it", () => {
    expect(filter({ ports: [443] }).processes.map(({ pid }) => pid)).toEqual([10, 11]);
  });

  test("keeps interfaces and coverage of the whole namespace", () => {
    const { interfaces, coverage } = filter({ ports: [1] });
    expect(interfaces).toBe(REPORT.interfaces);
    expect(coverage).toBe(REPORT.coverage);
  });
});
