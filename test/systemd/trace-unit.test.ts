// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Run, runCapscope } from "../privileged/harness/capscope.ts";
import { needed, NO_TRACE, readProfile, type Traced } from "../privileged/harness/traced.ts";
import { type Boot, bootContainer, type Container, type Layout } from "./container/container.ts";
import { startTraceUnits, USER } from "./container/trace-units.ts";

const TESTS: Readonly<Record<Layout, (container: Container) => void>> = {
  unified: (container) => {
    testBasics(container);
    testUnits(container);
    testGroups(container);
  },
  hybrid: testBasics,
  legacy: testBasics,
};

for (const layout of ["unified", "hybrid", "legacy"] as const) {
  const title = `tracing units of a real systemd, ${layout} control groups`;
  const boot = await bootUnless(NO_TRACE, layout);
  if (boot.kind === "impossible") {
    console.warn(`skipped: ${title}: ${boot.reason}`);
    describe.skip(`${title} (${boot.reason})`, () => {});
    continue;
  }
  const { container } = boot;
  describe(title, () => {
    beforeAll(() => startTraceUnits(container));
    afterAll(() => container.stop());
    TESTS[layout](container);
  });
}

async function bootUnless(reason: string | null, layout: Layout): Promise<Boot> {
  return reason === null ? bootContainer(layout) : { kind: "impossible", reason };
}

const AMBIENT = ["setgid", "net_bind_service"];
const PREPARATION = "/bin/chown 4242 /run/data";
const PROBE = "/usr/bin/python3 /run/probe.py";

type Seen = Pick<Traced, "profile" | "run" | "findings"> & { readonly tookMs: number };

/** What sets a process up as its unit asks: systemd uses it before the unit's program runs. */
const SET_UP = ["setuid", "setpcap", "sys_chroot", "sys_resource"];

const capscope = ({ prefix }: Container, ...words: readonly string[]): Run =>
  runCapscope(["trace", ...words], { prefix });

function follow(container: Container, ...words: readonly string[]): Seen {
  const beganMs = performance.now();
  const { status, stdout, stderr } = capscope(container, "--json", ...words);
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return { ...readProfile(stdout), tookMs: performance.now() - beganMs };
}

function testBasics(container: Container): void {
  test("one that runs: its checks and nobody else's, with the program's name", () => {
    const seen = follow(container, "--unit", "probe", "--duration", "0.8");
    expect(seen.run.subject).toEqual({ kind: "unit", unit: "probe.service" });
    expect(needed(seen)).toEqual(["setgid"]);
    expect(seen.findings.get("sys_chroot")).toBeUndefined();
    const attached = seen.run.images.find((image) => image.attached);
    expect(attached?.exe).toMatch(/^\/usr\/bin\/python3/);
    expect(attached?.argv).toEqual(["/usr/bin/python3", "/run/probe.py"]);
    expect(seen.run.credentials[0]).toMatchObject({ uid: USER, ambient: AMBIENT });
    expect(seen.run.images.map(({ exe }) => exe)).toContain("/bin/chown");
    expect(seen.run.coverage.gaps).toContain("what ran before the trace was not seen");
  });

  test("one that is restarted: its start, without what systemd does before it", () => {
    const seen = follow(container, "--unit", "probe", "--restart", "--duration", "1.5");
    expect(needed(seen)).toEqual(["chown", "net_bind_service", "setgid"]);
    for (const each of SET_UP) expect(seen.findings.get(each)).toBeUndefined();
    expect(seen.findings.get("net_bind_service")!.granted).toBe(1);
    // The process that was there before may have started programs until its end.
    const commands = seen.run.images.map(({ argv }) => argv?.join(" "));
    const first = commands.indexOf(PREPARATION);
    expect(commands.slice(first, first + 2)).toEqual([PREPARATION, PROBE]);
    const main = seen.run.images[first + 1];
    expect(main?.attached).toBeFalse();
    const row = seen.run.credentials.find(({ image }) => image === main?.id);
    expect(row).toMatchObject({ uid: USER, permitted: AMBIENT, phase: "start-up" });
    expect(seen.run.coverage).toMatchObject({ complete: true, gaps: [] });
  });

  test("a job in a slice that nothing ran in before ends the trace when it is done", () => {
    const seen = follow(container, "--unit", "job", "--restart", "--duration", "20");
    expect(seen.tookMs).toBeLessThan(10_000);
    expect(needed(seen)).toEqual(["sys_chroot"]);
    expect(seen.run.images.map(({ exitCode }) => exitCode)).toEqual([7]);
  });
}

