// SPDX-License-Identifier: Apache-2.0
import { afterAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { runCapscope } from "./harness/capscope.ts";
import { undoLater } from "./harness/cleanup.ts";
import {
  enterControlGroup,
  FOLLOWABLE_HIERARCHY,
  unusableControlGroups,
} from "./harness/control-group.ts";
import { testUnless } from "../skip.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { NO_TRACE } from "./harness/traced.ts";
import { until } from "./harness/until.ts";
import { type Verified, verify as verifyWords } from "./harness/verified.ts";

const ends: (() => void)[] = [];
afterAll(() => ends.forEach((end) => end()));

/** Starts a command, and waits until its program runs. */
async function start(name: string, ...argv: readonly string[]): Promise<number> {
  const child = Bun.spawn([...argv], { stdout: "ignore", stderr: "ignore" });
  ends.push(undoLater(() => child.kill("SIGKILL")));
  const { pid } = child;
  await until(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim() === name);
  return pid;
}

const limited = (sets: readonly string[]): readonly string[] => ["setpriv", ...sets, "--"];
const bounded = (...names: readonly string[]): string =>
  `--bounding-set=${["-all", ...names.map((name) => `+${name}`)].join(",")}`;

const verify = (...words: readonly string[]): Verified => verifyWords(words);

/** Its second thread has given up what the first one keeps. */
const TWO_THREADS = `import ctypes, threading, time
libc = ctypes.CDLL(None)
def drop():
  libc.capset(ctypes.byref((ctypes.c_uint32 * 2)(0x20080522, 0)), (ctypes.c_uint32 * 6)())
  time.sleep(60)
threading.Thread(target=drop).start()
import os
open("/proc/self/comm", "w").write("two-threads")
time.sleep(60)
`;

describePrivileged("a process of root with a bounding set", () => {
  test("has what was given, exactly", async () => {
    const pid = await start("sleep", ...limited([bounded("chown", "net_raw")]), "sleep", "60");
    const { status, report } = verify("--pid", String(pid), "--cap", "NET_RAW,0", "--exact");
    expect([status, report.verdict]).toEqual([0, "confined"]);
    const actual = report.holders[0]!.sets.map(({ set, actual: has }) => [set, has.join()]);
    expect(Object.fromEntries(actual)).toEqual({
      inheritable: "",
      permitted: "chown,net_raw",
      effective: "chown,net_raw",
      bounding: "chown,net_raw",
      ambient: "",
    });
  });

  test("has more than what was given: status 1, in each format", async () => {
    const pid = await start("sleep", ...limited([bounded("chown", "net_raw")]), "sleep", "60");
    const { status, report } = verify("--pid", String(pid), "--cap", "chown");
    expect([status, report.verdict]).toEqual([1, "differs"]);
    const text = runCapscope(["verify", "--pid", String(pid), "--cap", "chown"]);
    expect(text.status).toBe(1);
    expect(text.stdout).toContain(`pid ${pid} (sleep): permitted, effective and bounding set`);
  });

  test("lacks what was given: fine, unless it has to be exact", async () => {
    const pid = await start("sleep", ...limited([bounded("chown")]), "sleep", "60");
    const words = ["--pid", String(pid), "--cap", "chown,kill"];
    expect(verify(...words).status).toBe(0);
    expect(verify(...words, "--exact").report.differences.map(({ kind }) => kind)).toEqual([
      "narrower-set",
    ]);
  });
});

describePrivileged("a process of another user", () => {
  test("with ambient capabilities has them in all five sets", async () => {
    const sets = ["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];
    const caps = ["--inh-caps=-all,+kill", "--ambient-caps=-all,+kill", bounded("kill")];
    const pid = await start("sleep", ...limited([...sets, ...caps]), "sleep", "60");
    const { report } = verify("--pid", String(pid), "--cap", "kill", "--exact");
    expect(report.holders[0]!.sets.map(({ verdict }) => verdict)).toEqual(Array(5).fill("same"));
    expect(report.holders[0]).toMatchObject({ uid: 65534, noNewPrivileges: true });
  });

  test("with a bounding set alone holds nothing, which is noted", async () => {
    const sets = ["--reuid=65534", "--clear-groups", bounded("kill")];
    const pid = await start("sleep", ...limited(sets), "sleep", "60");
    const { status, report } = verify("--pid", String(pid), "--cap", "kill");
    expect(status).toBe(0);
    expect(report.notes[0]).toContain("holds nothing: a bounding set grants nothing by itself");
  });
});

describePrivileged("secure bits", () => {
  testUnless(NO_TRACE, "of a process are those that it was started with", async () => {
    const bits = ["--securebits=+noroot,+noroot_locked,+no_setuid_fixup"];
    const pid = await start("sleep", ...limited(bits), "sleep", "60");
    const { report } = verify("--pid", String(pid), "--cap", "ALL");
    const names = ["noroot", "noroot-locked", "no-setuid-fixup"];
    expect(report.holders[0]!.securebits).toEqual(names);
    const plain = await start("sleep", "sleep", "60");
    const other = verify("--pid", String(plain), "--cap", "ALL");
    expect(other.report.holders[0]!.securebits).toEqual([]);
  });

  test("are told as not visible to those who may not load a program", async () => {
    const pid = await start("sleep", "sleep", "60");
    const prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const words = ["verify", "--pid", String(pid), "--cap", "ALL"];
    const { status, stdout } = runCapscope(words, { prefix, asOtherUser: true });
    expect([status, stdout.includes("secure bits: not visible")]).toEqual([0, true]);
  });
});

describePrivileged("threads", () => {
  test("that differ from their process are named", async () => {
    const pid = await start("two-threads", "python3", "-c", TWO_THREADS);
    await until(() => verify("--pid", String(pid), "--cap", "ALL").report.holders.length === 2);
    const { report } = verify("--pid", String(pid), "--cap", "none");
    const kinds = report.differences.map(({ holder, sets }) => [holder, sets.join()]);
    expect(kinds).toEqual([
      [0, "permitted,effective,bounding"],
      [1, "bounding"],
    ]);
    expect(report.holders[1]!.tids.length).toBe(1);
    expect(report.differences[1]!.message).toStartWith(`thread ${report.holders[1]!.tids[0]} of`);
  });
});

describePrivileged("a container", () => {
  testUnless(unusableControlGroups(), "is looked at with all its processes", async () => {
    const id = `${process.pid}`.padStart(8, "0").padEnd(64, "d");
    const first = await start("sleep", ...limited([bounded("chown", "kill")]), "sleep", "60");
    const second = await start("sleep", ...limited([bounded("chown")]), "sleep", "60");
    const leaves = [first, second].map((pid) => {
      return enterControlGroup(`/docker/${id}`, pid, FOLLOWABLE_HIERARCHY);
    });
    try {
      const { status, report } = verify("--container", id.slice(0, 12), "--cap", "chown,kill");
      expect([status, report.target]).toEqual([0, { kind: "container", id, runtime: "docker" }]);
      const pids = report.holders.map(({ pid }) => pid);
      expect(pids.toSorted()).toEqual([first, second].toSorted());
      const narrower = verify("--container", id, "--cap", "chown");
      expect(narrower.report.differences.map(({ message }) => message)).toEqual([
        `pid ${first} (sleep): permitted, effective and bounding set: more than expected: kill`,
      ]);
    } finally {
      for (const leave of leaves.toReversed()) leave();
    }
  });

  test("in a user namespace of its own is compared in it, others in theirs are not", async () => {
    const limits = limited([bounded("chown", "setuid", "setgid")]);
    const pid = await start(
      "sleep",
      "unshare",
      "--user",
      "--map-root-user",
      ...limits,
      "sleep",
      "60",
    );
    const { report } = verify("--pid", String(pid), "--cap", "chown,setuid,setgid", "--exact");
    expect([report.verdict, report.holders[0]!.compared]).toEqual(["confined", true]);
  });
});

test.each([
  [["--cmd", "no-such-program", "--cap", "none"], 2, "no such program: no-such-program"],
  [["--cmd", "/nonexistent", "--cap", "none"], 3, "opening /nonexistent: no such file"],
  [["--pid", "1", "--user", "x", "--cap", "none"], 2, "--user needs --cmd"],
  [["--pid", "2147483647", "--cap", "none"], 3, "no such process: 2147483647"],
  [["--pid", String(process.pid)], 2, "nothing to compare with"],
  [["--cap", "none"], 2, "nothing to verify"],
  [["--pid", "1", "--unit", "x", "--cap", "none"], 2, "more than one thing to verify"],
  [["--pid", "1", "--cap", "none", "--profile", "x"], 2, "both say what is expected"],
  [["--pid", "1", "--profile", "/nonexistent"], 3, "opening /nonexistent: no such file"],
  [["--file", "/nonexistent", "--cap", "none"], 3, "opening /nonexistent: no such file"],
  [["--file", "/etc/passwd", "--cap", "none"], 2, "is no configuration that can be read"],
  [["--file", "-", "--profile", "-"], 2, "standard input can be read once only"],
  [["--file", "x"], 2, "nothing to compare with"],
  [["--pid", "1", "--name", "x", "--cap", "none"], 2, "--name needs --file"],
  [["--pid", "1", "--cap", "nonsense"], 2, "It is no list of capabilities."],
] as const)("%p ends with status %p", (words, status, message) => {
  const run = runCapscope(["verify", ...words]);
  expect([run.status, run.stdout]).toEqual([status, ""]);
  expect(run.stderr).toContain(message);
});
