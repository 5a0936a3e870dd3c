// SPDX-License-Identifier: Apache-2.0
import { expect } from "bun:test";
import { readlinkSync, realpathSync } from "node:fs";
import { openCapabilityTracer } from "../../src/linux/bpf/capability-tracer.ts";
import type { CheckRecord } from "../../src/linux/bpf/observation.ts";
import { startHeld, type Trace, traceCommand, traced } from "./harness/followed-command.ts";

const PYTHON = "/usr/bin/python3";
const CHOWN = 0;
const SETGID = 6;
const NET_BIND_SERVICE = 10;
const isX64 = process.arch === "x64";
/** Fewer where each instruction is emulated. */
const CHILDREN = Number(process.env["CAPSCOPE_TEST_CHILDREN"] ?? 2000);
const NOTHING_LOST = { checks: 0, stacks: 0, images: 0 };

const TRY_CHOWN = `
import os
def check():
  try: os.chown("/etc/passwd", 0, 0)
  except PermissionError: pass
`;

function asNobody(...command: string[]): string[] {
  return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...command];
}

function countOf(trace: Trace, matches: (check: CheckRecord) => boolean): number {
  return trace.checks.filter(matches).reduce((sum, check) => sum + check.count, 0);
}

function imageOf(trace: Trace, exe: string): number {
  const image = trace.images.find((each) => each.exe === exe);
  if (image === undefined) throw new Error(`no image of ${exe}`);
  return image.id;
}

traced(
  "binding a privileged port is one granted check, in bind, with its kernel stack",
  async () => {
    const script = 'import socket; socket.socket().bind(("127.0.0.1", 81))';
    const trace = await traceCommand(["unshare", "--net", PYTHON, "-c", script]);
    const binds = trace.checks.filter((check) => check.capability === NET_BIND_SERVICE);
    expect(trace.status).toBe(0);
    expect(binds).toMatchObject([
      {
        image: imageOf(trace, PYTHON),
        granted: true,
        syscall: isX64 ? 49 : 200,
        count: 1,
        ownNamespace: false,
        borrowedCredentials: false,
      },
    ]);
    expect(binds[0]?.stacks).toHaveLength(1);
    expect(binds[0]?.stacks[0]?.samples).toBe(1);
    expect(binds[0]?.stacks[0]?.frames.slice(0, 4)).toContain("__inet_bind");
    expect(trace.lost).toEqual(NOTHING_LOST);
  },
);

traced("a program's image has its path, arguments, parent and exit code", async () => {
  const trace = await traceCommand([PYTHON, "-c", "raise SystemExit(7)", "", "a b"]);
  const [before, program] = trace.images;
  expect(trace.images).toHaveLength(2);
  expect(before).toMatchObject({ pid: trace.pid, exe: null, argv: null, exitCode: null });
  expect(program).toMatchObject({
    pid: trace.pid,
    parentPid: process.pid,
    exe: PYTHON,
    argv: [PYTHON, "-c", "raise SystemExit(7)", "", "a b"],
    comm: "python3",
    exitCode: 7,
    exitSignal: null,
  });
  expect(before!.startNs).toBeLessThan(before!.endNs);
  expect(before!.endNs).toBeLessThanOrEqual(program!.startNs);
  expect(program!.startNs).toBeLessThan(program!.endNs);
});

traced("an image that a signal ended has the signal", async () => {
  const trace = await traceCommand(["/bin/sh", "-c", "kill -TERM $$"]);
  expect(trace.images.at(-1)).toMatchObject({ exe: "/bin/sh", exitCode: null, exitSignal: 15 });
});

traced("a refused check is denied", async () => {
  const trace = await traceCommand(asNobody(PYTHON, "-c", `${TRY_CHOWN}check()`));
  const python = imageOf(trace, PYTHON);
  const chowns = trace.checks.filter((each) => each.capability === CHOWN && each.image === python);
  expect(chowns).toMatchObject([{ granted: false, syscall: isX64 ? 92 : 54, count: 1 }]);
});

traced("checks of threads, of forks and of a daemon are the program's", async () => {
  const script = `${TRY_CHOWN}
import threading, time
threads = [threading.Thread(target=check) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
if os.fork() == 0:
  check()
  if os.fork() == 0:
    os.setsid()
    time.sleep(0.1)
    check()
  os._exit(3)
os.wait()`;
  const trace = await traceCommand(asNobody(PYTHON, "-c", script));
  const image = imageOf(trace, PYTHON);
  expect(countOf(trace, (check) => check.capability === CHOWN && check.image === image)).toBe(6);
  expect(trace.images.find((each) => each.id === image)).toMatchObject({ exitCode: 0 });
});

traced(
  "an exec by a thread that does not lead its process is a new image of the tree",
  async () => {
    const script = `
import ctypes, os, threading
threading.Thread(target=lambda: os.execv("/bin/sh", ["sh", "-c", "exit 5"])).start()
threading.Event().wait()`;
    const trace = await traceCommand([PYTHON, "-c", script]);
    expect(trace.images.map(({ exe }) => exe)).toEqual([null, PYTHON, "/bin/sh"]);
    expect(trace.images.map(({ exitCode }) => exitCode)).toEqual([null, null, 5]);
    expect(trace.images.every(({ pid, endNs }) => pid === trace.pid && endNs > 0)).toBeTrue();
  },
);

