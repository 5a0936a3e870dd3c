// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { runCapscope } from "../privileged/harness/capscope.ts";
import { NO_TRACE } from "../privileged/harness/traced.ts";
import { type Verified, verify as verifyWords } from "../privileged/harness/verified.ts";
import { testUnless } from "../skip.ts";
import { bootContainer, type Container } from "./container/container.ts";

const SLEEP = "/bin/sleep infinity";

/** Lines of [Service]. */
const SERVICES: Readonly<Record<string, string>> = {
  open: `ExecStart=${SLEEP}`,
  changed: `ExecStart=${SLEEP}`,
  bounded: `CapabilityBoundingSet=CAP_CHOWN CAP_SETGID CAP_SETUID
ExecStart=/bin/sh -c 'setpriv --reuid=33 --clear-groups sleep infinity & exec ${SLEEP}'`,
  user: `User=33
AmbientCapabilities=CAP_KILL
CapabilityBoundingSet=CAP_KILL CAP_CHOWN
NoNewPrivileges=yes
ExecStart=${SLEEP}`,
  noroot: `SecureBits=noroot noroot-locked
ExecStart=${SLEEP}`,
  full: `CapabilityBoundingSet=CAP_CHOWN
User=33
ExecStart=+${SLEEP}`,
  confined: `PrivateUsers=yes
CapabilityBoundingSet=CAP_CHOWN
ExecStart=${SLEEP}`,
};

const LIMIT = "CapabilityBoundingSet=CAP_KILL";

const serviceText = (lines: string): string =>
  `[Unit]\nDefaultDependencies=no\n[Service]\n${lines}\n`;

const boot = await bootContainer();
if (boot.kind === "impossible") {
  const title = "verifying units of a real systemd";
  console.warn(`skipped: ${title}: ${boot.reason}`);
  describe.skip(`${title} (${boot.reason})`, () => {});
} else {
  const { container } = boot;
  describe("verifying units of a real systemd", () => {
    beforeAll(() => startServices(container));
    afterAll(() => container.stop());
    testUnits(container);
  });
}

function startServices(container: Container): void {
  for (const [name, lines] of Object.entries(SERVICES)) {
    write(container, `${name}.service`, serviceText(lines));
  }
  container.run("systemctl", "daemon-reload");
  container.run("systemctl", "start", ...Object.keys(SERVICES));
}

function write(container: Container, name: string, text: string): void {
  const script = 'mkdir -p "${0%/*}" && printf %s "$1" >"$0"';
  container.run("sh", "-c", script, `/etc/systemd/system/${name}`, text);
}

function testUnits(container: Container): void {
  const { prefix } = container;
  const verify = (...words: readonly string[]): Verified => verifyWords(words, { prefix });

  test("a unit that declares nothing allows everything", () => {
    const { status, report } = verify("--unit", "open");
    expect([status, report.verdict, report.expectation.source]).toEqual([0, "confined", "unit"]);
    expect(report.expectation.capabilities.length).toBeGreaterThan(37);
  });

  test("each process of a unit is looked at, the main one first", () => {
    const { status, report } = verify("--unit", "bounded.service", "--exact");
    expect([status, report.expectation.capabilities]).toEqual([0, ["chown", "setgid", "setuid"]]);
    expect(report.holders.map(({ uid, main }) => [uid, main])).toEqual([
      [0, true],
      [33, false],
    ]);
    expect(verify("--unit", "bounded", "--cap", "chown").report.differences.length).toBe(2);
  });

  test("a user gets what is ambient, and no more", () => {
    const { status, report } = verify("--unit", "user");
    expect(status).toBe(0);
    expect(report.expectation).toMatchObject({
      capabilities: ["chown", "kill"],
      ambient: ["kill"],
      noNewPrivileges: true,
      uid: 33,
    });
    const [, permitted] = report.holders[0]!.sets;
    expect([permitted?.expected, permitted?.actual]).toEqual([["kill"], ["kill"]]);
  });

  test('a command with "+" before it is not limited, which is noted', () => {
    const { status, report } = verify("--unit", "full");
    expect(status).toBe(0);
    expect(report.notes[0]).toStartWith('ExecStart= begins with "+"');
    expect(verify("--unit", "full", "--cap", "chown").status).toBe(1);
  });

  testUnless(NO_TRACE, "secure bits are those that the unit sets", () => {
    const { status, report } = verify("--unit", "noroot");
    expect(status).toBe(0);
    expect(report.expectation.securebits).toEqual(["noroot", "noroot-locked"]);
    expect(report.holders[0]!.securebits).toEqual(["noroot", "noroot-locked"]);
    expect(verify("--unit", "open").report.holders[0]!.securebits).toEqual([]);
  });

  test("a unit with a user namespace of its own is compared in it", () => {
    const { status, report } = verify("--unit", "confined", "--exact");
    expect([status, report.holders[0]!.compared]).toEqual([0, true]);
  });

  test("a unit that was changed differs from its processes until it is restarted", () => {
    // systemd compares times of modification, to the microsecond.
    write(container, "changed.service", serviceText(`${SERVICES["changed"]}\n${LIMIT}`));
    const before = verify("--unit", "changed");
    expect([before.status, before.report.notes.length]).toEqual([0, 1]);
    container.run("systemctl", "daemon-reload");
    const { status, report } = verify("--unit", "changed");
    expect([status, report.differences[0]?.sets]).toEqual([
      1,
      ["permitted", "effective", "bounding"],
    ]);
    container.run("systemctl", "restart", "changed");
    expect(verify("--unit", "changed", "--exact").status).toBe(0);
  });

  test.each([
    ["gone", 2, "no such unit: gone.service"],
    ["ready", 3, "ready.service has no processes: it is"],
    ["system.slice", 2, "system.slice declares no capabilities"],
  ])("%s cannot be verified: status %i", (unit, status, message) => {
    const run = runCapscope(["verify", "--unit", unit], { prefix });
    expect([run.status, run.stdout]).toEqual([status, ""]);
    expect(run.stderr).toContain(message);
  });
}
