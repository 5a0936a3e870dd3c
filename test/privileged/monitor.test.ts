// SPDX-License-Identifier: Apache-2.0
import { afterAll, expect } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askWithPid, startAsking } from "./harness/asking-process.ts";
import { runCapscope } from "./harness/capscope.ts";
import { enterControlGroup, unusableControlGroups } from "./harness/control-group.ts";
import { traced } from "./harness/followed-command.ts";
import { checksOf, coverageOf, monitorLines, startMonitor } from "./harness/monitor.ts";

const PYTHON = "/usr/bin/python3";
const folder = mkdtempSync(join(tmpdir(), "capscope-monitor-"));
Bun.spawnSync(["chmod", "755", folder]);
writeFileSync(join(folder, "file"), "");
afterAll(() => rmSync(folder, { recursive: true }));

/** Python under a name that nothing else on the machine has: its comm is the name's beginning. */
function pythonAs(name: string): string {
  const path = join(folder, name);
  symlinkSync(PYTHON, path);
  return path;
}

async function run(...command: readonly string[]): Promise<void> {
  expect(await Bun.spawn([...command], { stderr: "ignore" }).exited).toBe(0);
}

const AS_NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"];
const ASK = "import os; os.setgroups([])";
const CHOWN_OFTEN = `
import os
for _ in range(1000):
  try: os.chown("${folder}/file", 0, 0)
  except PermissionError: pass`;

traced("a denial is one line while it runs, however often it is repeated", async () => {
  const program = pythonAs("cs-denied");
  const monitor = await startMonitor(["--json", "--comm", "cs-denied", "--by", "comm"]);
  await run(...AS_NOBODY, program, "-c", CHOWN_OFTEN);
  await monitor.until((text) => text.includes('"chown"'));
  expect(await monitor.end()).toBe(0);
  const lines = monitorLines(monitor.text());
  expect(lines[0]?.kind).toBe("monitor");
  const chown = checksOf(monitor.text()).filter(({ capability }) => capability === "chown");
  expect(chown).toHaveLength(1);
  expect(chown[0]).toMatchObject({ comm: "cs-denied", exe: program, granted: false });
  expect(chown[0]).toMatchObject({ verdict: "denied", gate: "setattr_prepare" });
  const totals = lines.filter((line) => line.kind === "total");
  expect(totals.find(({ capability }) => capability === "chown")).toMatchObject({
    by: "comm",
    comm: "cs-denied",
    granted: 0,
    denied: 1000,
    rest: false,
  });
  expect(coverageOf(monitor.text())).toMatchObject({
    complete: true,
    lost: { checks: 0, images: 0 },
  });
});

traced("in text a denial stands out, and what was counted is said at the end", async () => {
  const program = pythonAs("cs-text");
  const monitor = await startMonitor(["--comm", "cs-text", "--summary"]);
  await run(...AS_NOBODY, program, "-c", CHOWN_OFTEN);
  await monitor.until((text) => text.includes("DENIED"));
  expect(await monitor.end("SIGTERM")).toBe(0);
  expect(monitor.text()).toMatch(/^TIME +PID +COMM +UNIT +CAPABILITY +RESULT +SYSCALL +GATE\n/);
  expect(monitor.text()).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} +\d+ +cs-text +\S+ +chown +DENIED +f?chown(?:at)? +setattr_prepare$/m,
  );
  expect(monitor.text()).toMatch(/^cs-text +chown +0 +1000 /m);
  expect(await monitor.stderr()).toMatch(/^capscope: \d+ checks in [\d.]+ s: .*; nothing lost$/m);
});

traced("--denied hides what was granted, --cap other capabilities", async () => {
  const program = pythonAs("cs-filter");
  const both = `${ASK}\n${CHOWN_OFTEN.replace("1000", "1")}\nos.setresgid(1, 1, 1)`;
  const common = ["--json", "--comm", "cs-filter"];
  const denied = await startMonitor([...common, "--denied"]);
  const setgid = await startMonitor([...common, "--cap", "SETGID", "--cap", "CAP_KILL,2"]);
  await run(program, "-c", both);
  await run(...AS_NOBODY, program, "-c", CHOWN_OFTEN);
  await denied.until((text) => text.includes('"chown"'));
  await setgid.until((text) => text.includes("setresgid"));
  await Promise.all([denied.end(), setgid.end()]);
  expect(new Set(checksOf(denied.text()).map(({ granted }) => granted))).toEqual(new Set([false]));
  const capabilities = new Set(checksOf(setgid.text()).map(({ capability }) => capability));
  expect([...capabilities].every((each) => ["setgid", "dac_read_search"].includes(each))).toBe(
    true,
  );
  expect(coverageOf(denied.text()).filtered).toBeGreaterThan(0);
});

traced("--pid means the process that ran before, not the next one with its pid", async () => {
  const program = pythonAs("cs-pid");
  const first = await startAsking(program);
  const stranger = await startAsking(program);
  const one = await startMonitor(["--json", "--pid", String(first.pid)]);
  const all = await startMonitor(["--json", "--comm", "cs-pid", "--by", "pid"]);
  await first.ask();
  await stranger.ask();
  await one.until((text) => text.includes("setgroups"));
  await first.end();
  await Bun.sleep(50);
  await askWithPid(program, first.pid);
  await all.until((text) => text.split("setgroups").length > 3);
  await Promise.all([one.end(), all.end()]);
  await stranger.end();
  const setgid = checksOf(one.text()).filter(({ syscall }) => syscall === "setgroups");
  expect(setgid.map(({ pid, exe }) => [pid, exe])).toEqual([[first.pid, expect.any(String)]]);
  const same = monitorLines(all.text()).filter(
    (line) => line.kind === "total" && line.pid === first.pid && line.capability === "setgid",
  );
  expect(same.map((line) => line.kind === "total" && line.granted)).toEqual([1, 1]);
  expect(new Set(same.map((line) => line.kind === "total" && line.started)).size).toBe(2);
});