traced(`each of ${CHILDREN} short-lived children has its image, exit code and checks`, async () => {
  const loop = `i=0; while [ $i -lt ${CHILDREN} ]; do /bin/true; i=$((i+1)); done`;
  const trace = await traceCommand(["/bin/sh", "-c", loop]);
  const children = trace.images.filter((image) => image.exe === "/bin/true");
  expect(children).toHaveLength(CHILDREN);
  expect(new Set(children.map(({ pid }) => pid)).size).toBe(CHILDREN);
  expect(children.every(({ exitCode, endNs }) => exitCode === 0 && endNs > 0)).toBeTrue();
  // Each maps its libraries, which asks for CAP_SYS_ADMIN where cap_capable() is not inlined.
  const checked = new Set(trace.checks.map(({ image }) => image));
  expect(children.every(({ id }) => checked.has(id))).toBe(trace.wayIn === "tp_btf");
  expect(trace.lost).toEqual(NOTHING_LOST);
});

traced("100,000 checks in a row are all counted, and all have a known stack", async () => {
  const script = "import os\nfor _ in range(100000): os.setgroups([])";
  const trace = await traceCommand([PYTHON, "-c", script]);
  const rows = trace.checks.filter((check) => check.capability === SETGID);
  expect(rows).toMatchObject([{ count: 100_000, granted: true }]);
  const samples = rows[0]?.stacks.reduce((sum, stack) => sum + stack.samples, 0);
  // The first 64, then each 64th until 4,096, then each 1,024th.
  expect(samples).toBe(64 + (4096 - 64) / 64 + Math.ceil((100_000 - 4096) / 1024));
  expect(trace.lost).toEqual(NOTHING_LOST);
});

traced("another process's checks are not counted", async () => {
  using tracer = await openCapabilityTracer({ scope: { kind: "tree" } });
  const held = await startHeld(["/bin/true"]);
  tracer.follow(held.pid, "held");
  const script = "import os\nfor _ in range(1000): os.setgroups([])";
  expect(Bun.spawnSync([PYTHON, "-c", script]).exitCode).toBe(0);
  expect(tracer.readChecks().filter((check) => check.capability === SETGID)).toEqual([]);
  expect(tracer.readImages()).toHaveLength(1);
  held.release();
  await held.exited;
});

traced("every thread of a process that runs already is followed", async () => {
  const script = `${TRY_CHOWN}
import sys, threading
gate = threading.Event()
threads = [threading.Thread(target=lambda: (gate.wait(), check())) for _ in range(3)]
for thread in threads: thread.start()
print("ready", flush=True)
sys.stdin.read()
gate.set()`;
  using tracer = await openCapabilityTracer({ scope: { kind: "tree" } });
  const child = Bun.spawn(asNobody(PYTHON, "-c", script), { stdin: "pipe", stdout: "pipe" });
  await child.stdout.getReader().read();
  tracer.follow(child.pid, "attached");
  await child.stdin.end();
  await child.exited;
  const chowns = tracer.readChecks().filter((check) => check.capability === CHOWN);
  expect(chowns).toMatchObject([{ count: 3, granted: false }]);
  expect(tracer.hasLiveTasks()).toBeFalse();
  const exe = realpathSync(PYTHON);
  expect(tracer.readImages()).toMatchObject([{ origin: "attached", exe, exitCode: 0 }]);
  expect(tracer.readImages()[0]?.endNs).toBeGreaterThan(0);
});

traced(
  "a check in a user namespace of the program's own is told from one in the host's",
  async () => {
    const trace = await traceCommand([
      "setpriv",
      "--clear-groups",
      "unshare",
      "--user",
      "--map-root-user",
      "--net",
      "/bin/true",
    ]);
    const own = trace.checks.filter((check) => check.ownNamespace);
    const host = trace.checks.filter((check) => !check.ownNamespace);
    expect(own.length).toBeGreaterThan(0);
    const hostNamespace = Number(/\d+/.exec(readlinkSync("/proc/self/ns/user"))?.[0]);
    expect(own.every((check) => check.targetNamespace !== hostNamespace)).toBeTrue();
    expect(host.some((check) => check.targetNamespace === hostNamespace)).toBeTrue();
  },
);

traced("with everything followed, a process that nobody named is seen", async () => {
  using tracer = await openCapabilityTracer({ scope: { kind: "everything" } });
  const script = "import os\nfor _ in range(1000): os.setgroups([])";
  const child = Bun.spawn([PYTHON, "-c", script]);
  await child.exited;
  const image = tracer.readImages().find((each) => each.pid === child.pid && each.exe === PYTHON);
  const rows = tracer.readChecks().filter((each) => each.image === image?.id);
  expect(rows.filter((each) => each.capability === SETGID)).toMatchObject([{ count: 1000 }]);
});
