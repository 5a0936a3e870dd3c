// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
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
import { checksOf, coverageOf, startMonitor } from "../../privileged/harness/monitor.ts";
import { NO_TRACE, readProfile } from "../../privileged/harness/traced.ts";
import { testUnless } from "../../skip.ts";
import { whyNoGuest } from "../whether-guest.ts";

const HIDING = "/proc/sys/kernel/kptr_restrict";
const PARANOID = "/proc/sys/kernel/perf_event_paranoid";
const EXPOSURE = namedBy("exposure");
const TRACE = namedBy("trace");
const MONITOR = namedBy("monitor");

/** What the manual page asks for: of a list each, or what stands for root. */
function namedBy(command: string): readonly string[] {
  const path = fileURLToPath(new URL(`../../../docs/man/capscope-${command}.8`, import.meta.url));
  const [, section = ""] = readFileSync(path, "utf8").split(".Sh PRIVILEGES\n");
  const [first = ""] = section.split("\n.Sh ");
  const sentence = /^Root, or ([^.;]*)/m.exec(first)?.[1];
  const words = sentence?.matchAll(/CAP_(\w+)/g) ?? first.matchAll(/^CAP_(\w+):/gm);
  return [...words].map(([, name = ""]) => name.toLowerCase());
}

test("the manual pages name what they ask for", () => {
  expect(EXPOSURE).toEqual(["sys_ptrace", "dac_read_search"]);
  expect(TRACE).toEqual(["bpf", "perfmon"]);
  expect(MONITOR).toEqual(TRACE);
});

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

  testUnless(reason, "a monitor runs, sees the check, and ends as it is meant to", async () => {
    const monitor = await startMonitor(["--json", "--comm", "chown"], holding(MONITOR));
    Bun.spawnSync([...holding([]), ...ASK]);
    await monitor.until((text) => checksOf(text).some(({ capability }) => capability === "chown"));
    expect(await monitor.end()).toBe(0);
    expect(await monitor.stderr()).toBe("");
    expect(coverageOf(monitor.text()).lost.checks).toBe(0);
  });

  for (const missing of TRACE) {
    for (const words of [
      ["trace", "--", "/bin/true"],
      ["monitor", "--duration", "1"],
    ]) {
      testUnless(reason, `${words[0]} without ${missing} exits with 3 and names it`, () => {
        const { status, stdout, stderr } = run(words, without(TRACE, missing));
        expect([status, stdout]).toEqual([3, ""]);
        expect(stderr).toBe(
          `capscope: error: following capability checks needs privileges: ${missing}\n` +
            "capscope: hint: run it as root, or with CAP_BPF and CAP_PERFMON\n",
        );
      });
    }
  }

  // The addresses are read and named inside the kernel.
  testUnless(
    reason ?? whyNoGuest(),
    "kernel functions are named where addresses are hidden",
    () => {
      const before = readFileSync(HIDING, "utf8");
      writeFileSync(HIDING, "2");
      try {
        const { stderr } = run(["trace", "--json", "--", ...ASK], TRACE);
        const { profile, findings } = readProfile(stderr);
        expect(profile.coverage.complete).toBe(true);
        expect(findings.get("chown")?.uses[0]?.gate).toBe("setattr_prepare");
      } finally {
        writeFileSync(HIDING, before);
      }
    },
  );

  const needsMore = reason ?? whyNoGuest() ?? whyNoThirdLevel();
  const KPROBE = ["trace", "--way-in", "kprobe", "--", "/bin/true"];

  testUnless(needsMore, "Debian's third level of perf events leaves kprobes to sys_admin", () => {
    const refused = run(KPROBE, TRACE);
    expect(refused.status).toBe(3);
    expect(refused.stderr).toContain("CAP_SYS_ADMIN");
    expect(run(KPROBE, [...TRACE, "sys_admin"]).status).toBe(0);
  });
});

function whyNoThirdLevel(): string | null {
  const level = readFileSync(PARANOID, "utf8").trim();
  return Number(level) > 2 ? null : `kernel.perf_event_paranoid is ${level}`;
}
