// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import type { ExposureReport, Process } from "../../src/exposure/model.ts";
import { type Actor, PYTHON, startActor } from "./harness/actor.ts";
import { processOf, readReport, runCapscope } from "./harness/capscope.ts";
import { type NetworkNamespace, openNetworkNamespace, run } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { openTemporaryDirectory, type TemporaryDirectory } from "./harness/temporary-directory.ts";

/** Runs the command from a copy of its executable that is in no file system. */
const START_FROM_MEMORY = `
import os, sys
copy = os.memfd_create("hidden", 0)
with open(sys.argv[1], "rb") as original:
    os.sendfile(copy, original.fileno(), 0, os.fstat(original.fileno()).st_size)
os.execv(f"/proc/self/fd/{copy}", sys.argv[1:])`;

/** Runs it from a copy that only this mount namespace has. */
const START_FROM_OWN_MOUNT = `mount -t tmpfs none /mnt && cp "$1" /mnt/inside &&
  chmod 4757 /mnt/inside && shift && exec /mnt/inside "$@"`;

/** Runs the interpreter behind a prefix, or a copy of it that the function changed. */
type Case = readonly string[] | ((path: string) => void);

const CASES = {
  plain: [],
  memory: [PYTHON, "-c", START_FROM_MEMORY],
  otherMount: ["unshare", "--mount", "sh", "-c", START_FROM_OWN_MOUNT, "sh"],
  copied: () => {},
  deleted: () => {},
  writableByAll: (path) => chmodSync(path, 0o757),
  writableByGroup: (path) => {
    chownSync(path, 0, 1234);
    chmodSync(path, 0o775);
  },
  ownedByAnother: (path) => chownSync(path, 4321, 0),
  setuid: (path) => chmodSync(path, 0o4755),
  setgid: (path) => chmodSync(path, 0o2755),
  fileCapabilities: (path) => void run(["setcap", "cap_net_raw=ep", path]),
  inheritableFileCapabilities: (path) => void run(["setcap", "cap_net_admin,cap_net_raw=i", path]),
} as const satisfies Record<string, Case>;
type Name = keyof typeof CASES;
const NAMES = Object.keys(CASES) as Name[];

describePrivileged("11. the executable of a process is examined", () => {
  let here: NetworkNamespace;
  let temporary: TemporaryDirectory;
  let directory: string;
  const actors = {} as Record<Name, Actor>;
  let report: ExposureReport;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    temporary = openTemporaryDirectory();
    directory = temporary.path;
    const started = NAMES.map(async (name, index) => {
      const kind: Case = CASES[name];
      const sockets = [
        { family: "inet", type: "stream", bind: ["127.0.0.1", 8001 + index] },
      ] as const;
      const options =
        typeof kind === "function" ? { python: makeCopy(name, kind) } : { prefix: kind };
      actors[name] = await startActor(here, { sockets }, options);
    });
    await Promise.all(started);
    rmSync(join(directory, "deleted"));
    report = readReport(here);
  });

  afterAll(() => {
    for (const actor of Object.values(actors)) actor.stop();
    here?.close();
    temporary?.close();
  });

  function makeCopy(name: string, change: (path: string) => void): string {
    const path = join(directory, name);
    copyFileSync(PYTHON, path);
    chmodSync(path, 0o755);
    change(path);
    return path;
  }

  const processNamed = (name: Name): Process => processOf(report, actors[name].pid);
  const tree = (name: Name): string =>
    runCapscope(["exposure", "--no-color", "--pid", String(actors[name].pid)], {
      namespace: here,
    }).stdout;

  test("the executable is the one that /proc/PID/exe names, also when it is gone", () => {
    expect(processNamed("plain").exe?.path).toBe(realpathSync(PYTHON));
    expect(processNamed("copied").exe).toMatchObject({
      path: join(directory, "copied"),
      deleted: false,
      writableByOthers: false,
      setuid: false,
      setgid: false,
      fileCapabilities: "",
    });
    expect(readlinkSync(`/proc/${actors.deleted.pid}/exe`)).toEndWith(" (deleted)");
    expect(existsSync(join(directory, "deleted"))).toBe(false);
    expect(processNamed("deleted").exe).toMatchObject({
      path: join(directory, "deleted"),
      deleted: true,
    });
    expect(tree("deleted")).toMatch(/deleted/);
  });

  test("an executable that never had a name is shown as gone", () => {
    expect(readlinkSync(`/proc/${actors.memory.pid}/exe`)).toBe("/memfd:hidden (deleted)");
    expect(processNamed("memory").exe).toMatchObject({ path: "/memfd:hidden", deleted: true });
  });

  test("an executable in another mount namespace is judged as the process sees it", () => {
    expect(existsSync("/mnt/inside")).toBe(false);
    expect(processNamed("otherMount").exe).toMatchObject({
      path: "/mnt/inside",
      deleted: false,
      setuid: true,
      writableByOthers: true,
    });
  });

  test("an executable is writable by others by mode or by owner", () => {
    for (const name of ["writableByAll", "writableByGroup", "ownedByAnother"] as const) {
      expect([name, processNamed(name).exe?.writableByOthers]).toEqual([name, true]);
      expect(tree(name)).toContain("writable by others");
    }
  });

  test("a setuid or setgid executable is shown as such", () => {
    expect(processNamed("setuid").exe).toMatchObject({ setuid: true, setgid: false });
    expect(processNamed("setgid").exe).toMatchObject({ setuid: false, setgid: true });
    expect(tree("setuid")).toMatch(/exe: setuid/);
  });

  test("file capabilities are shown as getcap does", () => {
    for (const name of ["fileCapabilities", "inheritableFileCapabilities"] as const) {
      const path = join(directory, name);
      const [, text] = run(["getcap", path]).trim().split(`${path} `);
      expect([name, processNamed(name).exe?.fileCapabilities]).toEqual([name, text!]);
      expect(tree(name)).toContain(text!);
    }
  });
});
