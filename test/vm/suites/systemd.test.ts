// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { appendFileSync, cpSync, mkdirSync, writeFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Endpoint, ExposureReport, Process } from "../../../src/exposure/model.ts";
import { parseReport, runCapscope } from "../../privileged/harness/capscope.ts";
import { needed, NO_TRACE, readProfile, type Traced } from "../../privileged/harness/traced.ts";
import { testUnless } from "../../skip.ts";
import { whyNoGuest, whyNoSystemd } from "../whether-guest.ts";

const UNITS = fileURLToPath(new URL("../../systemd/container/units", import.meta.url));
const USER = 4242;

/** At its start it takes a low port; then it asks for CAP_SETGID ten times a second. */
const PROBE = `import os, socket, time
listener = socket.socket()
listener.bind(("127.0.0.1", 81))
listener.listen()
while True:
  os.setgroups([])
  time.sleep(0.1)
`;
const PROBE_SERVICE = `[Unit]
DefaultDependencies=no
[Service]
Type=exec
User=${USER}
NoNewPrivileges=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_SETGID
CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_SETGID
ExecStart=/usr/bin/python3 /run/probe.py
`;

describe("systemd as process 1", () => {
  const reason = whyNoGuest() ?? whyNoSystemd();
  let report: ExposureReport;

  beforeAll(() => {
    if (reason !== null) return;
    appendFileSync("/etc/passwd", `\ncapscope-test:x:${USER}:4243::/nonexistent:/bin/sh\n`);
    appendFileSync("/etc/group", "\ncapscope-test:x:4243:\n");
    cpSync(`${UNITS}/system`, "/run/systemd/system", { recursive: true });
    mkdirSync("/run/systemd/user", { recursive: true });
    cpSync(`${UNITS}/user`, "/run/systemd/user", { recursive: true });
    writeFileSync("/run/probe.py", PROBE);
    writeFileSync("/run/systemd/system/probe.service", PROBE_SERVICE);
    control("daemon-reload");
    // The last of them is ready when the user manager is.
    control("start", "capscope-test.target", "probe.service", "ready.service");
    report = readReport();
  });
  afterAll(() => {
    if (reason === null) control("stop", "probe.service", `user@${USER}.service`);
  });

  const endpoint = (id: string): Endpoint => report.endpoints.find((each) => each.id === id)!;
  const ownersOf = (id: string): Process[] =>
    endpoint(id).owners.map(({ pid }) => report.processes.find((each) => each.pid === pid)!);

  testUnless(reason, "a service is named, with what its unit gave it", () => {
    const [owner] = ownersOf("tcp:127.0.0.1:81");
    expect(owner).toMatchObject({ unit: "probe.service", slice: "system.slice" });
    expect(owner!.uids.effective).toBe(USER);
    expect(owner!.capabilities.permitted.toSorted()).toEqual(["net_bind_service", "setgid"]);
    expect(owner!.defenses.noNewPrivs).toBe(true);
    expect(owner!.openEndedBounding).toBe(false);
  });

  testUnless(reason, "sockets that wait for their service name both units", () => {
    for (const id of ["tcp:[::]:8080", "tcp:127.0.0.1:8081", "udp:[::1]:8082"]) {
      expect(endpoint(id).socketUnit).toEqual({ unit: "web.socket", activates: "web.service" });
      expect(ownersOf(id).map(({ pid, unit }) => [pid, unit])).toEqual([[1, "init.scope"]]);
    }
    const unix = report.endpoints.find((each) => each.unix?.name === "/run/with space.sock");
    expect(unix?.socketUnit?.unit).toBe("web.socket");
    expect(endpoint("tcp:0.0.0.0%lo:7").socketUnit?.activates).toBe("echo@.service");
  });

  testUnless(reason, "once it is activated, the service owns the socket too", () => {
    control("start", "web.service");
    const now = readReport();
    const found = now.endpoints.find(({ id }) => id === "tcp:127.0.0.1:8081");
    const units = found?.owners.map(({ pid }) => now.processes.find((each) => each.pid === pid));
    expect(units?.map((each) => each?.unit).toSorted()).toEqual(["init.scope", "web.service"]);
  });

  testUnless(reason, "a socket of a user's manager names the user and the unit", () => {
    expect(endpoint("tcp:127.0.0.1:9000").socketUnit?.unit).toBe("api.socket");
    const [owner] = ownersOf("tcp:127.0.0.1:9000");
    expect(owner?.userUnitOf).toBe(USER);
  });

  testUnless(reason ?? NO_TRACE, "trace --unit follows a service that runs", () => {
    const seen = follow("--unit", "probe", "--duration", "1.5");
    expect(needed(seen)).toEqual(["setgid"]);
    expect(seen.run.subject).toMatchObject({ kind: "unit", unit: "probe.service" });
  });

  testUnless(
    reason ?? NO_TRACE,
    "trace --unit --restart sees the start, and nothing of systemd",
    () => {
      const seen = follow("--unit", "probe.service", "--restart", "--duration", "4");
      expect(needed(seen)).toEqual(["net_bind_service", "setgid"]);
      const programs = seen.run.images.map(({ exe }) => exe);
      expect(programs.filter((exe) => exe?.includes("systemd"))).toEqual([]);
    },
  );

  testUnless(reason ?? NO_TRACE, "trace --service runs its command as the unit would", () => {
    control("stop", "probe.service");
    const unit = "/run/systemd/system/probe.service";
    const file = "/run/probe.profile.json";
    const words = ["trace", "--json", "-o", file, "--duration", "3", "--service", unit];
    // What is left running must not hold a pipe that somebody waits for.
    const prefix = ["sh", "-c", 'exec "$@" >/dev/null 2>&1', "sh"];
    expect(runCapscope(words, { prefix }).status).toBe(0);
    const { profile } = readProfile(readFileSync(file, "utf8"));
    expect(needed({ profile })).toEqual(["net_bind_service", "setgid"]);
    for (const { pid, exe } of profile.runs[0]!.images) {
      if (exe?.includes("python") === true) process.kill(pid, "SIGKILL");
    }
  });

  testUnless(reason ?? NO_TRACE, "a user's slice has what the user's manager runs", () => {
    const path = `/user.slice/user-${USER}.slice`;
    const { run } = follow("--cgroup", path, "--duration", "1");
    expect(run.subject).toEqual({ kind: "cgroup", path });
    expect(run.coverage.lost.checks).toBe(0);
  });
});

function control(...words: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["systemctl", ...words]);
  if (exitCode !== 0) throw new Error(`systemctl ${words.join(" ")}: ${stderr.toString()}`);
}

function readReport(): ExposureReport {
  const run = runCapscope(["exposure", "--json", "--unix", "--allow-partial"]);
  if (run.status !== 0) throw new Error(run.stderr);
  return parseReport(run.stdout);
}

function follow(...words: readonly string[]): Pick<Traced, "profile" | "run" | "findings"> {
  const { status, stdout, stderr } = runCapscope(["trace", "--json", ...words]);
  if (status === 4) throw new Error(JSON.stringify(readProfile(stdout).run.coverage));
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return readProfile(stdout);
}
