// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect } from "bun:test";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { testUnless } from "../skip.ts";
import { CAPSCOPE, runCapscope } from "./harness/capscope.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";
import { AS_NOBODY, needed, NO_TRACE, python, readProfile, trace } from "./harness/traced.ts";
import { SEEING_ENDS } from "./harness/kernel-version.ts";
import { until } from "./harness/until.ts";

const folder = openTemporaryDirectory();
afterAll(() => folder.close());

const traced = (title: string, body: () => void | Promise<void>): void =>
  testUnless(NO_TRACE, title, body);

describe("the wrapper", () => {
  traced("leaves standard output to the command", () => {
    const run = runCapscope(["trace", "--", "echo", "hello"]);
    expect(run.stdout).toBe("hello\n");
    expect(run.stderr).toContain("Capabilities of echo hello\n");
  });

  const ends: readonly (readonly [string, readonly string[], number])[] = [
    ["a status", ["sh", "-c", "exit 7"], 7],
    ["a signal", ["sh", "-c", "kill -KILL $$"], 137],
    ["a command that is not there", ["/nonexistent"], 127],
    ["a command that is not executable", ["/etc/passwd"], 126],
    ["a directory", ["/etc"], 126],
  ];
  for (const [what, argv, status] of ends) {
    traced(`returns what env would for ${what}, and still reports`, () => {
      const run = runCapscope(["trace", "--", ...argv]);
      expect(run.status).toBe(status);
      expect(run.stderr).toContain("Capabilities of ");
    });
  }

  traced("never concludes that a command which could not be run needs nothing", () => {
    const { profile, status } = trace(["/nonexistent"], { options: SEEING_ENDS });
    expect(profile).toMatchObject({ conclusion: "inconclusive", findings: [] });
    expect([profile.coverage.complete, status]).toEqual([false, 127]);
    expect(profile.coverage.gaps).toEqual(["no program was seen to run"]);
  });

  traced("takes the executable of the search path, not a directory of that name", () => {
    const find = 'mkdir -p $0/a/probe $0/b; ln -sf /bin/true $0/b/probe; PATH=$0/a:$0/b exec "$@"';
    const file = join(folder.path, "found.json");
    const words = [...CAPSCOPE, "trace", "--json", "-o", file, "--", "probe"];
    expect(Bun.spawnSync(["/bin/sh", "-c", find, folder.path, ...words]).exitCode).toBe(0);
    const { run } = readProfile(readFileSync(file, "utf8"));
    expect(run.images.map(({ exe }) => exe)).toEqual([join(folder.path, "b/probe")]);
  });

  traced("prints only the set as caps", () => {
    const bind = python("import socket; socket.socket().bind(('127.0.0.1', 81))");
    const run = runCapscope(["trace", "--format", "caps", "--", ...bind], {
      prefix: ["unshare", "--net", "--"],
    });
    expect(run.stderr).toBe("CAP_NET_BIND_SERVICE\n");
  });

  traced("ends at its limit while the command lives on, and says what still runs", async () => {
    const pidFile = join(folder.path, "limited");
    const script = `echo $$ > ${pidFile}; exec sleep 25`;
    const words = ["trace", "--duration", "0.3", "--", "sh", "-c", script];
    const child = Bun.spawn([...CAPSCOPE, ...words], { stdio: ["ignore", "ignore", "pipe"] });
    expect(await child.exited).toBe(0);
    const pid = Number(readFileSync(pidFile, "utf8"));
    expect(readFileSync(`/proc/${pid}/comm`, "utf8")).toBe("sleep\n");
    process.kill(pid, "SIGKILL");
    expect(await new Response(child.stderr).text()).toContain("processes of the command still run");
  });

  traced("runs the command as another user, whose set-up is not the command's", () => {
    const { run, stdout, status } = trace(["id", "-u"], { options: ["--user", "65534:65534"] });
    expect([status, stdout]).toEqual([0, "65534\n"]);
    expect(run.images.map(({ exe }) => exe.split("/").pop())).toEqual(["id"]);
    expect(run.credentials[0]).toMatchObject({ uid: 65534, permitted: [] });
    expect(run.observations.some(({ capability }) => capability === "setuid")).toBeFalse();
  });

  traced("refuses a user that is not there, and runs nothing", () => {
    const marker = join(folder.path, "as-nobody");
    const run = runCapscope(["trace", "--user", "no-such-user", "--", "touch", marker]);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain("no such user: no-such-user");
    expect(existsSync(marker)).toBeFalse();
  });
});

