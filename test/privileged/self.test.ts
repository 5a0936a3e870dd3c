// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PowerState, SelfReport } from "../../src/inventory/model.ts";
import { CAPSCOPE, type RunOptions, runCapscope } from "./harness/capscope.ts";
import { after, NOBODY } from "./harness/files.ts";
import { run } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { parseBySchema } from "./harness/schemas.ts";
import { openTemporaryDirectory, type TemporaryDirectory } from "./harness/temporary-directory.ts";

/** The report of a run, valid by the published schema. */
function look(options: RunOptions = {}): SelfReport {
  const { status, stdout, stderr } = runCapscope(["self", "--json", "--allow-partial"], options);
  if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
  return parseBySchema(stdout, "self") as SelfReport;
}

function stateOf({ powers }: SelfReport, id: string): PowerState {
  const power = powers.find((each) => each.id === id);
  if (power === undefined) throw new Error(`nothing is called ${id}`);
  return power.state;
}

const USER_NAMESPACE = "unshare --user --map-root-user".split(" ");
const TRIMMED = ["setpriv", "--bounding-set=-sys_admin,-net_raw,-sys_time"];

/** Ways to start it, in which other things work. */
const SURROUNDINGS: Readonly<Record<string, readonly string[]>> = {
  root: [],
  nobody: NOBODY,
  trimmed: TRIMMED,
  confined: [...NOBODY, "setpriv", "--no-new-privs"],
  userNamespace: USER_NAMESPACE,
};

/** Really tried, in a mount namespace of its own where that is possible. */
const ATTEMPTS: Readonly<Record<string, string>> = {
  mount: "mount -t tmpfs none /mnt && umount /mnt",
  "raw-sockets":
    "/usr/bin/python3 -c 'import socket as s; s.socket(s.AF_INET, s.SOCK_RAW, 255)' 2>&1",
  "become-any-user": "setpriv --reuid 1 true",
  "user-namespaces": "unshare --user true",
};

