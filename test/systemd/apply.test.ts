// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { ApplyReport } from "../../src/apply/model.ts";
import { runCapscope } from "../privileged/harness/capscope.ts";
import { parseBySchema } from "../privileged/harness/schemas.ts";
import { bootContainer, type Container } from "./container/container.ts";

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

/** Each is two restarts of a service, and what a busy machine makes of them. */
setDefaultTimeout(60_000);

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

const SERVICE = `[Unit]
DefaultDependencies=no
[Service]
ExecStart=/usr/bin/python3 /run/server.py
Restart=on-failure
RestartSec=50ms
TimeoutStopSec=200ms
`;

/** Once it is limited: what is expanded by systemd has two dollar signs. */
const ONCE_LIMITED = "grep -q 'CapBnd:.*fff$$' /proc/self/status ||";
const WITH_FAILING_START = `[Service]\nExecStartPre=/bin/sh -c "${ONCE_LIMITED} false"\n`;
const WITH_HANGING_START = `[Service]\nExecStartPre=/bin/sh -c "${ONCE_LIMITED} sleep 60"\n`;

function startServer(container: Container): void {
  write(container, "/run/server.py", SERVER);
  for (const name of ["server", "idle"]) {
    write(container, `/etc/systemd/system/${name}.service`, SERVICE);
  }
  container.run("systemctl", "daemon-reload");
  container.run("systemctl", "start", "server");
}

function write(container: Container, path: string, text: string): void {
  container.run("sh", "-c", 'mkdir -p "${0%/*}" && printf %s "$1" >"$0"', path, text);
}

interface Applied {
  readonly status: number | null;
  readonly stderr: string;
  readonly report: ApplyReport | null;
}

interface Wish {
  readonly unit?: string;
  readonly cap?: string;
  readonly check?: string;
  /** Further options. */
  readonly more?: readonly string[];
  /** Words before the program's name. */
  readonly prefix?: readonly string[];
}

const DROP_INS = "/etc/systemd/system/server.service.d";