describe("an interruption", () => {
  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGHUP", 129],
    ["SIGTERM", 143],
  ] as const) {
    traced(`by ${signal} ends the command, and the report is made`, async () => {
      const file = join(folder.path, `${signal}.json`);
      const words = [
        "trace",
        "--json",
        "-o",
        file,
        "--",
        ...python(
          "import os, time",
          "os.setgroups([])",
          "print('up', flush=True)",
          "time.sleep(30)",
        ),
      ];
      const child = Bun.spawn([...CAPSCOPE, ...words], { stdio: ["ignore", "pipe", "ignore"] });
      await child.stdout.getReader().read();
      // Ctrl-C in a terminal goes to both.
      if (signal !== "SIGINT") child.kill(signal);
      else for (const pid of [child.pid, ...childrenOf(child.pid)]) process.kill(pid, signal);
      expect(await child.exited).toBe(status);
      expect(needed(readProfile(readFileSync(file, "utf8")))).toEqual(["setgid"]);
    });
  }
});

describe("what capscope leaves behind", () => {
  traced("is the command alone when it is killed", async () => {
    const pidFile = join(folder.path, "killed");
    const script = `echo $$ > ${pidFile}; exec sleep 25`;
    const child = Bun.spawn([...CAPSCOPE, "trace", "--", "sh", "-c", script], {
      stdio: ["ignore", "ignore", "ignore"],
    });
    await until(() => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "");
    const before = kernelObjects(child.pid);
    expect(before).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await child.exited;
    const pid = Number(readFileSync(pidFile, "utf8"));
    expect(readFileSync(`/proc/${pid}/comm`, "utf8")).toBe("sleep\n");
    expect(kernelObjects(pid)).toBe(0);
    process.kill(pid, "SIGKILL");
  });
});

describe("without what it needs", () => {
  traced("as another user it names what is missing, and runs nothing", () => {
    const marker = join(folder.path, "ran");
    const run = runCapscope(["trace", "--", "touch", marker], {
      prefix: AS_NOBODY,
      asOtherUser: true,
    });
    expect(run.status).toBe(3);
    expect(run.stderr).toContain("perfmon, bpf");
    expect(existsSync(marker)).toBeFalse();
  });

  traced("with one of two privileges it names the other", () => {
    const run = runCapscope(["trace", "--", "true"], {
      prefix: ["setpriv", "--bounding-set=-bpf,-sys_admin", "--inh-caps=-bpf,-sys_admin"],
    });
    expect(run.status).toBe(3);
    expect(run.stderr).toContain("bpf");
    expect(run.stderr).not.toContain("perfmon");
  });

  traced("without the kernel's types it says which option builds them", () => {
    const hide = 'mount -t tmpfs none /sys/kernel/btf && exec "$@"';
    const run = runCapscope(["trace", "--", "true"], {
      prefix: ["unshare", "--mount", "sh", "-c", hide, "sh"],
    });
    expect(run.status).toBe(3);
    expect(run.stderr).toContain("CONFIG_DEBUG_INFO_BTF");
  });

  for (const [what, hide] of [
    ["libbpf is not installed", "mount --bind /dev/null $library"],
    ["libbpf is not what it should be", "mount --bind /bin/true $library"],
  ]) {
    traced(`when ${what} it says what to install`, () => {
      const script = `library=$(ldconfig -p | sed -n 's/.*libbpf.so.1 .*=> //p' | head -n 1)
${hide} && exec "$@"`;
      const run = runCapscope(["trace", "--", "true"], {
        prefix: ["unshare", "--mount", "sh", "-c", script, "sh"],
      });
      expect(run.status).toBe(3);
      expect(run.stderr).toContain("install libbpf 1.0 or newer");
    });
  }

  traced("to write its report to, it runs nothing", () => {
    const marker = join(folder.path, "unwritten");
    for (const file of [folder.path, join(folder.path, "no/such/folder")]) {
      const run = runCapscope(["trace", "-o", file, "--", "touch", marker]);
      expect([run.status, existsSync(marker)]).toEqual([125, false]);
      expect(run.stderr).toContain(`opening ${file}: `);
    }
  });

  traced("with a full disk it fails, and the report is on the terminal", () => {
    const run = runCapscope(["trace", "-o", "/dev/full", "--", "sh", "-c", "exit 5"]);
    expect(run.status).toBe(125);
    expect(run.stderr).toContain("writing /dev/full: no space left on device");
    expect(run.stderr).toContain("Capabilities of sh -c 'exit 5'\n");
  });
});

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

/** Descriptors of a process that keep something in the kernel's BPF. */
function kernelObjects(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) =>
    /bpf[-_](prog|map|link)|^anon_inode:bpf/.test(readlinkSync(`/proc/${pid}/fd/${fd}`)),
  ).length;
}
