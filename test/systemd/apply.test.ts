// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import type { ApplyReport } from "../../src/apply/model.ts";
import { parseBySchema } from "../privileged/harness/schemas.ts";
import { bootContainer, type Container } from "./container/container.ts";

const DRIVER = fileURLToPath(new URL("container/apply.ts", import.meta.url));

/** It takes a low port, and lets root alone have it. */
const SERVER = `import os, socket, time
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 81))
listener.listen()
while True:
  listener.accept()[0].close()
`;
const CHECK = "python3 -c \"import socket; socket.create_connection(('127.0.0.1', 81))\"";

const limited = (names: string, more = ""): string =>
  `[Service]\nCapabilityBoundingSet=\nCapabilityBoundingSet=${names}\n${more}`;

const boot = await bootContainer();
if (boot.kind === "impossible") {
  const title = "a drop-in that is applied to a real service";
  console.warn(`skipped: ${title}: ${boot.reason}`);
  describe.skip(`${title} (${boot.reason})`, () => {});
} else {
  const { container } = boot;
  describe("a drop-in that is applied to a real service", () => {
    beforeAll(() => startServer(container));
    afterAll(() => container.stop());
    testApply(container);
  });
}

function startServer(container: Container): void {
  const service = `[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/usr/bin/python3 /run/server.py
Restart=on-failure\nRestartSec=50ms\nTimeoutStopSec=200ms\n`;
  write(container, "/run/server.py", SERVER);
  write(container, "/etc/systemd/system/server.service", service);
  write(container, "/etc/systemd/system/idle.service", service);
  container.run("systemctl", "daemon-reload");
  container.run("systemctl", "start", "server");
}

function write(container: Container, path: string, text: string): void {
  container.run("sh", "-c", 'printf %s "$1" >"$0"', path, text);
}

interface Applied {
  readonly status: number | null;
  readonly stderr: string;
  readonly report: ApplyReport | null;
}

const DEFAULTS = {
  unit: "server",
  check: CHECK,
  checkLimitMs: 5000,
  settleMs: 300,
  dryRun: false,
  format: "json",
  output: null,
  color: "never",
  caps: "net_bind_service",
  text: limited("CAP_NET_BIND_SERVICE"),
};

