// SPDX-License-Identifier: Apache-2.0
import { describe, expect } from "bun:test";
import { testUnless } from "../skip.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";
import { AS_NOBODY, judged, needed, NO_TRACE, python, PYTHON, trace } from "./harness/traced.ts";
import { expectWholeCount } from "./harness/whole-count.ts";

const BIND = ["import socket; s = socket.socket(); s.bind(('127.0.0.1', 81))"];
const ALONE = { prefix: ["unshare", "--net", "--"] };
const traced = (title: string, body: () => void): void => testUnless(NO_TRACE, title, body);

describe("a traced command", () => {
  traced("that binds port 81 needs exactly net_bind_service", () => {
    const result = trace(python(...BIND), ALONE);
    expect(needed(result)).toEqual(["net_bind_service"]);
    const finding = result.findings.get("net_bind_service")!;
    expect(finding).toMatchObject({
      verdict: "required",
      granted: 1,
      denied: 0,
      conditions: ["net.ipv4.ip_unprivileged_port_start = 1024"],
      uses: [{ program: PYTHON, syscall: "bind", gate: "__inet_bind", granted: 1 }],
    });
    expect(result.profile.coverage.complete).toBeTrue();
  });

  traced("has the function of the library that made the system call", () => {
    const use = trace(python(...BIND), ALONE).findings.get("net_bind_service")!.uses[0]!;
    expect(use.userStack[0]?.name).toBe("bind");
    expect(use.userStack[0]?.file).toContain("libc.so.6");
    expect(use.userStack[0]?.buildId).toMatch(/^[0-9a-f]{40}$/);
  });

  traced("that only sleeps needs nothing, though the kernel asked for sys_admin", () => {
    const result = trace(["sleep", "0.1"]);
    expect(needed(result)).toEqual([]);
    // Where memory is asked for, compilers inline the check: only a tracepoint sees it everywhere.
    if (result.run.wayIn === "tp_btf") {
      expect(judged(result, "opportunistic")).toEqual(["sys_admin"]);
    }
    expect(result.profile.conclusion).toBe("needs-nothing-seen");
  });

  traced("that forks and grows its stack needs nothing either", () => {
    const deep = python(
      "import os, sys, threading",
      "for _ in range(20):",
      "  if os.fork() == 0: os._exit(0)",
      "  os.wait()",
      "sys.setrecursionlimit(100000)",
      "def dive(n): return 0 if n == 0 else 1 + dive(n - 1)",
      "threading.stack_size(64 << 20)",
      "thread = threading.Thread(target=dive, args=(20000,)); thread.start(); thread.join()",
    );
    const result = trace(deep);
    expect(needed(result)).toEqual([]);
    const syscalls = result.findings.get("sys_admin")?.uses.map(({ syscall }) => syscall);
    if (result.run.wayIn === "tp_btf") expect(syscalls).toContain("clone");
  });

  traced("that adds an interface needs net_admin", () => {
    const link = ["ip", "link", "add", "capscope0", "type", "bridge"];
    expect(needed(trace(link, ALONE))).toContain("net_admin");
  });

  traced("that is refused a device has asked for net_admin all the same", () => {
    const without = ["setpriv", "--inh-caps=-net_admin", "--bounding-set=-net_admin"];
    const tap = [...without, "ip", "tuntap", "add", "capscope0", "mode", "tap"];
    const result = trace(tap, ALONE);
    expect(result.status).not.toBe(0);
    expect(result.findings.get("net_admin")).toMatchObject({ verdict: "denied", granted: 0 });
  });

  traced("that unpacks files of another owner needs chown, by tar and not by the shell", () => {
    const folder = openTemporaryDirectory();
    const pack = `cd ${folder.path} && touch file && tar --owner=65534 -cf a.tar file && tar -xf a.tar`;
    const result = trace(["sh", "-c", pack]);
    folder.close();
    const programs = result.findings.get("chown")?.uses.map(({ program }) => program);
    expect(new Set(programs?.map((path) => path.split("/").pop()))).toEqual(new Set(["tar"]));
  });

  traced("and the daemon that it leaves behind are followed to the end", () => {
    const daemon = python(
      "import os, time",
      "if os.fork(): os._exit(0)",
      "os.setsid()",
      "if os.fork(): os._exit(0)",
      "time.sleep(0.3)",
      ...BIND,
    );
    expect(needed(trace(daemon, ALONE))).toEqual(["net_bind_service"]);
  });

  traced("in a PID namespace of its own is followed as well", () => {
    const namespaces = ["unshare", "--pid", "--fork", "--uts", "hostname", "capscope-test"];
    const { findings } = trace(namespaces);
    const use = findings.get("sys_admin")?.uses.find(({ syscall }) => syscall === "sethostname");
    expect(use?.program).toEndWith("/hostname");
    expect(use?.verdict).toBe("required");
  });
});

describe("a user namespace of the command's own", () => {
  const OWN = ["unshare", "--user", "--map-root-user"];

  traced("is no need on the host", () => {
    const result = trace([...AS_NOBODY, ...OWN, "--uts", "hostname", "capscope-test"]);
    expect(result.status).toBe(0);
    expect(needed(result)).not.toContain("sys_admin");
    expect(result.findings.get("sys_admin")?.verdict).not.toBe("required");
    const uses = result.findings.get("sys_admin")!.uses;
    const own = uses.find(({ syscall }) => syscall === "sethostname");
    expect(own?.verdict).toBe("namespaced");
  });

  traced("does not hide what is needed outside of it", () => {
    const both = ["sh", "-c", `chown 1 "$0" && ${OWN.join(" ")} --uts hostname x`];
    const folder = openTemporaryDirectory();
    const result = trace([...both, folder.path]);
    folder.close();
    expect(needed(result)).toContain("chown");
  });
});

describe("threads", () => {
  const TWO = ["import ctypes, os, threading, time", "libc = ctypes.CDLL(None)"];

  traced("are followed after the one that leads them has ended", () => {
    const leaderless = python(
      ...TWO,
      "def later():",
      "  time.sleep(0.3)",
      "  os.setgroups([])",
      "  os._exit(0)",
      "threading.Thread(target=later).start()",
      "libc.pthread_exit(None)",
    );
    expect(needed(trace(leaderless))).toEqual(["setgid"]);
  });

  traced("may execute a program, which is followed", () => {
    const fromThread = python(
      ...TWO,
      "def run(): os.execv('/bin/chown', ['chown', '0', '/proc/self/comm'])",
      "threading.Thread(target=run).start()",
      "threading.Event().wait()",
    );
    const { run } = trace(fromThread);
    expect(run.images.map(({ exe }) => exe)).toEqual([PYTHON, "/bin/chown"]);
    expect(new Set(run.images.map(({ pid }) => pid)).size).toBe(1);
  });

  traced("that ask at the same time are all counted", () => {
    const many = python(
      ...TWO,
      "def ask():",
      // setgroups() of the C library makes the call in every thread.
      `  for _ in range(100): libc.syscall(${process.arch === "x64" ? 116 : 159}, 0, None)`,
      "threads = [threading.Thread(target=ask) for _ in range(20)]",
      "for thread in threads: thread.start()",
      "for thread in threads: thread.join()",
    );
    expectWholeCount(trace(many), "setgid", 2000);
  });
});