describePrivileged("self", () => {
  let temporary: TemporaryDirectory;
  beforeAll(() => {
    temporary = openTemporaryDirectory();
  });
  afterAll(() => temporary?.close());

  test("sets, ids and confinement are those of /proc/self/status", () => {
    const prefix = ["setpriv", "--inh-caps=+net_raw", "--ambient-caps=+net_raw", ...TRIMMED];
    const { credentials, noNewPrivs, seccomp, uidMap } = look({ prefix });
    const status = run([...prefix, "cat", "/proc/self/status"]);
    const names = (key: string): readonly string[] => {
      const mask = new RegExp(`^${key}:\\s+(\\w+)`, "m").exec(status)![1];
      const [, text = ""] = run(["capsh", `--decode=${mask}`])
        .trim()
        .split("=");
      return text
        .split(",")
        .filter(Boolean)
        .map((name) => name.replace(/^cap_/, ""));
    };
    expect(credentials!.capabilities).toEqual({
      permitted: names("CapPrm"),
      effective: names("CapEff"),
      inheritable: names("CapInh"),
      bounding: names("CapBnd"),
      ambient: names("CapAmb"),
    });
    expect(credentials!.uids.effective).toBe(0);
    expect([noNewPrivs, seccomp]).toEqual([false, "disabled"]);
    expect(uidMap![0]).toMatchObject({ inside: 0 });
    expect(look({ prefix: ["setpriv", "--no-new-privs"] }).noNewPrivs).toBe(true);
  });

  test("secure bits are its own", () => {
    const prefix = ["setpriv", "--securebits=+noroot,+no_setuid_fixup"];
    expect(look({ prefix }).securebits).toEqual(["noroot", "no-setuid-fixup"]);
  });

  for (const [name, prefix] of Object.entries(SURROUNDINGS)) {
    test(`what it says would work as ${name} does, and what would not does not`, () => {
      const report = look({ prefix, asOtherUser: prefix.length > 0 });
      for (const [id, script] of Object.entries(ATTEMPTS)) {
        const command = [...after("true"), ...prefix, "sh", "-c", script];
        const works = Bun.spawnSync([...command], { stdin: "ignore" }).exitCode === 0;
        const state = stateOf(report, id);
        // In a user namespace it depends on what is touched.
        if (state !== "perhaps")
          expect([name, id, state]).toEqual([name, id, works ? "yes" : "no"]);
        else expect([name, report.namespaces[0]!.initial]).toEqual(["userNamespace", false]);
      }
    });
  }

  test("nothing is tried: no file changes, nothing is mounted", () => {
    const trace = join(temporary.path, "trace");
    const calls = "open,openat,openat2,mount,unshare,setns,ptrace,socket,init_module,write,mknod";
    const strace = ["strace", "-f", "-e", `trace=${calls}`, "-o", trace];
    if (Bun.which("strace") === null) return;
    // At its first start the executable unpacks a library.
    run([...CAPSCOPE, "self", "-o", "/dev/null"]);
    run([...strace, ...CAPSCOPE, "self", "-o", "/dev/null"]);
    const lines = run(["cat", trace]).split("\n");
    const forbidden = /\b(?:mount|unshare|setns|ptrace|init_module|mknod|socket)\(/;
    expect(lines.filter((line) => forbidden.test(line))).toEqual([]);
    const written = lines.filter((line) => /O_WRONLY|O_RDWR/.test(line));
    expect(written.filter((line) => !/\/dev\/null|\/tmp\/|\.bun|koffi|memfd/.test(line))).toEqual(
      [],
    );
  });

  test("in a user namespace says that capabilities count there only", () => {
    const report = look({ prefix: USER_NAMESPACE });
    expect(report.namespaces.find(({ kind }) => kind === "user")).toMatchObject({ initial: false });
    expect(report.uidMap).toEqual([{ inside: 0, outside: 0, count: 1 }]);
    for (const id of ["kernel-modules", "clock", "device-nodes", "files-by-handle"]) {
      expect([id, stateOf(report, id)]).toEqual([id, "no"]);
    }
  });

  test("in a PID namespace of its own sees that it is one", () => {
    const prefix = "unshare --pid --fork --mount-proc --net".split(" ");
    const report = look({ prefix });
    expect(stateOf(report, "host-pid-namespace")).toBe("no");
    expect(report.namespaces.find(({ kind }) => kind === "pid")!.initial).toBe(false);
  });

  test("sees another root directory behind /proc/1/root, and only then", () => {
    mkdirSync(join(temporary.path, "other/proc"), { recursive: true });
    const enter = copyProgram(join(temporary.path, "other"));
    const script = `mount --bind ${temporary.path}/other ${temporary.path}/other &&
      mount -t proc proc ${temporary.path}/other/proc`;
    // Process 1 of the new PID namespace keeps the machine's root; its child has another.
    const inside = `chroot ${temporary.path}/other ${enter} self --json --allow-partial; true`;
    const pid = "unshare --pid --fork --mount-proc sh -c".split(" ");
    const text = run([...after("true"), ...pid, `${script} && ${inside}`]);
    expect(stateOf(parseBySchema(text, "self") as SelfReport, "root-of-pid-1")).toBe("yes");
    expect(
      stateOf(look({ prefix: "unshare --pid --fork --mount-proc".split(" ") }), "root-of-pid-1"),
    ).toBe("no");
  });

  // The runtime of the executable does not start without /proc; Node.js does.
  test("without /proc, sets come from system calls, and the rest is unknown", () => {
    const main = join(import.meta.dir, "../../dist/node/cli/main.js");
    const command = [...after("umount -l /proc"), ...TRIMMED, "node", main, "self"];
    const read = Bun.spawnSync(command, { stdin: "ignore" });
    expect([read.exitCode, read.stderr.toString()]).toEqual([4, ""]);
    const text = read.stdout.toString();
    expect(text).toContain("incomplete: /proc is not mounted");
    expect(text).toMatch(/namespaces +user unknown/);
    const json = Bun.spawnSync([...command, "--json"], { stdin: "ignore" });
    const report = parseBySchema(json.stdout.toString(), "self") as SelfReport;
    expect(report.credentials).toEqual(look({ prefix: TRIMMED }).credentials);
    expect([report.noNewPrivs, report.securebits, report.uidMap]).toEqual([false, [], null]);
  });

  test("works where nothing is but the executable and /proc, read-only, without /tmp and /sys", () => {
    const root = join(temporary.path, "readonly");
    const program = copyProgram(root);
    mkdirSync(join(root, "proc"));
    const script = `mount --bind ${root} ${root} && mount -t proc proc ${root}/proc &&
      mount -o remount,bind,ro ${root}`;
    const enter = [...after(script), "chroot", root, program, "self", "--json"];
    const { exitCode, stdout } = Bun.spawnSync(enter, {
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    });
    const report = parseBySchema(stdout.toString(), "self") as SelfReport;
    expect(exitCode).toBe(0);
    expect(report.credentials).toEqual(look().credentials);
    expect(report.powers.find(({ id }) => id === "user-namespaces")!.reason).toContain("chroot");
  });
});

/** Puts the program and the libraries that it is linked with below a directory; returns its path there. */
function copyProgram(root: string): string {
  const [program = ""] = CAPSCOPE;
  if (CAPSCOPE.length !== 1) throw new Error("only the executable runs alone: npm run build");
  for (const [, path = ""] of run(["ldd", program]).matchAll(/(\/\S+) \(0x/g)) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    if (!existsSync(target)) copyFileSync(path, target);
  }
  mkdirSync(root, { recursive: true });
  copyFileSync(program, join(root, "capscope"));
  return "/capscope";
}
