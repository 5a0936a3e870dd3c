// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, readlinkSync, statSync } from "node:fs";
import type { ExposureReport, Process } from "../../src/exposure/model.ts";
import { type Actor, startActor, type Step } from "./harness/actor.ts";
import { processOf, readReport, runCapscope } from "./harness/capscope.ts";
import { readStatus } from "./harness/kernel.ts";
import { type NetworkNamespace, openNetworkNamespace } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";

interface Case {
  readonly steps?: readonly Step[];
  readonly prefix?: readonly string[];
}

const NO_USER: Step = { do: "user-ids", with: [1000, 1000, 1000] };

const CASES = {
  plain: {},
  noNewPrivileges: { steps: [{ do: "no-new-privileges" }] },
  threeFilters: { steps: [{ do: "no-new-privileges" }, { do: "seccomp-filters", with: 3 }] },
  user: { steps: [NO_USER, { do: "dumpable" }] },
  notDumpable: { steps: [NO_USER, { do: "not-dumpable" }] },
  userNamespace: { prefix: ["unshare", "--user", "--map-root-user"] },
  mountNamespace: { prefix: ["unshare", "--mount"] },
  pidNamespace: { prefix: ["unshare", "--pid", "--fork", "--kill-child=KILL"] },
  chroot: { steps: [{ do: "change-root", with: "/usr" }] },
} as const satisfies Record<string, Case>;
type Name = keyof typeof CASES;
const NAMES = Object.keys(CASES) as Name[];

describePrivileged("11. defenses are those that the kernel shows", () => {
  let here: NetworkNamespace;
  const actors = {} as Record<Name, Actor>;
  let report: ExposureReport;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    await Promise.all(
      NAMES.map(async (name, index) => {
        const { steps = [], prefix = [] }: Case = CASES[name];
        const listener = {
          family: "inet",
          type: "stream",
          bind: ["127.0.0.1", 8001 + index],
        } as const;
        actors[name] = await startActor(here, { sockets: [listener], steps }, { prefix });
      }),
    );
    report = readReport(here);
  });

  afterAll(() => {
    for (const actor of Object.values(actors)) actor.stop();
    here?.close();
  });

  const processNamed = (name: Name): Process => processOf(report, actors[name].pid);
  const tree = (name: Name): string =>
    runCapscope(["exposure", "--no-color", "--pid", String(actors[name].pid)], {
      namespace: here,
    }).stdout;

  test("no_new_privs, seccomp mode and number of filters are those of /proc/PID/status", () => {
    const modes = ["disabled", "strict", "filter"];
    for (const name of NAMES) {
      const status = readStatus(actors[name].pid);
      const { noNewPrivs, seccomp, seccompFilters } = processNamed(name).defenses;
      const filters = status.get("Seccomp_filters");
      expect([name, noNewPrivs, seccomp, seccompFilters]).toEqual([
        name,
        status.get("NoNewPrivs") === "1",
        modes[Number(status.get("Seccomp"))],
        filters === undefined ? null : Number(filters),
      ] as never);
    }
    expect(processNamed("noNewPrivileges").defenses.noNewPrivs).toBe(true);
    expect(processNamed("threeFilters").defenses).toMatchObject({
      seccomp: "filter",
      seccompFilters: 3,
    });
    expect(tree("threeFilters")).toContain("seccomp: filter (3 filters)");
    expect(tree("noNewPrivileges")).toContain("no_new_privs: yes");
    expect(tree("plain")).toContain("seccomp: disabled");
  });

  test("the LSM label is that of /proc/PID/attr/current", () => {
    expect(processNamed("plain").defenses.lsm).toBe(readLabel(actors.plain.pid));
  });

  test("a process that is not dumpable has root-owned files in /proc, and is shown so", () => {
    const { user, notDumpable, plain } = actors;
    expect(statSync(`/proc/${user.pid}/environ`).uid).toBe(1000);
    expect(statSync(`/proc/${notDumpable.pid}/environ`).uid).toBe(0);
    expect(statSync(`/proc/${plain.pid}/environ`).uid).toBe(0);
    expect(processNamed("user").defenses.dumpable).toBe(true);
    expect(processNamed("notDumpable").defenses.dumpable).toBe(false);
    expect(processNamed("plain").defenses.dumpable).toBeNull();
  });

  test("namespaces are compared with those of pid 1, as far as its links can be read", () => {
    for (const kind of ["user", "mount", "pid", "net"] as const) {
      const link = kind === "mount" ? "mnt" : kind;
      const first = readNamespace(1, link);
      for (const name of NAMES) {
        const own = readNamespace(actors[name].pid, link);
        const reported = processNamed(name).defenses.ownNamespaces[kind];
        if (first !== null) expect([name, kind, reported]).toEqual([name, kind, own !== first]);
      }
    }
    expect(processNamed("userNamespace").defenses.ownNamespaces.user).toBe(true);
    expect(processNamed("pidNamespace").defenses.ownNamespaces.pid).toBe(true);
    expect(processNamed("plain").defenses.ownNamespaces.user).toBe(false);
    expect(processNamed("plain").defenses.ownNamespaces.pid).toBe(false);
    expect(tree("pidNamespace")).toMatch(/namespaces: own .*pid/);
  });

  test("own network and mount namespaces are never denied", () => {
    // Unknown where pid 1 cannot be compared with, but then not "false".
    expect(processNamed("plain").defenses.ownNamespaces.net).not.toBe(false);
    expect(processNamed("mountNamespace").defenses.ownNamespaces.mount).not.toBe(false);
  });

  test("a chroot is named", () => {
    expect(readlinkSync(`/proc/${actors.chroot.pid}/root`)).toBe("/usr");
    expect(processNamed("chroot").defenses.chroot).toBe("/usr");
    expect(processNamed("plain").defenses.chroot).toBe("");
    expect(tree("chroot")).toContain("/usr");
  });

  test("the start time and the parent are those of /proc/PID/stat", () => {
    for (const name of NAMES) {
      const stat = readFileSync(`/proc/${actors[name].pid}/stat`, "latin1");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      expect(processNamed(name).parentPid).toBe(Number(fields[1]));
      expect(processNamed(name).startTime).toBe(Number(fields[19]));
    }
  });
});

function readNamespace(pid: number, kind: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") return null;
    throw error;
  }
}

/** "" where no LSM labels processes: the read then fails with EINVAL, or the file is missing. */
function readLabel(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/attr/current`, "latin1").replace(/[\n\0]+$/, "");
  } catch (error) {
    if (["EINVAL", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
}
