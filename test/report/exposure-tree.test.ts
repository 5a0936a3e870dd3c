// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import type { Endpoint, ExposureReport, Process } from "../../src/exposure/model.ts";
import { renderExposureTree } from "../../src/report/exposure-tree.ts";
import {
  ALL_CAPABILITIES,
  bindTo,
  buildEndpoint,
  buildInterface,
  buildProcess,
  buildReport,
  external,
  LO,
  sets,
} from "../fixtures/reports/build.ts";

const REACH = [external("eth0", ["192.0.2.1"])];
const ETH0 = buildInterface(2, "eth0", [
  { family: "ipv4", address: "192.0.2.1", prefixLength: 24, scope: "public" },
]);

function reportOf(endpoint: Partial<Endpoint>, ...processes: readonly Process[]): ExposureReport {
  const pids = processes.map(({ pid }) => pid);
  const endpoints = [buildEndpoint("tcp", 80, 7, pids, { reach: REACH, ...endpoint })];
  return buildReport({ interfaces: [LO, ETH0], endpoints, processes });
}

/** The lines of a tree without branch glyphs. */
function linesOf(report: ExposureReport): readonly string[] {
  const text = renderExposureTree(report, { width: null, color: false });
  return text.split("\n").map((line) => line.replace(/^[│├└─ ]+/, ""));
}

describe("processes", () => {
  test("owners that differ only in their ids are one node", () => {
    const workers = [3, 4, 5].map((pid) => buildProcess(pid, "nginx", 33, {}));
    const lines = linesOf(reportOf({}, buildProcess(2, "nginx", 0, {}), ...workers));
    expect(lines).toContain("nginx (pid=2 uid=0 exe=/usr/bin/nginx)");
    expect(lines).toContain("nginx x3 (pid=3,4,5 uid=33 exe=/usr/bin/nginx)");
  });

  test("an owner that differs in one defense has a node of its own", () => {
    const odd = buildProcess(4, "nginx", 33, { defenses: { seccomp: null } });
    const lines = linesOf(reportOf({}, buildProcess(3, "nginx", 33, {}), odd));
    expect(lines).toContain("nginx (pid=4 uid=33 exe=/usr/bin/nginx)");
  });

  test("the socket unit is named with what it starts", () => {
    const socketUnit = { unit: "a.socket", activates: "a.service" };
    const lines = linesOf(reportOf({ socketUnit }, buildProcess(1, "systemd", 0, {})));
    expect(lines.join("\n")).toContain("socket=a.socket -> a.service)");
  });

  test("an endpoint without owners still has a node", () => {
    const unowned = { reason: "hidden", detail: "hidepid", candidates: [] } as const;
    expect(linesOf(reportOf({ unowned }))).toContain("owner unknown (uid=0 inode=7): hidepid");
    expect(linesOf(reportOf({ unowned: null }))).toContain("owner unknown");
  });

  test("an owner that the report does not describe still has a node", () => {
    const owners = [{ pid: 9, tid: null, inodes: [7] }];
    expect(linesOf(reportOf({ owners }))).toContain("process gone (pid=9)");
  });

  test("what could not be checked is never shown as no", () => {
    const ownNamespaces = { user: null, mount: null, pid: null, net: null };
    const defenses = { noNewPrivs: null, seccomp: null, lsm: null, dumpable: null, ownNamespaces };
    const lines = linesOf(reportOf({}, buildProcess(2, "a", 5, { exe: null, defenses })));
    expect(lines).toContain("a (pid=2 uid=5 exe=unknown)");
    expect(lines.filter((line) => line.endsWith(": no"))).toEqual([]);
    expect(lines.filter((line) => line.endsWith(": unknown")).length).toBe(3);
  });
});

describe("capabilities", () => {
  const cases: readonly (readonly [string, Partial<Process>, string])[] = [
    ["all", { capabilities: sets(ALL_CAPABILITIES) }, "(full) [open-ended-bounding]"],
    [
      "all in a child user namespace",
      { capabilities: sets(ALL_CAPABILITIES), childUserNamespace: true },
      "(full) in a child user namespace [open-ended-bounding]",
    ],
    [
      "all but two",
      { capabilities: sets(ALL_CAPABILITIES.slice(0, -2)) },
      "(full) except bpf, checkpoint_restore [open-ended-bounding]",
    ],
    [
      "all, but none of them raised",
      { capabilities: sets(ALL_CAPABILITIES, { effective: [] }) },
      "(full) (permitted only) [open-ended-bounding]",
    ],
    [
      "one of two raised",
      { capabilities: sets(["kill", "sys_admin"], { effective: ["kill"], bounding: [] }) },
      "kill, sys_admin (permitted only)",
    ],
    ["none, and no way to any", { capabilities: sets([], { bounding: [] }) }, "(none)"],
    ["none, but the ceiling is open", {}, "(none) [open-ended-bounding]"],
    [
      "ambient ones",
      { capabilities: sets(["kill"], { ambient: ["kill"], bounding: [] }) },
      "kill [ambient-present]",
    ],
  ];
  test.each(cases)("%s", (_, parts, text) => {
    const lines = linesOf(reportOf({}, buildProcess(2, "a", 0, parts)));
    expect(lines).toContain(`caps: ${text}`);
  });

  test("a kernel with fewer capabilities than the table misses none", () => {
    const known = ALL_CAPABILITIES.slice(0, 38);
    const capabilities = sets(known.slice(1), { bounding: known });
    const lines = linesOf(reportOf({}, buildProcess(2, "a", 0, { capabilities })));
    expect(lines.join("\n")).toContain("caps: (full) except chown");
    expect(lines.join("\n")).not.toContain("perfmon");
  });
});

describe("binds", () => {
  const any = (v6only: boolean | null): Partial<Endpoint> => ({
    family: "ipv6",
    bind: bindTo("::", { wildcard: true, v6only }),
  });
  const cases: readonly (readonly [string, Partial<Endpoint>, string])[] = [
    ["all of IPv4", {}, "*"],
    ["all of IPv6 and IPv4", any(false), "* (IPv4 and IPv6)"],
    ["all of IPv6", any(true), "*"],
    ["all of IPv6, IPv4 not known", any(null), "* (IPv4 unknown)"],
    ["one device", { bind: bindTo("", { wildcard: true, device: "eth0" }) }, "*%eth0"],
    ["one IPv6 address", { family: "ipv6", bind: bindTo("fd00::1") }, "[fd00::1]"],
    [
      "a link-local address",
      { family: "ipv6", bind: bindTo("fe80::1", { device: "eth0" }) },
      "[fe80::1%eth0]",
    ],
  ];
  test.each(cases)("%s", (_, parts, text) => {
    expect(linesOf(reportOf(parts, buildProcess(2, "a", 0, {})))).toContain(text);
  });
});

test("client sockets are not under a plane", () => {
  const parts = { role: "client", clientReason: "ephemeral-port", reach: [] } as const;
  const lines = linesOf(reportOf({ ...parts, protocol: "udp" }, buildProcess(2, "a", 0, {})));
  expect(lines).not.toContain("INET (external)");
  expect(lines).toContain("UDP CLIENTS (not exposed)");
  expect(lines).toContain("udp: 80 (ephemeral-port)");
});

test("an empty report says whether filters emptied it", () => {
  const empty = buildReport({ interfaces: [], endpoints: [], processes: [] });
  const options = { width: 80, color: false };
  expect(renderExposureTree(empty, options)).toBe("no sockets found in this network namespace\n");
  expect(renderExposureTree(empty, { ...options, filtered: true })).toBe(
    "no sockets match the filters\n",
  );
});
