// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testUnless } from "../skip.ts";
import { CAPSCOPE, runCapscope } from "./harness/capscope.ts";
import {
  enterControlGroup,
  FOLLOWABLE_HIERARCHY,
  unusableControlGroups,
} from "./harness/control-group.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";
import { needed, NO_TRACE, python, readProfile, type Traced } from "./harness/traced.ts";

const folder = openTemporaryDirectory();
afterAll(() => folder.close());

const traced = (title: string, body: () => void | Promise<void>): void =>
  testUnless(NO_TRACE ?? unusableControlGroups(), title, body);

/** Asks for CAP_SETGID every tenth of a second, itself and by a program that it starts. */
const DAEMON = python(
  "import os, subprocess, time",
  "while True:",
  "  os.setgroups([])",
  "  subprocess.run(['/bin/chown', '1', '/dev/null/x'], stderr=subprocess.DEVNULL)",
  "  time.sleep(0.1)",
);

interface Daemon {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

function startDaemon(): Daemon {
  const child = Bun.spawn(DAEMON, { stdio: ["ignore", "ignore", "ignore"] });
  return {
    pid: child.pid,
    stop: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

function follow(...words: string[]): Pick<Traced, "profile" | "run" | "findings"> {
  const { status, stdout, stderr } = runCapscope(["trace", "--json", "--duration", "1", ...words]);
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return readProfile(stdout);
}

describe("following what runs", () => {
  traced("by pid sees the process and what it starts from then on", async () => {
    const daemon = startDaemon();
    const result = follow("--pid", String(daemon.pid));
    await daemon.stop();
    expect(needed(result)).toEqual(["setgid"]);
    expect(result.run.subject).toMatchObject({ kind: "process", pid: daemon.pid });
    expect(result.run.images[0]).toMatchObject({ pid: daemon.pid, attached: true });
    expect(result.run.images[0]?.argv).toEqual(DAEMON);
    expect(result.run.images.some(({ exe }) => exe === "/bin/chown")).toBeTrue();
    expect(result.findings.get("setgid")!.granted).toBeGreaterThan(0);
  });

  traced("ends when the process does, though no limit was set", async () => {
    const child = Bun.spawn(["sleep", "2"]);
    const run = runCapscope(["trace", "--pid", String(child.pid)]);
    expect(run.status).toBe(0);
    expect(run.stdout).toContain("Inconclusive");
    await child.exited;
  });

  traced("ends on request, with the report on standard output", async () => {
    const daemon = startDaemon();
    const words = [...CAPSCOPE, "trace", "--format", "caps", "--pid", String(daemon.pid)];
    const child = Bun.spawn(words, { stdio: ["ignore", "pipe", "inherit"] });
    await Bun.sleep(700);
    child.kill("SIGINT");
    expect(await child.exited).toBe(0);
    await daemon.stop();
    expect(await new Response(child.stdout).text()).toBe("CAP_SETGID\n");
  });

  traced("by a pid that is not there fails", () => {
    const { status, stderr } = runCapscope(["trace", "--pid", "2147483647"]);
    expect([status, stderr]).toEqual([
      3,
      "capscope: error: following process 2147483647: no such process\n",
    ]);
  });

  traced("by control group sees its members and nobody else", async () => {
    const member = startDaemon();
    const stranger = startDaemon();
    const path = `/capscope-test-${process.pid}/service`;
    const leave = enterControlGroup(path, member.pid, FOLLOWABLE_HIERARCHY);
    try {
      const { run, findings } = follow("--cgroup", path);
      const pids = run.observations
        .filter(({ capability }) => capability === "setgid")
        .map(({ image }) => run.images.find(({ id }) => id === image)?.pid);
      expect(new Set(pids)).toEqual(new Set([member.pid]));
      expect(findings.get("setgid")!.granted).toBeGreaterThan(0);
    } finally {
      leave();
      await member.stop();
      await stranger.stop();
    }
  });

  traced("by control group leaves the tracer out, and says so", async () => {
    const member = startDaemon();
    try {
      const { run } = follow("--cgroup", "/");
      expect(run.images.map(({ pid }) => pid)).toContain(member.pid);
      expect(run.coverage.gaps).toContain(
        "capscope itself runs in what was followed, and was left out",
      );
    } finally {
      await member.stop();
    }
  });

  traced("by the beginning of a container's id sees the container", async () => {
    const member = startDaemon();
    const id = `${process.pid}`.padStart(8, "0").padEnd(64, "e");
    const leave = enterControlGroup(`/docker/${id}`, member.pid, FOLLOWABLE_HIERARCHY);
    try {
      const { run } = follow("--container", id.slice(0, 12));
      expect(run.subject).toEqual({ kind: "container", id, runtime: "docker" });
      expect(run.images.map(({ pid }) => pid)).toContain(member.pid);
    } finally {
      leave();
      await member.stop();
    }
  });

  traced("of a control group or container that is not there fails", () => {
    for (const words of [
      ["--cgroup", "/no-such-group"],
      ["--container", "ffffffffffff"],
    ]) {
      const { status, stderr } = runCapscope(["trace", ...words]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/no (such|running) /);
    }
  });
});

describe("the command of a service file", () => {
  const unit = join(folder.path, "probe.service");
  const write = (...lines: string[]): void =>
    writeFileSync(unit, ["[Service]", ...lines, ""].join("\n"));

  traced("runs with the unit's user and ambient capabilities", () => {
    write(
      "User=nobody",
      "AmbientCapabilities=CAP_NET_BIND_SERVICE",
      "CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_CHOWN",
      "NoNewPrivileges=yes",
      "PrivateTmp=yes",
      `ExecStart=-/usr/bin/python3 -c "import socket; socket.socket().bind(('127.0.0.1', 81))"`,
    );
    const file = join(folder.path, "service.json");
    const words = ["trace", "--json", "-o", file, "--service", unit];
    const { status, stderr } = runCapscope(words, { prefix: ["unshare", "--net", "--"] });
    expect([status, stderr]).toEqual([0, ""]);
    const { run, findings } = readProfile(readFileSync(file, "utf8"));
    expect(run.subject).toMatchObject({ kind: "service", unit: "probe.service", file: unit });
    expect(run.credentials[0]).toMatchObject({
      uid: 65534,
      permitted: ["net_bind_service"],
      ambient: ["net_bind_service"],
      bounding: ["chown", "net_bind_service"],
      noNewPrivileges: true,
    });
    expect(findings.get("net_bind_service")?.verdict).toBe("required");
    expect(run.coverage.gaps).toContain("PrivateTmp=yes is not applied");
  });

  traced("may get other arguments, or be another command", () => {
    write("ExecStart=/bin/echo first");
    expect(runCapscope(["trace", "--service", unit]).stdout).toBe("first\n");
    expect(runCapscope(["trace", "--service", unit, "--", "-n", "x"]).stdout).toBe("x");
    expect(runCapscope(["trace", "--service", unit, "--", "/bin/echo", "y"]).stdout).toBe("y\n");
  });

  traced("that cannot be read, or has no command, is refused", () => {
    write("User=nobody");
    expect(runCapscope(["trace", "--service", unit])).toMatchObject({ status: 2 });
    expect(runCapscope(["trace", "--service", "/nonexistent.service"]).status).toBe(2);
  });
});

describe("the command line", () => {
  testUnless(null, "asks for exactly one thing to trace", () => {
    for (const words of [[], ["--pid", "1", "--", "true"], ["--unit", "a", "--cgroup", "/"]]) {
      const { status, stderr } = runCapscope(["trace", ...words]);
      expect(status).toBe(2);
      expect(stderr).toContain("--pid, --unit, --service, --container or --cgroup");
    }
    expect(runCapscope(["trace", "--restart", "--", "true"]).status).toBe(2);
    expect(runCapscope(["trace", "--user", "nobody", "--pid", "1"]).status).toBe(2);
  });
});
