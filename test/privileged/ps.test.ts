// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { ListedProcess, PsReport } from "../../src/inventory/model.ts";
import { type Actor, type ActorOptions, type Plan, startActor } from "./harness/actor.ts";
import { type RunOptions, runCapscope } from "./harness/capscope.ts";
import { factsOf, readCredentials } from "./harness/credentials.ts";
import { type NetworkNamespace, openNetworkNamespace, run } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { parseBySchema } from "./harness/schemas.ts";

const NET_RAW = 13;
const SETUID = 7;
const NO_USER = { do: "user-ids", with: [1000, 1000, 1000] } as const;
const KEEP_ONE = [
  { do: "keep-capabilities" },
  NO_USER,
  { do: "keep-only", with: 2 ** NET_RAW },
] as const;

/** Name -> what the actor does to itself. */
const ACTORS: Readonly<Record<string, readonly [Plan, ActorOptions?]>> = {
  root: [{}],
  nothing: [{ steps: [NO_USER] }],
  permittedOnly: [{ steps: [...KEEP_ONE, { do: "clear-effective" }] }],
  oneCapability: [{ steps: KEEP_ONE }],
  ambient: [{ steps: [{ do: "raise-ambient", with: NET_RAW }] }],
  userNamespace: [{}, { prefix: ["unshare", "--user", "--map-root-user"] }],
  // The thread keeps all that root has, while the process gives it up for itself.
  thread: [{ threadSteps: [], steps: [{ do: "keep-only", with: 2 ** SETUID }] }],
};

/** The report of a run, valid by the published schema. */
function list(words: readonly string[] = [], options: RunOptions = {}): PsReport {
  const { status, stdout, stderr } = runCapscope(["ps", "--json", ...words], options);
  if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
  return parseBySchema(stdout, "ps") as PsReport;
}

