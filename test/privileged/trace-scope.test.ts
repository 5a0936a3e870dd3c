// SPDX-License-Identifier: Apache-2.0
import { afterAll, expect } from "bun:test";
import { existsSync, mkdirSync, realpathSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openCapabilityTracer } from "../../src/linux/bpf/capability-tracer.ts";
import type { CapabilityTracer, CheckRecord } from "../../src/linux/bpf/observation.ts";
import { traced } from "./harness/followed-command.ts";
import { readLine } from "./harness/read-line.ts";

const PYTHON = "/usr/bin/python3";
const SETGID = 6;

/** Where a hierarchy is mounted: a v1 controller's own, or the v2 tree. */
function rootOf(hierarchy: string): string | null {
  const paths =
    hierarchy === "unified"
      ? ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"]
      : [`/sys/fs/cgroup/${hierarchy}`];
  return paths.find((path) => existsSync(join(path, "cgroup.procs"))) ?? null;
}

const made: string[] = [];
afterAll(() => {
  for (const folder of made.toReversed()) if (existsSync(folder)) rmdirSync(folder);
});

/** Makes a control group, and one in it. */
function makeGroups(root: string): { readonly outer: string; readonly inner: string } {
  const outer = join(root, `capscope-test-${process.pid}`);
  const inner = join(outer, "worker");
  mkdirSync(inner, { recursive: true });
  made.push(outer, inner);
  return { outer, inner };
}

/** A python that does as it is told, a line at a time: "ask" makes a check. */
async function startPython(group: string | null): Promise<{
  readonly pid: number;
  readonly tell: (order: string) => Promise<void>;
  readonly end: () => Promise<void>;
}> {
  const script = `
import os, sys
def ask(): os.setgroups([])
def fork():
  pid = os.fork()
  if pid == 0:
    ask()
    os._exit(0)
  os.waitpid(pid, 0)
def run(): os.spawnv(os.P_WAIT, "${PYTHON}", ["python3", "-c", "import os; os.setgroups([])"])
def enter(path): open(path + "/cgroup.procs", "w").write(str(os.getpid()))
print("ready", flush=True)
for line in sys.stdin:
  eval(line)
  print("done", flush=True)`;
  const child = Bun.spawn([PYTHON, "-c", script], { stdin: "pipe", stdout: "pipe" });
  await readLine(child.stdout);
  if (group !== null) writeFileSync(join(group, "cgroup.procs"), String(child.pid));
  return {
    pid: child.pid,
    tell: async (order) => {
      child.stdin.write(`${order}\n`);
      await child.stdin.flush();
      await readLine(child.stdout);
    },
    end: async () => {
      await child.stdin.end();
      await child.exited;
    },
  };
}

function setgidChecks(tracer: CapabilityTracer): readonly CheckRecord[] {
  return tracer.readChecks().filter(({ capability }) => capability === SETGID);
}

function total(checks: readonly CheckRecord[]): number {
  return checks.reduce((sum, { count }) => sum + count, 0);
}

for (const hierarchy of ["unified", "pids", "memory", "devices", "cpu", "freezer"]) {
  const root = rootOf(hierarchy);
  if (root === null) continue;
  traced(`in a control group of ${hierarchy}, members are followed and nobody else`, async () => {
    const { outer, inner } = makeGroups(root);
    const member = await startPython(inner);
    const stranger = await startPython(null);
    const id = statSync(outer, { bigint: true }).ino;
    const scope = { kind: "cgroup", group: { hierarchy, id } } as const;
    using tracer = await openCapabilityTracer({ scope });
    for (const order of ["ask()", "fork()", "run()"]) await stranger.tell(order);
    expect(setgidChecks(tracer)).toEqual([]);
    for (const order of ["ask()", "fork()", "run()"]) await member.tell(order);
    const images = tracer.readImages().filter(({ pid }) => pid !== process.pid);
    expect(total(setgidChecks(tracer))).toBe(3);
    expect(images.map(({ origin, exe }) => [origin, exe])).toEqual([
      ["attached", realpathSync(PYTHON)],
      ["exec", PYTHON],
    ]);
    await member.end();
    await stranger.end();
  });
}

traced("what comes into a control group is followed, as a program from its exec on", async () => {
  const root = rootOf("unified") ?? rootOf("pids")!;
  const hierarchy = rootOf("unified") === null ? "pids" : "unified";
  const { outer } = makeGroups(root);
  const id = statSync(outer, { bigint: true }).ino;
  using tracer = await openCapabilityTracer({
    scope: { kind: "cgroup", group: { hierarchy, id } },
  });
  const newcomer = await startPython(null);
  await newcomer.tell("ask()");
  await newcomer.tell(`enter("${outer}")`);
  await newcomer.tell("ask()");
  await newcomer.tell("run()");
  const images = tracer.readImages();
  expect(images.map(({ origin }) => origin)).toEqual(["held", "exec"]);
  expect(setgidChecks(tracer).map(({ image, count }) => [image, count])).toEqual(
    images.map(({ id: image }) => [image, 1]),
  );
  await newcomer.end();
});

traced("a program that ran before is known by its path and arguments", async () => {
  const running = await startPython(null);
  using tracer = await openCapabilityTracer({ scope: { kind: "everything" } });
  await running.tell("ask()");
  const image = tracer.readImages().find(({ pid }) => pid === running.pid);
  expect(image).toMatchObject({ origin: "attached", exe: realpathSync(PYTHON) });
  expect(image?.argv?.slice(0, 2)).toEqual([PYTHON, "-c"]);
  await running.end();
});
