// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { ExposureReport } from "../../../src/exposure/model.ts";
import { type Actor, startActor } from "../../privileged/harness/actor.ts";
import { processOf, readReport, runCapscope } from "../../privileged/harness/capscope.ts";
import {
  type NetworkNamespace,
  openNetworkNamespace,
} from "../../privileged/harness/network-namespace.ts";
import { openTemporaryDirectory } from "../../privileged/harness/temporary-directory.ts";
import { testUnless } from "../../skip.ts";
import { whyNoGuest } from "../whether-guest.ts";

/** apparmor_parser(8); the runner has it without installing it. */
const PARSER = process.env["CAPSCOPE_TEST_APPARMOR_PARSER"] ?? "/sbin/apparmor_parser";
const POLICY = `profile capscope-enforced flags=(attach_disconnected) {
  file, network, capability, signal, ptrace, unix, mount,
}
profile capscope-complaining flags=(attach_disconnected, complain) {
}
`;
const NAMES = ["capscope-enforced", "capscope-complaining"] as const;

/** The command under an AppArmor profile: aa_change_onexec(3) is a write to this file. */
function under(profile: string): string[] {
  const script = `echo "exec ${profile}" >/proc/self/attr/apparmor/exec && exec "$@"`;
  return ["sh", "-c", script, "sh"];
}

describe("AppArmor", () => {
  const reason = whyNoGuest() ?? whyNoAppArmor();
  const folder = openTemporaryDirectory();
  let here: NetworkNamespace;
  let actors: readonly Actor[] = [];
  let report: ExposureReport;

  beforeAll(async () => {
    if (reason !== null) return;
    const policy = `${folder.path}/policy`;
    writeFileSync(policy, POLICY);
    const load = Bun.spawnSync([PARSER, "--replace", "--skip-cache", "--abort-on-error", policy]);
    if (load.exitCode !== 0) throw new Error(load.stderr.toString());
    here = await openNetworkNamespace();
    const listeners = [null, ...NAMES].map((name, index) =>
      startActor(
        here,
        { sockets: [{ family: "inet", type: "stream", bind: ["127.0.0.1", 8001 + index] }] },
        { prefix: name === null ? [] : under(name) },
      ),
    );
    actors = await Promise.all(listeners);
    report = readReport(here);
  });
  afterAll(() => {
    for (const actor of actors) actor.stop();
    here?.close();
    folder.close();
  });

  testUnless(reason, "labels are those that the kernel shows", () => {
    const labels = actors.map(({ pid }) => processOf(report, pid).defenses.lsm);
    const kernel = actors.map(({ pid }) =>
      readFileSync(`/proc/${pid}/attr/current`, "latin1").trimEnd(),
    );
    expect(labels).toEqual(kernel);
    expect(labels).toEqual([
      "unconfined",
      "capscope-enforced (enforce)",
      "capscope-complaining (complain)",
    ]);
  });

  testUnless(reason, "the tree names the profile", () => {
    const { stdout } = runCapscope(["exposure", "--no-color", "--port", "8002"], {
      namespace: here,
    });
    expect(stdout).toContain("lsm: capscope-enforced");
  });
});

function whyNoAppArmor(): string | null {
  if (!existsSync("/sys/kernel/security/apparmor")) return "this kernel has no AppArmor";
  return existsSync(PARSER) ? null : `${PARSER} is not there`;
}

// It cannot be taken back: other tests that need more have to run before.
describe("Yama at its strictest", () => {
  const SCOPE = "/proc/sys/kernel/yama/ptrace_scope";
  const reason = whyNoGuest() ?? (existsSync(SCOPE) ? null : "this kernel has no Yama");
  let here: NetworkNamespace;
  let actor: Actor;

  beforeAll(async () => {
    if (reason !== null) return;
    here = await openNetworkNamespace();
    actor = await startActor(here, {
      sockets: [{ family: "inet", type: "stream", bind: ["127.0.0.1", 8001], reusePort: true }],
    });
  });
  afterAll(() => {
    actor?.stop();
    here?.close();
  });

  testUnless(reason, "SO_REUSEPORT becomes unknown, owners do not", () => {
    const before = readReport(here).endpoints.find(({ port }) => port === 8001);
    expect(before?.reuseport).toBe(true);
    writeFileSync(SCOPE, "3");
    const report = readReport(here);
    const after = report.endpoints.find(({ port }) => port === 8001);
    expect(after?.reuseport).toBeNull();
    expect(after?.owners).toMatchObject([{ pid: actor.pid }]);
    const gap = report.coverage.gaps.find(({ code }) => code === "reuseport-unknown");
    expect(gap?.remedy).toContain("kernel.yama.ptrace_scope");
  });
});