describePrivileged("ps", () => {
  let here: NetworkNamespace;
  let actors: Record<string, Actor>;
  const pidOf = (name: string): number => actors[name]!.pid;
  const find = ({ processes }: PsReport, name: string): ListedProcess | undefined =>
    processes.find(({ pid }) => pid === pidOf(name));

  beforeAll(async () => {
    here = await openNetworkNamespace();
    const started = Object.entries(ACTORS).map(
      async ([name, [plan, options]]) => [name, await startActor(here, plan, options)] as const,
    );
    actors = Object.fromEntries(await Promise.all(started));
  });

  afterAll(() => {
    for (const actor of Object.values(actors ?? {})) actor.stop();
    here?.close();
  });

  test("lists who holds or can raise a capability, and nobody else", () => {
    const report = list();
    const listed = Object.keys(ACTORS).filter((name) => find(report, name) !== undefined);
    expect(listed).toEqual(Object.keys(ACTORS).filter((name) => name !== "nothing"));
    expect(find(list(["--all"]), "nothing")).toMatchObject({ privilege: "none" });
  });

  test("ids and the five sets are those of /proc/PID/status", () => {
    const report = list(["--all"]);
    for (const name of Object.keys(ACTORS)) {
      const pid = pidOf(name);
      expect([name, factsOf(find(report, name)!)]).toEqual([name, readCredentials(pid, pid)]);
    }
  });

  test("a thread that may do more is told apart, and makes its process count", () => {
    const process = find(list(), "thread")!;
    const tid = actors["thread"]!.tid!;
    expect(process.capabilities.permitted).toEqual(["setuid"]);
    const [threads] = process.differingThreads;
    expect(threads!.tids).toEqual([tid]);
    expect(factsOf(threads!.credentials)).toEqual(readCredentials(pidOf("thread"), tid));
    const { stdout } = runCapscope(["ps", "-p", String(pidOf("thread"))]);
    expect(stdout).toContain(`thread ${tid}`);
    expect(find(list(["--cap", "net_admin"]), "thread")).toBeDefined();
  });

  test("the user namespace is the process's own, and its root is not called privileged", () => {
    const process = find(list(), "userNamespace")!;
    const link = readlinkSync(`/proc/${pidOf("userNamespace")}/ns/user`);
    expect(process.userNamespace).toBe(Number(/\d+/.exec(link)![0]));
    expect(process).toMatchObject({ childUserNamespace: true, privilegedCaps: false });
    expect(find(list(), "root")).toMatchObject({ childUserNamespace: false, privilegedCaps: true });
  });

  test("who can control the host comes before who cannot, the most powerful first", () => {
    const { processes } = list(["-p", ...Object.keys(ACTORS).map((name) => String(pidOf(name)))]);
    const place = (name: string): number => processes.findIndex(({ pid }) => pid === pidOf(name));
    expect(place("root")).toBeLessThan(place("oneCapability"));
    expect(place("oneCapability")).toBeLessThan(place("userNamespace"));
    expect(place("userNamespace")).toBeLessThan(place("nothing"));
    expect(place("nothing")).toBe(processes.length - 1);
  });

  test("--cap keeps those who hold it, in any spelling", () => {
    for (const word of ["net_raw", "CAP_NET_RAW", "13", "0x2000", "sys_time,net_raw"]) {
      const report = list(["--cap", word]);
      expect([word, find(report, "permittedOnly")]).toMatchObject([word, { privilege: "partial" }]);
    }
    expect(find(list(["--cap", "sys_time"]), "oneCapability")).toBeUndefined();
  });

  test("-p takes several, shows those without capabilities, and says which are not there", () => {
    const pids = [pidOf("nothing"), pidOf("oneCapability")];
    expect(list(["-p", ...pids.map(String)]).processes).toHaveLength(2);
    expect(list(["-p", pids.join(",")]).processes).toHaveLength(2);
    const missing = runCapscope(["ps", "-p", String(pids[0]), "4194305"]);
    expect(missing.status).toBe(4);
    expect(missing.stdout).toContain("no such process: 4194305");
    expect(runCapscope(["ps", "-p", "4194305"])).toMatchObject({ status: 3, stdout: "" });
    for (const word of ["0", "-1", "x", "1x", "99999999999"]) {
      expect([word, runCapscope(["ps", `--pid=${word}`]).status]).toEqual([word, 2]);
    }
  });

  test("--format caps prints what getpcaps prints, one a line", () => {
    for (const name of ["permittedOnly", "oneCapability", "thread"]) {
      const pid = String(pidOf(name));
      const { stdout } = runCapscope(["ps", "-p", pid, "--format", "caps"]);
      if (name === "thread") expect(stdout.split("\n").length).toBeGreaterThan(30);
      else expect(stdout).toBe("CAP_NET_RAW\n");
    }
    const text = run(["getpcaps", String(pidOf("permittedOnly"))]);
    expect(text.trim()).toEndWith("cap_net_raw=p");
  });

  test("--tree hangs processes below their parents", () => {
    const pid = pidOf("oneCapability");
    const { stdout, status } = runCapscope(["ps", "--tree", "--cap", "net_raw"]);
    expect(status).toBe(0);
    const own = stdout.split("\n").find((line) => line.includes(`pid=${pid} `))!;
    expect(own).toMatch(/^[│ ]+[├└]─ /);
    expect(stdout).toContain(`pid=${process.pid} `);
  });

  test("secure bits are unknown where they are not asked for, and it is said why", () => {
    const report = list(["-p", String(pidOf("root"))]);
    expect(report.processes[0]!.securebits).toBeNull();
    expect(report.coverage).toMatchObject({ complete: true });
    expect(report.coverage.gaps.map(({ code }) => code)).toContain("securebits-unknown");
  });

  test("secure bits of capscope itself are read, where it is listed", () => {
    const prefix = ["setpriv", "--securebits=+noroot,+noroot_locked"];
    const known = list(["--all"], { prefix }).processes.filter(({ securebits }) => securebits);
    expect(known.map(({ securebits }) => securebits)).toEqual([["noroot", "noroot-locked"]]);
  });

  test("--securebits reads those of others, or says that it could not", async () => {
    const prefix = ["setpriv", "--securebits=+noroot,+no_setuid_fixup"];
    const bound = await startActor(here, {}, { prefix });
    const pids = [String(bound.pid), String(pidOf("root"))];
    const { processes, coverage } = list(["--securebits", "--allow-partial", "-p", ...pids]);
    const bitsOf = (pid: number) => processes.find((each) => each.pid === pid)!.securebits;
    if (coverage.complete) {
      expect(bitsOf(bound.pid)).toEqual(["noroot", "no-setuid-fixup"]);
      expect(bitsOf(pidOf("root"))).toEqual([]);
      const { stdout } = runCapscope(["ps", "--securebits", "-p", pids[0]!]);
      expect(stdout).toContain("[noroot, no-setuid-fixup]");
    } else {
      expect(coverage.gaps.map(({ code }) => code)).toContain("securebits-unknown");
    }
    const refused = runCapscope(["ps", "--securebits", "-p", pids[0]!], {
      prefix: "setpriv --reuid=65534 --regid=65534 --clear-groups".split(" "),
      asOtherUser: true,
    });
    expect([refused.status, refused.stdout]).toEqual([4, expect.stringContaining("CAP_BPF")]);
    bound.stop();
  });

  test("finds every process of the machine that pscap finds", () => {
    const before = pidsNow();
    const ours = new Set(list().processes.map(({ pid }) => pid));
    const lines = run(["pscap"]).split("\n").slice(1).filter(Boolean);
    const after = pidsNow();
    const theirs = lines.map((line) => Number(line.split(/\s+/).filter(Boolean)[1]));
    const steady = theirs.filter((pid) => before.has(pid) && after.has(pid));
    expect(steady.length).toBeGreaterThan(3);
    expect(steady.filter((pid) => !ours.has(pid) && hasCapabilities(pid))).toEqual([]);
    // What it leaves out: who has only a permitted set.
    expect(theirs).not.toContain(pidOf("permittedOnly"));
    expect(ours).toContain(pidOf("permittedOnly"));
  });

  test("with hidepid exits with 4, and with 0 when that is allowed", () => {
    const script = 'mount -t proc -o hidepid=invisible proc /proc && exec "$@"';
    const prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"];
    const nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups".split(" ");
    const options = { prefix: [...prefix, ...nobody], asOtherUser: true };
    const { status, stdout } = runCapscope(["ps"], options);
    expect([status, stdout]).toEqual([4, expect.stringContaining("hidepid")]);
    expect(runCapscope(["ps", "--allow-partial"], options).status).toBe(0);
  });

  test("as an ordinary user shows everybody's sets, and not all user namespaces", () => {
    const prefix = "setpriv --reuid=65534 --regid=65534 --clear-groups".split(" ");
    const report = list([], { prefix, asOtherUser: true });
    const process = find(report, "root")!;
    expect(factsOf(process)).toEqual(readCredentials(pidOf("root"), pidOf("root")));
    expect(process).toMatchObject({ userNamespace: null, childUserNamespace: null });
    expect(report.coverage.gaps.map(({ code }) => code)).toContain("user-namespaces-unknown");
  });
});

function pidsNow(): ReadonlySet<number> {
  return new Set(readdirSync("/proc").map(Number).filter(Number.isInteger));
}

/** Not a process that was about to end. */
function hasCapabilities(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return !/^State:\s+[ZX]/m.test(status) && !/^CapPrm:\s+0+$/m.test(status);
  } catch {
    return false;
  }
}
