// SPDX-License-Identifier: Apache-2.0
import { afterAll, expect } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCapabilityTracer } from "../../src/linux/bpf/capability-tracer.ts";
import type { CheckChange, CheckFeed, CheckRecord } from "../../src/linux/bpf/observation.ts";
import { openLibc } from "../../src/linux/ffi/libc.ts";
import { traced } from "./harness/followed-command.ts";
import { readLine } from "./harness/read-line.ts";

const PYTHON = "/usr/bin/python3";
const SYS_CHROOT = 18;
const SETGID = 6;
/** More than the maps could hold at twenty times the number; the full number takes a minute. */
const PROCESSES = Number(process.env["CAPSCOPE_TEST_PROCESSES"] ?? 3000);

const folder = mkdtempSync(join(tmpdir(), "capscope-feed-"));
afterAll(() => rmSync(folder, { recursive: true }));
const libc = await openLibc();

/** Reads until nothing has been new for `quietMs`, or the processes are done and that. */
async function readWhile(feed: CheckFeed, isBusy: () => boolean): Promise<CheckChange[]> {
  const changes: CheckChange[] = [];
  const read = (): void => void changes.push(...feed.read(libc.readBootClock()).changes);
  while (isBusy()) {
    read();
    await Bun.sleep(100);
  }
  read();
  read();
  return changes;
}

/** Each makes one check of its own: chroot(2), then true(1). */
const SPAWN = `
import os, sys
for _ in range(int(sys.argv[2])):
  pid = os.posix_spawn(sys.argv[1], [sys.argv[1], "/", "/bin/true"], {})
  if os.waitpid(pid, 0)[1] != 0: sys.exit(1)`;

traced(`of ${PROCESSES} short-lived processes none is lost, and none is kept`, async () => {
  const program = join(folder, "cs-short");
  symlinkSync("/usr/sbin/chroot", program);
  using tracer = await openCapabilityTracer({ scope: { kind: "everything" } });
  const feed = tracer.openFeed();
  const child = Bun.spawn([PYTHON, "-c", SPAWN, program, String(PROCESSES)]);
  const changes = await readWhile(feed, () => child.exitCode === null);
  expect(child.exitCode).toBe(0);
  const chroots = changes.filter(
    ({ image, check }) => image?.comm === "cs-short" && check.capability === SYS_CHROOT,
  );
  expect(chroots.reduce((sum, { added }) => sum + added, 0)).toBe(PROCESSES);
  expect(new Set(chroots.map(({ image }) => image?.id)).size).toBe(PROCESSES);
  const gates = chroots.map(({ check }) => check.stacks[0]?.frames.join(" "));
  expect(gates.filter((frames) => frames?.includes("sys_chroot") !== true)).toEqual([]);
  expect(tracer.readLost()).toEqual({ checks: 0, stacks: 0, images: 0 });
  const ids = new Set(chroots.map(({ image }) => image?.id));
  const deadline = Date.now() + 5000;
  while (tracer.readImages().some(({ id }) => ids.has(id)) && Date.now() < deadline) {
    feed.read(libc.readBootClock());
    await Bun.sleep(200);
  }
  expect(tracer.readImages().filter(({ id }) => ids.has(id))).toEqual([]);
  expect(tracer.readChecks().filter(({ image }) => ids.has(image))).toEqual([]);
  expect(tracer.readCredentials().filter(({ image }) => ids.has(image))).toEqual([]);
  expect(tracer.readOutcomes().filter(({ image }) => ids.has(image))).toEqual([]);
});

traced("what is read by changes adds up to what is read at once", async () => {
  using tracer = await openCapabilityTracer({ scope: { kind: "everything" } });
  const feed = tracer.openFeed();
  const script = `
import os, sys
print("ready", flush=True)
sys.stdin.readline()
for _ in range(100000): os.setgroups([])`;
  const child = Bun.spawn([PYTHON, "-c", script], { stdin: "pipe", stdout: "pipe" });
  await readLine(child.stdout);
  child.stdin.write("\n");
  await child.stdin.end();
  const changes = await readWhile(feed, () => child.exitCode === null);
  const mine = changes.filter(
    ({ image, check }) => image?.pid === child.pid && check.capability === SETGID,
  );
  expect(mine.length).toBeGreaterThan(1);
  expect(mine.reduce((sum, { added }) => sum + added, 0)).toBe(100_000);
  const whole = tracer
    .readChecks()
    .find(({ image, capability }) => image === mine[0]?.image?.id && capability === SETGID);
  expect(mine.at(-1)?.check.count).toBe(whole?.count);
  const told = mine.findLast(({ hasNewStacks }) => hasNewStacks)!;
  expect(gatesOf(told.check)).toEqual(gatesOf(whole!));
});

/** Innermost functions by which a row's stacks differ. */
function gatesOf({ stacks }: CheckRecord): ReadonlySet<string> {
  return new Set(stacks.map(({ frames }) => frames.join(" ")));
}
