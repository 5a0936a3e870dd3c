// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { allCapabilities, EMPTY_SET, setOf } from "../../../src/capabilities/set.ts";
import { assessPowers } from "../../../src/inventory/self/powers.ts";
import type { PowerFacts } from "../../../src/inventory/self/facts.ts";
import { NAMESPACE_KINDS, type SelfReport } from "../../../src/inventory/model.ts";
import { renderInventoryJson } from "../../../src/report/inventory/json.ts";
import { renderSelfText } from "../../../src/report/inventory/self-text.ts";
import { ALL_CAPABILITIES, ids, sets } from "../../fixtures/reports/build.ts";
import { parseBySchema } from "../../privileged/harness/schemas.ts";
import { testGolden } from "./golden.ts";

const ROOT: PowerFacts = {
  permitted: allCapabilities(40),
  bounding: allCapabilities(40),
  noNewPrivs: false,
  seccomp: "disabled",
  initial: { user: true, pid: true, net: true },
  context: { sysctls: {}, securityModules: null, lockdown: null },
  hasModules: true,
  maxUserNamespaces: 1000,
  restrictsUserNamespaces: false,
  chrooted: false,
  rootNosuid: false,
  otherRoot: false,
  engineSockets: ["/run/docker.sock"],
  writableDevices: ["/dev/sda"],
  blockDevices: ["/dev/sda"],
  releaseAgents: ["/sys/fs/cgroup/cpu/release_agent"],
  files: {
    corePattern: "allowed",
    modprobe: "allowed",
    sysrq: "allowed",
    memory: "allowed",
    kernelLog: "allowed",
    serviceAccount: "absent",
  },
};

const NOTHING: PowerFacts = {
  ...ROOT,
  permitted: null,
  bounding: null,
  noNewPrivs: null,
  seccomp: null,
  initial: { user: null, pid: null, net: null },
  hasModules: null,
  maxUserNamespaces: null,
  chrooted: null,
  rootNosuid: null,
  otherRoot: null,
  engineSockets: [],
  writableDevices: [],
  blockDevices: [],
  releaseAgents: [],
  files: {
    corePattern: "absent",
    modprobe: "absent",
    sysrq: "absent",
    memory: "absent",
    kernelLog: "denied",
    serviceAccount: "absent",
  },
};

function report(facts: PowerFacts, parts: Partial<SelfReport>): SelfReport {
  const { user } = facts.initial;
  return {
    schemaVersion: 1,
    kind: "self",
    tool: { name: "capscope", version: "0.1.0" },
    host: { name: "host.example", kernel: "6.12.0" },
    time: "2026-06-09T12:00:00.000Z",
    credentials: {
      uids: ids(0),
      gids: ids(0),
      capabilities: sets(ALL_CAPABILITIES),
      privilege: "full",
    },
    securebits: [],
    noNewPrivs: facts.noNewPrivs,
    seccomp: facts.seccomp,
    seccompFilters: 0,
    lsm: "",
    uidMap: [{ inside: 0, outside: 0, count: 4_294_967_295 }],
    gidMap: [{ inside: 0, outside: 0, count: 4_294_967_295 }],
    namespaces: NAMESPACE_KINDS.map((kind) => ({ kind, inode: 4_026_531_837, initial: user })),
    unit: null,
    container: { runtime: null, id: null, evidence: [] },
    powers: assessPowers(facts),
    coverage: { complete: true, gaps: [] },
    ...parts,
  };
}

const CONTAINER: PowerFacts = {
  ...ROOT,
  permitted: setOf("chown", "net_raw", "setuid"),
  seccomp: "filter",
  initial: { user: false, pid: false, net: null },
  context: { sysctls: {}, securityModules: null, lockdown: "integrity" },
  engineSockets: [],
};

const SCENARIOS: Readonly<Record<string, SelfReport>> = {
  root: report(ROOT, {}),
  container: report(CONTAINER, {
    credentials: {
      uids: ids(0),
      gids: ids(0),
      capabilities: sets(["chown", "setuid", "net_raw"]),
      privilege: "partial",
    },
    securebits: ["noroot", "noroot-locked"],
    seccompFilters: 2,
    lsm: "docker-default (enforce)\u001b[31m",
    uidMap: [{ inside: 0, outside: 100_000, count: 65_536 }],
    unit: "docker-x\u0007.scope",
    container: { runtime: "docker", id: "0123456789abcdef", evidence: ["/.docker\u202eenv"] },
  }),
  nothing: report(NOTHING, {
    host: { name: "", kernel: "" },
    credentials: null,
    securebits: null,
    seccompFilters: null,
    lsm: null,
    uidMap: null,
    gidMap: null,
    coverage: {
      complete: false,
      gaps: [
        {
          code: "proc-missing",
          incomplete: true,
          count: 1,
          message: "/proc is not mounted",
          remedy: "mount /proc",
        },
      ],
    },
  }),
};

testGolden("self", SCENARIOS, {
  txt: (each) => renderSelfText(each, { width: null, color: false }),
  "narrow.txt": (each) => renderSelfText(each, { width: 100, color: false }),
  "color.txt": (each) => renderSelfText(each, { width: null, color: true }),
  json: renderInventoryJson,
});

test("json follows its schema", () => {
  for (const each of Object.values(SCENARIOS)) parseBySchema(renderInventoryJson(each), "self");
});

test.each([
  [
    "kernel-modules",
    { context: { ...ROOT.context, sysctls: { "kernel.modules_disabled": "1" } } },
    "no",
  ],
  ["kernel-modules", { context: { ...ROOT.context, lockdown: "integrity" } }, "perhaps"],
  ["kernel-modules", { hasModules: false }, "no"],
  ["kernel-modules", { initial: { ...ROOT.initial, user: false } }, "no"],
  ["kernel-modules", { initial: { ...ROOT.initial, user: null } }, "perhaps"],
  ["mount", { seccomp: "filter" }, "perhaps"],
  ["mount", { initial: { ...ROOT.initial, user: false } }, "perhaps"],
  ["mount", { permitted: EMPTY_SET }, "no"],
  ["mount", { permitted: null }, "unknown"],
  ["ptrace", { context: { ...ROOT.context, sysctls: { "kernel.yama.ptrace_scope": "3" } } }, "no"],
  ["bpf", { permitted: setOf("sys_admin") }, "yes"],
  ["bpf", { permitted: EMPTY_SET }, "no"],
  ["setuid-programs", { noNewPrivs: true }, "no"],
  ["setuid-programs", { bounding: EMPTY_SET }, "perhaps"],
  ["setuid-programs", { rootNosuid: true }, "no"],
  ["user-namespaces", { maxUserNamespaces: 0 }, "no"],
  ["user-namespaces", { chrooted: true }, "no"],
  ["user-namespaces", { chrooted: null }, "perhaps"],
  ["user-namespaces", { restrictsUserNamespaces: true, permitted: EMPTY_SET }, "no"],
  ["release-agent", { permitted: EMPTY_SET }, "no"],
  ["release-agent", { initial: { ...ROOT.initial, user: false } }, "no"],
  ["release-agent", { releaseAgents: [] }, "no"],
  ["physical-memory", { permitted: EMPTY_SET }, "no"],
  ["engine-socket", {}, "yes"],
  ["root-of-pid-1", { otherRoot: true }, "yes"],
] as const)("%s is judged by what decides it (case %#)", (id, parts, state) => {
  const powers = assessPowers({ ...ROOT, ...parts } as PowerFacts);
  expect(powers.find((power) => power.id === id)!.state).toBe(state);
});