traced("--unit means the processes of the unit, short-lived ones as well", async () => {
  const reason = unusableControlGroups();
  if (reason !== null) {
    console.warn(`skipped: units: ${reason}`);
    return;
  }
  const program = pythonAs("cs-unit");
  const unit = `capscope-monitor-${process.pid}.service`;
  const shell = Bun.spawn(["sh", "-c", `read -r _; "${program}" -c "${ASK}"; read -r _`], {
    stdin: "pipe",
  });
  const undo = enterControlGroup(`/system.slice/${unit}`, shell.pid);
  const name = unit.replace(".service", "");
  const monitor = await startMonitor(["--json", "--unit", name, "--by", "unit"]);
  await run(program, "-c", ASK);
  shell.stdin.write("\n");
  await shell.stdin.flush();
  await monitor.until((text) => text.includes("setgroups"));
  await monitor.end();
  undo();
  await shell.stdin.end();
  await shell.exited;
  const setgid = checksOf(monitor.text()).filter(({ capability }) => capability === "setgid");
  expect(setgid.map((line) => [line.comm, line.unit])).toEqual([["cs-unit", unit]]);
  const total = monitorLines(monitor.text()).find(
    (line) => line.kind === "total" && line.capability === "setgid",
  );
  expect(total).toMatchObject({ by: "unit", unit, granted: 1 });
});

traced("a process has the name of the program that asks, not of the shell before it", async () => {
  const program = pythonAs("cs-label");
  const monitor = await startMonitor(["--json", "--cap", "setgid"]);
  await run("sh", "-c", `exec "${program}" -c "${ASK}"`);
  await run("sh", "-c", `"${program}" -c "${ASK}"; true`);
  await monitor.until((text) => text.split('"cs-label"').length > 2);
  await monitor.end();
  const lines = checksOf(monitor.text()).filter(({ exe }) => exe === program);
  expect(lines.map(({ comm }) => comm)).toEqual(["cs-label", "cs-label"]);
  expect(checksOf(monitor.text()).filter(({ comm }) => comm === "sh")).toEqual([]);
});

traced("a hostile name does not reach the terminal", async () => {
  const program = pythonAs("cs\x1b[31m\nroot x");
  const monitor = await startMonitor(["--comm", "cs?[[]31m*"]);
  const lines = await startMonitor(["--json", "--comm", "cs?[[]31m*"]);
  await run(program, "-c", ASK);
  await monitor.until((text) => text.includes("setgid"));
  await lines.until((text) => text.includes("setgid"));
  await Promise.all([monitor.end(), lines.end()]);
  expect(monitor.text()).not.toContain("\x1b");
  expect(monitor.text()).toContain(" cs\\x1b[31m\\x0aroot\\x20x ");
  expect(lines.text()).not.toContain("\x1b");
  expect(checksOf(lines.text())[0]?.comm).toBe("cs\x1b[31m\nroot x");
});

traced("it ends by itself after the duration, and when nobody reads any more", async () => {
  const { status, stdout } = runCapscope(["monitor", "--json", "--duration", "0.5"]);
  expect(status).toBe(0);
  expect(coverageOf(stdout).durationNs).toBeGreaterThan(0.5e9);
  expect(coverageOf(stdout).durationNs).toBeLessThan(5e9);
  const started = performance.now();
  const piped = runCapscope(["monitor", "--comm", "no-such-program"], {
    prefix: ["sh", "-c", '"$@" | head -n 1', "sh"],
  });
  expect(piped.stdout).toMatch(/^TIME/);
  expect(performance.now() - started).toBeLessThan(10_000);
});

traced("the monitor's own checks are no news, those of others like it are", async () => {
  const monitor = await startMonitor(["--json", "--all"]);
  const other = await startMonitor(["--json", "--all"]);
  await monitor.until((text) => checksOf(text).some(({ pid }) => pid === other.pid));
  await other.end();
  await monitor.end();
  expect(checksOf(monitor.text()).filter(({ pid }) => pid === monitor.pid)).toEqual([]);
});

traced(
  "a filter that cannot match is wrong usage, a user without privileges cannot observe",
  async () => {
    for (const words of [
      ["--cap", "net_rwa"],
      ["--pid", "4194305"],
      ["--pid", "none"],
      ["--by", "color"],
      ["--duration", "0"],
    ]) {
      const { status, stderr, stdout } = runCapscope(["monitor", ...words]);
      expect([words, status, stdout]).toEqual([words, 2, ""]);
      expect(stderr).toMatch(/^(?:capscope: )?error: /m);
    }
    const options = { prefix: AS_NOBODY, asOtherUser: true };
    const { status, stderr } = runCapscope(["monitor", "--duration", "1"], options);
    expect([status, stderr]).toEqual([3, expect.stringContaining("needs privileges")]);
  },
);
