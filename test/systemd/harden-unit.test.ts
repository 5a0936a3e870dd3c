// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { parseStatus, type TaskStatus } from "../../src/linux/procfs/status.ts";
import { maskOf, written } from "../harden/round-trip/harness.ts";
import { runCapscope } from "../privileged/harness/capscope.ts";
import { bootContainer, type Container } from "./container/container.ts";

const SLEEP = "/bin/sleep infinity";

/** Lines of [Service]. */
const SERVICES: Readonly<Record<string, string>> = {
  // Gives root up in a process of its own, and capabilities in the other.
  dropping: `ExecStart=/bin/sh -c 'setpriv --reuid=33 --clear-groups ${SLEEP} & exec setpriv --bounding-set=-all,+kill,+chown --inh-caps=-all ${SLEEP}'`,
  user: `User=33\nAmbientCapabilities=CAP_KILL CAP_NET_RAW\nNoNewPrivileges=yes\nExecStart=${SLEEP}`,
  open: `ExecStart=${SLEEP}`,
  declared: `CapabilityBoundingSet=CAP_CHOWN CAP_KILL\nExecStart=${SLEEP}`,
  stopped: `ExecStart=${SLEEP}`,
  traced: `ExecStart=${SLEEP}`,
};

const boot = await bootContainer();
if (boot.kind === "impossible") {
  const title = "hardening units of a real systemd";
  console.warn(`skipped: ${title}: ${boot.reason}`);
  describe.skip(`${title} (${boot.reason})`, () => {});
} else {
  const { container } = boot;
  describe("hardening units of a real systemd", () => {
    beforeAll(() => startServices(container));
    afterAll(() => container.stop());
    testUnits(container);
  });
}

function startServices(container: Container): void {
  for (const [name, lines] of Object.entries(SERVICES)) {
    const text = `[Unit]\nDefaultDependencies=no\n[Service]\nType=exec\n${lines}\n`;
    write(container, `/etc/systemd/system/${name}.service`, text);
  }
  container.run("systemctl", "daemon-reload");
  container.run("systemctl", "start", "dropping", "user", "open");
}

function write(container: Container, path: string, text: string): void {
  container.run("sh", "-c", 'mkdir -p "${0%/*}" && printf %s "$1" >"$0"', path, text);
}

function testUnits(container: Container): void {
  const harden = (...words: readonly string[]) =>
    runCapscope(["harden", ...words], { prefix: container.prefix });

  /** Writes the drop-in where it says that it belongs, and restarts the unit under it. */
  const confine = (unit: string): readonly TaskStatus[] => {
    const { status, stdout, stderr } = harden("systemd", "--unit", unit);
    expect([status, stderr]).toEqual([0, ""]);
    const [, place = ""] = /^# (\/\S+)\n/.exec(stdout) ?? [];
    expect(place).toBe(`/etc/systemd/system/${unit}.service.d/50-capabilities.conf`);
    write(container, place, stdout);
    container.run("systemctl", "daemon-reload");
    container.run("systemctl", "restart", unit);
    return processesOf(unit);
  };

  const processesOf = (unit: string): readonly TaskStatus[] => {
    const group = container.run("systemctl", "show", "-P", "ControlGroup", unit).trim();
    const script =
      'for pid in $(cat /sys/fs/cgroup"$0"/cgroup.procs); do cat /proc/$pid/status; done';
    const text = container.run("sh", "-c", script, group);
    return text
      .split(/(?=^Name:)/m)
      .map(parseStatus)
      .filter(({ comm }) => comm === "sleep");
  };

  test("a user's service has after it what it had, and cannot gain more", () => {
    const [status, ...others] = confine("user");
    expect(others).toEqual([]);
    const kept = maskOf(["kill", "net_raw"]);
    const { permitted, effective, bounding, ambient, noNewPrivs, uids, seccomp } = status!;
    expect([permitted, effective, bounding, ambient]).toEqual([kept, kept, kept, kept]);
    expect([noNewPrivs, uids[0], seccomp]).toEqual([true, 33, "filter"]);
  });

  test("a service starts under all the sandboxing that a trace allows, with exactly the set", () => {
    const path = "/etc/systemd/system/traced.service.d/50-capabilities.conf";
    write(container, path, written("never-root", "systemd"));
    container.run("systemctl", "daemon-reload");
    container.run("systemctl", "start", "traced");
    const [status] = processesOf("traced");
    const kept = maskOf(["net_bind_service"]);
    const { permitted, effective, bounding, ambient, noNewPrivs, uids, seccomp } = status!;
    expect([permitted, effective, bounding, ambient]).toEqual([kept, kept, kept, kept]);
    expect([noNewPrivs, uids[0], seccomp]).toEqual([true, 33, "filter"]);
    const shown = container.run("systemctl", "show", "-P", "ProtectSystem", "traced");
    expect(shown).toBe("full\n");
  });

  test("a service that starts as root can change its user again, and no more", () => {
    const text = harden("systemd", "--unit", "dropping").stdout;
    expect(text).toContain("CAP_SETUID: it starts as root, and a process of it is of another user");
    expect(text).toContain("CAP_CHOWN: held by a process of the unit");
    expect(text).toContain("Attention: What a process holds is not what it needs");
    const before = processesOf("dropping").map(({ uids }) => uids[0]);
    expect(before.toSorted()).toEqual([0, 33]);
  });

  test("a service that holds everything is told that this limits nothing", () => {
    const { status, stdout } = harden("docker", "--unit", "open");
    expect(status).toBe(0);
    expect(stdout).toContain(
      "Attention: It holds every capability that root has here: this limits nothing.",
    );
  });

  test("of a unit that does not run, what it declares counts; one that declares nothing is refused", () => {
    const declared = harden("systemd", "--unit", "declared");
    expect(declared.stdout).toContain("CAP_KILL: declared by the unit");
    expect(declared.stdout).toContain("\nCapabilityBoundingSet=CAP_CHOWN CAP_KILL\n");
    const { status, stdout, stderr } = harden("systemd", "--unit", "stopped");
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("declares no limit");
    expect(harden("systemd", "--unit", "no-such").status).toBe(2);
  });
}
