// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { type Actor, startActor } from "../../privileged/harness/actor.ts";
import {
  endpointOf,
  parseReport,
  type Run,
  runCapscope,
} from "../../privileged/harness/capscope.ts";
import {
  type NetworkNamespace,
  openNetworkNamespace,
} from "../../privileged/harness/network-namespace.ts";
import { NO_TRACE, readProfile } from "../../privileged/harness/traced.ts";
import { testUnless } from "../../skip.ts";
import { whyNoGuest } from "../whether-guest.ts";

/** What the manual pages name under PRIVILEGES. */
const EXPOSURE = ["sys_ptrace", "dac_read_search"];
const TRACE = ["bpf", "perfmon"];
const WITH_SYMBOLS = [...TRACE, "syslog"];

/** The command as a user without privileges that holds just these, and can get no others. */
function holding(capabilities: readonly string[]): string[] {
  const raised = capabilities.map((name) => `+${name}`).join(",");
  const user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  if (raised === "") return [...user, "--bounding-set=-all"];
  return [
    ...user,
    `--inh-caps=-all,${raised}`,
    `--ambient-caps=-all,${raised}`,
    `--bounding-set=-all,${raised}`,
  ];
}

function run(words: readonly string[], capabilities: readonly string[]): Run {
  return runCapscope(words, { prefix: holding(capabilities), asOtherUser: true });
}

function without(all: readonly string[], one: string): string[] {
  return all.filter((each) => each !== one);
}

describe("exposure with the capabilities that its manual names", () => {
  const isRoot = process.geteuid?.() === 0;
  // Elsewhere some process may be out of reach for root as well, and the report is never complete.
  const reason = isRoot && whyNoGuest() === null ? null : "runs in npm run test:vm, as root";
  let here: NetworkNamespace;
  let actor: Actor;

  beforeAll(async () => {
    if (reason !== null) return;
    here = await openNetworkNamespace();
    actor = await startActor(here, {
      sockets: [{ family: "inet", type: "stream", bind: ["127.0.0.1", 8001] }],
    });
  });
  afterAll(() => {
    actor?.stop();
    here?.close();
  });

  function expose(capabilities: readonly string[]): Run {
    return runCapscope(["exposure", "--json"], {
      namespace: here,
      prefix: holding(capabilities),
      asOtherUser: true,
    });
  }

  testUnless(reason, "names root's processes, and nothing is missing", () => {
    const { status, stdout, stderr } = expose(EXPOSURE);
    expect([status, stderr]).toEqual([0, ""]);
    const report = parseReport(stdout);
    expect(endpointOf(report, actor.inodes[0]).owners).toMatchObject([{ pid: actor.pid }]);
    expect(report.coverage.complete).toBe(true);
    const process = report.processes.find(({ pid }) => pid === actor.pid);
    expect(process?.exe?.path).toMatch(/python3/);
  });

  for (const missing of EXPOSURE) {
    testUnless(reason, `without ${missing} it exits with 4 and says what would help`, () => {
      const { status, stdout } = expose(without(EXPOSURE, missing));
      expect(status).toBe(4);
      const report = parseReport(stdout);
      expect(report.coverage.complete).toBe(false);
      const remedies = report.coverage.gaps.map(({ remedy }) => remedy).join("\n");
      expect(remedies).toContain(`CAP_${missing.toUpperCase()}`);
      expect(endpointOf(report, actor.inodes[0]).unowned).not.toBeNull();
    });
  }
});

describe("trace and monitor with the capabilities that their manuals name", () => {
  const reason = NO_TRACE;
  const ASK = ["chown", "--silent", "0", "/etc/passwd"];

  testUnless(reason, "a trace is complete", () => {
    const { status, stderr } = run(["trace", "--json", "--", ...ASK], TRACE);
    expect(status).toBe(1);
    const { profile, findings } = readProfile(stderr);
    expect(profile.coverage.complete).toBe(true);
    expect(findings.get("chown")).toMatchObject({ verdict: "denied", granted: 0 });
  });

  testUnless(reason, "a monitor runs and ends as it is meant to", () => {
    const { status, stdout, stderr } = run(["monitor", "--json", "--duration", "0.5"], TRACE);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain('"lost":{"checks":0');
  });

  for (const missing of TRACE) {
    for (const words of [
      ["trace", "--", "/bin/true"],
      ["monitor", "--duration", "1"],
    ]) {
      testUnless(reason, `${words[0]} without ${missing} exits with 3 and names it`, () => {
        const { status, stdout, stderr } = run(words, without(TRACE, missing));
        expect([status, stdout]).toEqual([3, ""]);
        expect(stderr).toContain("needs privileges");
        expect(stderr).toContain(missing);
        expect(stderr).not.toContain(missing === "bpf" ? "perfmon" : "bpf");
      });
    }
  }

  const hiding = reason ?? whyNoGuest();
  const SETTING = "/proc/sys/kernel/kptr_restrict";

  testUnless(hiding, "where addresses are hidden, syslog tells which checks decide nothing", () => {
    const before = readFileSync(SETTING, "utf8");
    writeFileSync(SETTING, "1");
    try {
      const { stderr } = run(["trace", "--json", "--", ...ASK], WITH_SYMBOLS);
      const { profile, findings } = readProfile(stderr);
      expect(profile.coverage.complete).toBe(true);
      expect(findings.get("chown")?.uses[0]?.gate).toBe("setattr_prepare");
    } finally {
      writeFileSync(SETTING, before);
    }
  });
});