function testUnits(container: Container): void {
  test("a restart that is interrupted reports what it saw until then", () => {
    const interrupt = ["timeout", "--preserve-status", "--signal=INT", "1.5"];
    const words = ["trace", "--unit", "probe", "--restart", "--format", "caps"];
    const run = runCapscope(words, { prefix: [...container.prefix, ...interrupt] });
    expect(run).toEqual({
      status: 0,
      stdout: "CAP_CHOWN\nCAP_SETGID\nCAP_NET_BIND_SERVICE\n",
      stderr: "",
    });
  });

  test("one that is done ends the trace, though systemd calls it active", () => {
    const seen = follow(container, "--unit", "done", "--restart", "--duration", "20");
    expect(container.run("systemctl", "is-active", "done.service")).toBe("active\n");
    expect(seen.tookMs).toBeLessThan(10_000);
    expect(needed(seen)).toEqual(["sys_chroot"]);
  });

  test("one that comes again by itself is followed from start to start", () => {
    const { run } = follow(container, "--unit", "again", "--restart", "--duration", "1");
    container.run("systemctl", "stop", "again.service");
    expect(run.images.length).toBeGreaterThan(1);
    expect(new Set(run.images.map(({ parentPid }) => parentPid))).toEqual(new Set([container.pid]));
  });

  test("one that does not get ready does not hold the trace up", () => {
    const seen = follow(container, "--unit", "unready", "--restart", "--duration", "0.8");
    container.run("systemctl", "stop", "unready.service");
    expect(seen.tookMs).toBeLessThan(5000);
    expect(needed(seen)).toEqual(["sys_chroot"]);
    expect(seen.run.coverage.gaps).toEqual(["the trace ended before the start did"]);
  });

  test("a start that fails is told at once, in systemctl's words", () => {
    const beganMs = performance.now();
    const run = capscope(container, "--unit", "broken", "--restart", "--duration", "20");
    expect(performance.now() - beganMs).toBeLessThan(10_000);
    expect([run.status, run.stdout]).toEqual([3, ""]);
    expect(run.stderr).toContain("error: restarting broken.service: systemctl: Job for broken");
  });

  test("what systemd starts to set a process up is not the unit's", () => {
    const { run, findings } = follow(
      container,
      "--unit",
      "executor",
      "--restart",
      "--duration",
      "5",
    );
    expect(run.images.map(({ exe }) => exe)).toEqual(["/bin/true"]);
    expect(findings.get("sys_chroot")).toBeUndefined();
  });

  test.each([
    ["idle", "idle.service has no processes: it is inactive", "--restart shows its start"],
    ["none", "no such unit: none.service", "systemctl list-units"],
    ["idle@", "idle@.service is a template", "name an instance: idle@NAME.service"],
    ["none.target", "none.target has no processes", "name the service"],
  ])("%s cannot be followed, and why", (unit, message, hint) => {
    const { status, stdout, stderr } = capscope(container, "--unit", unit);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toStartWith(`capscope: error: ${message}\ncapscope: hint: `);
    expect(stderr).toContain(hint);
  });
}

function testGroups(container: Container): void {
  test.each(["/system.slice/probe.service", "/sys/fs/cgroup/system.slice/probe.service"])(
    "by its control group, %s, it is seen alike",
    (path) => {
      const seen = follow(container, "--cgroup", path, "--duration", "0.5");
      expect(seen.run.subject).toEqual({ kind: "cgroup", path: "/system.slice/probe.service" });
      expect(needed(seen)).toEqual(["setgid"]);
    },
  );

  test("a scope ends the trace when it ends", () => {
    const script = "systemd-run --quiet --scope --unit=lab sh -c 'for i in 1 2 3 4 5; do ";
    container.run("sh", "-c", `${script} chroot / true; sleep 0.3; done' >/dev/null 2>&1 &`);
    container.run("sh", "-c", "until systemctl --quiet is-active lab.scope; do sleep 0.02; done");
    const seen = follow(container, "--unit", "lab.scope", "--duration", "20");
    expect(seen.tookMs).toBeLessThan(10_000);
    expect(needed(seen)).toEqual(["sys_chroot"]);
  });

  test("a user's slice has what the user's manager runs", () => {
    const seen = follow(
      container,
      "--cgroup",
      `/user.slice/user-${USER}.slice`,
      "--duration",
      "0.7",
    );
    expect(needed(seen)).toEqual([]);
    expect(seen.findings.get("sys_chroot")).toMatchObject({ granted: 0, verdict: "denied" });
    expect(seen.findings.get("setgid")).toBeUndefined();
  });
}