function testApply(container: Container): void {
  const apply = (options: Partial<typeof DEFAULTS> = {}, prefix: string[] = []): Applied => {
    const words = [process.execPath, DRIVER, JSON.stringify({ ...DEFAULTS, ...options })];
    const run = Bun.spawnSync([...container.prefix, ...prefix, ...words], {
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    });
    const text = run.stdout.toString();
    const report = text === "" ? null : (parseBySchema(text, "apply") as ApplyReport);
    return { status: run.exitCode, stderr: run.stderr.toString(), report };
  };
  /** The mask, and what is in the directory of its drop-ins. */
  const state = (): string => {
    const script = `grep -h CapBnd /proc/$(systemctl show -P MainPID server)/status
systemctl is-active server; ls /etc/systemd/system/server.service.d 2>&1`;
    return container.run("sh", "-c", `${script} || true`).replaceAll(/\s+/g, " ");
  };
  const outcome = ({ report }: Applied): unknown[] => [report?.outcome, report?.failure];
  let before = "";
  beforeAll(() => {
    before = state();
    expect(before).toContain("cannot access");
  });

  test("is shown alone when asked, and nothing is done", () => {
    const { status, report, stderr } = apply({ dryRun: true, check: "false" });
    expect([status, report?.outcome, stderr]).toEqual([0, "planned", ""]);
    expect(report?.steps.every(({ done }) => done === null)).toBe(true);
    expect(state()).toBe(before);
  });

  test("is taken back when the service does not start under it", () => {
    const applied = apply({ text: limited("CAP_KILL", "ExecStartPre=/bin/false\n") });
    expect([applied.status, applied.report?.outcome]).toEqual([1, "rolled-back"]);
    expect(applied.report?.failure).toStartWith("restarting server.service: systemctl: Job for");
    expect(state()).toBe(before);
  });

  test("is taken back when the service fails a moment after its start", () => {
    const applied = apply({ text: limited("CAP_KILL"), check: "true" });
    expect([applied.status, applied.report?.outcome]).toEqual([1, "rolled-back"]);
    expect(applied.report?.failure).toStartWith("server.service does not stay up: ");
    expect(state()).toBe(before);
  });

  test("is taken back when the check fails", () => {
    const full = "grep -q 'CapBnd:.*fff$' /proc/$(systemctl show -P MainPID server)/status";
    const applied = apply({ check: full });
    expect(outcome(applied)).toEqual(["rolled-back", "the check fails with status 1"]);
    expect([applied.status, state()]).toEqual([1, before]);
  });

  test("is taken back when a process has more than intended", () => {
    const applied = apply({ text: limited("CAP_NET_BIND_SERVICE CAP_SYS_ADMIN") });
    expect(applied.report?.outcome).toBe("rolled-back");
    expect(applied.report?.failure).toContain("bounding set: more than expected: sys_admin");
    expect(applied.report?.verification?.verdict).toBe("differs");
    expect([applied.status, state()]).toEqual([1, before]);
  });

  test.each(["INT", "TERM", "HUP"])(
    "is taken back when SIG%s interrupts",
    (name) => {
      const prefix = ["timeout", "--preserve-status", `--signal=${name}`, "0.9"];
      const applied = apply({ settleMs: 1500 }, prefix);
      expect(outcome(applied)).toEqual(["rolled-back", `interrupted (SIG${name})`]);
      expect(applied.status).toBe(128 + { INT: 2, TERM: 15, HUP: 1 }[name]!);
      expect(applied.stderr).toContain(`SIG${name}: taking back what was done`);
      expect(state()).toBe(before);
    },
    20_000,
  );

  test("is taken back when the restart hangs and is interrupted", () => {
    const prefix = ["timeout", "--preserve-status", "--signal=INT", "1"];
    const text = limited("CAP_NET_BIND_SERVICE", "ExecStartPre=/bin/sleep 60\n");
    expect(outcome(apply({ text }, prefix))).toEqual(["rolled-back", "interrupted (SIGINT)"]);
    expect(state()).toBe(before);
  });

  test("is not written where the check fails already", () => {
    const { status, report, stderr } = apply({ check: "exit 7" });
    expect([status, report]).toEqual([99, null]);
    expect(stderr).toContain("the check fails with status 7 before anything was changed");
    expect(state()).toBe(before);
  });

  test("is not written for a service that does not run", () => {
    const { report, stderr } = apply({ unit: "idle" });
    expect(report).toBeNull();
    expect(stderr).toContain("idle.service is inactive: whether it works under the drop-in");
  });

  test("stays where the service works under it, and has what is intended", () => {
    const { status, report } = apply();
    expect([status, report?.outcome, report?.failure]).toEqual([0, "applied", null]);
    expect(report?.steps.map(({ name }) => name)).toEqual([
      "check before",
      "write the drop-in",
      "reload the manager",
      "restart",
      "stay up",
      "check",
      "verify",
    ]);
    expect(state()).toBe("CapBnd: 0000000000000400 active 50-capscope.conf ");
  });

  test("that was there before is put back, byte for byte", () => {
    const path = "/etc/systemd/system/server.service.d/50-capscope.conf";
    const old = container.run("cat", path);
    const { report } = apply({ text: limited("CAP_KILL"), check: "true" });
    expect([report?.outcome, report?.dropIn.replaces]).toEqual(["rolled-back", true]);
    expect(container.run("cat", path)).toBe(old);
    expect(state()).toBe("CapBnd: 0000000000000400 active 50-capscope.conf ");
  });

  test("is refused while another one is under way, or was killed half-way", () => {
    const kept = "/etc/systemd/system/server.service.d/50-capscope.conf.before";
    container.run("touch", kept);
    expect(apply().stderr).toContain(`${kept} is there`);
    container.run("rm", kept);
  });

  test("is refused in place of a link", () => {
    const path = "/etc/systemd/system/server.service.d/50-capscope.conf";
    container.run("sh", "-c", `mv ${path} /run/kept && ln -s /run/kept ${path}`);
    expect(apply().stderr).toContain("is no plain file");
  });
}