function testApply(container: Container): void {
  const apply = ({
    unit = "server",
    cap = "net_bind_service",
    check = CHECK,
    more = ["--settle", "0.3"],
    prefix = [],
  }: Wish = {}): Applied => {
    const words = ["harden", "systemd", "--cap", cap, "--apply", unit, "--json"];
    const { status, stdout, stderr } = runCapscope([...words, "--check", check, ...more], {
      prefix: [...container.prefix, ...prefix],
    });
    const report = stdout === "" ? null : (parseBySchema(stdout, "apply") as ApplyReport);
    return { status, stderr, report };
  };
  /** The mask, and what is in the directory of its drop-ins. */
  const state = (): string => {
    const script = `grep -h CapBnd /proc/$(systemctl show -P MainPID server)/status
systemctl is-active server; ls ${DROP_INS} 2>&1`;
    return container.run("sh", "-c", `${script} || true`).replaceAll(/\s+/g, " ");
  };
  const outcome = ({ report }: Applied): unknown[] => [report?.outcome, report?.failure];
  let before = "";
  beforeAll(() => {
    before = state();
    expect(before).toContain("cannot access");
  });

  test("is shown alone when asked, and nothing is done", () => {
    const { status, report, stderr } = apply({ check: "false", more: ["--dry-run"] });
    expect([status, report?.outcome, stderr]).toEqual([0, "planned", ""]);
    expect(report?.steps.every(({ done }) => done === null)).toBe(true);
    expect(report?.dropIn.text).toContain("\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n");
    expect(state()).toBe(before);
  });

  test("is taken back when the service does not start under it", () => {
    write(container, "/run/systemd/system/server.service.d/60-x.conf", WITH_FAILING_START);
    const applied = apply();
    container.run("rm", "-r", "/run/systemd/system/server.service.d");
    container.run("systemctl", "daemon-reload");
    expect([applied.status, applied.report?.outcome]).toEqual([1, "rolled-back"]);
    expect(applied.report?.failure).toStartWith("restarting server.service: systemctl: Job for");
    expect(state()).toBe(before);
  });

  test("is taken back when the service fails a moment after its start", () => {
    const applied = apply({ cap: "kill", check: "true", more: ["--settle", "2.5"] });
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

  test("is taken back when another drop-in makes it void", () => {
    const wider = "[Service]\nCapabilityBoundingSet=CAP_SYS_ADMIN CAP_NET_BIND_SERVICE\n";
    write(container, "/run/systemd/system/server.service.d/90-wider.conf", wider);
    const applied = apply();
    container.run("rm", "-r", "/run/systemd/system/server.service.d");
    container.run("systemctl", "daemon-reload");
    container.run("systemctl", "restart", "server");
    expect(applied.report?.outcome).toBe("rolled-back");
    expect(applied.report?.failure).toContain("bounding set: more than expected: sys_admin");
    expect(applied.report?.verification?.verdict).toBe("differs");
    expect([applied.status, state()]).toEqual([1, before]);
  });

  test.each(["INT", "TERM", "HUP"])("is taken back when SIG%s interrupts", (name) => {
    const prefix = ["timeout", "--preserve-status", `--signal=${name}`, "0.9"];
    const applied = apply({ more: ["--settle", "1.5"], prefix });
    expect(outcome(applied)).toEqual(["rolled-back", `interrupted (SIG${name})`]);
    expect(applied.status).toBe(128 + { INT: 2, TERM: 15, HUP: 1 }[name]!);
    expect(applied.stderr).toContain(`SIG${name}: taking back what was done`);
    expect(state()).toBe(before);
  });

  test("is taken back when the restart hangs and is interrupted", () => {
    write(container, "/run/systemd/system/server.service.d/60-x.conf", WITH_HANGING_START);
    const prefix = ["timeout", "--preserve-status", "--signal=INT", "1"];
    const applied = apply({ prefix });
    container.run("rm", "-r", "/run/systemd/system/server.service.d");
    container.run("systemctl", "daemon-reload");
    expect(outcome(applied)).toEqual(["rolled-back", "interrupted (SIGINT)"]);
    expect(state()).toBe(before);
  });

  test("is not written where the check fails already", () => {
    const { status, report, stderr } = apply({ check: "exit 7" });
    expect([status, report]).toEqual([2, null]);
    expect(stderr).toContain("the check fails with status 7 before anything was changed");
    expect(state()).toBe(before);
  });

  test("is not written for a service that does not run", () => {
    const { status, report, stderr } = apply({ unit: "idle" });
    expect([status, report]).toEqual([2, null]);
    expect(stderr).toContain("idle.service is inactive: whether it works under the drop-in");
  });

  test("stays where the service works under it, and has what is intended", () => {
    const { status, report, stderr } = apply();
    expect([status, report?.outcome, report?.failure]).toEqual([0, "applied", null]);
    const steps = ["check before", "write the drop-in", "reload the manager", "restart"];
    const names: readonly string[] = report!.steps.map(({ name }) => name);
    expect(names).toEqual([...steps, "stay up", "check", "verify"]);
    expect(stderr).toContain("capscope: restart: done\n");
    expect(report?.verification?.holders[0]?.noNewPrivileges).toBe(true);
    expect(state()).toBe("CapBnd: 0000000000000400 active 50-capabilities.conf ");
  });

  test("that was there before is put back, the very file", () => {
    const path = `${DROP_INS}/50-capabilities.conf`;
    container.run("chmod", "600", path);
    const facts = (): string => container.run("stat", "-c", "%i %a %s", path);
    const earlier = [container.run("cat", path), facts()];
    const { report } = apply({ cap: "kill", check: "true", more: ["--settle", "2.5"] });
    expect([report?.outcome, report?.dropIn.replaces]).toEqual(["rolled-back", true]);
    expect([container.run("cat", path), facts()]).toEqual(earlier);
    expect(state()).toBe("CapBnd: 0000000000000400 active 50-capabilities.conf ");
  });

  test("is refused where the unit changed since it was read: restarting would change more", () => {
    const path = "/etc/systemd/system/server.service";
    container.run("sh", "-c", `sleep 0.01; echo "# changed" >>${path}`);
    expect(apply().stderr).toContain("files of server.service changed since systemd read them");
    container.run("systemctl", "daemon-reload");
  });

  test("is refused while another one is under way, or was killed half-way", () => {
    const kept = `${DROP_INS}/50-capabilities.conf.before`;
    container.run("touch", kept);
    expect(apply().stderr).toContain(`${kept} is there`);
    container.run("rm", kept);
  });

  test("is refused in place of a link", () => {
    const path = `${DROP_INS}/50-capabilities.conf`;
    container.run("sh", "-c", `mv ${path} /run/kept && ln -s /run/kept ${path}`);
    expect(apply().stderr).toContain("is no plain file");
  });
}

test.each([
  [["docker", "--cap", "none", "--apply", "x"], "--apply is for the target systemd"],
  [["systemd", "--cap", "none", "--check", "true"], "--check needs --apply"],
  [["systemd", "--cap", "none", "--dry-run"], "--dry-run needs --apply"],
])("harden %p is wrong usage", (words, message) => {
  const { status, stderr } = runCapscope(["harden", ...words]);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});
