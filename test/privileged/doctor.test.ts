// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { readFileSync, readlinkSync } from "node:fs";
import type { Check, DoctorReport } from "../../src/doctor/model.ts";
import { openCapabilityTracer } from "../../src/linux/bpf/capability-tracer.ts";
import { type RunOptions, runCapscope } from "./harness/capscope.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { parseBySchema } from "./harness/schemas.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";

const NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups".split(" ");

/** The report of a run, valid by the published schema. */
function examine(options: RunOptions = {}): DoctorReport {
  const { status, stdout, stderr } = runCapscope(["doctor", "--json"], options);
  if (status !== 0 || stderr !== "") throw new Error(`exit ${status}: ${stderr}`);
  return parseBySchema(stdout, "doctor") as DoctorReport;
}

function checkOf({ checks }: DoctorReport, name: string): Check {
  const found = checks.find((check) => check.name === name);
  if (found === undefined) throw new Error(`no check is called ${name}`);
  return found;
}

describePrivileged("doctor", () => {
  test("says of each way in what the tracer itself says", async () => {
    const report = examine();
    for (const wayIn of ["tp_btf", "fexit", "kprobe"] as const) {
      let isOpen = true;
      try {
        const tracer = await openCapabilityTracer({ scope: { kind: "tree" }, wayIn });
        tracer[Symbol.dispose]();
      } catch (error) {
        isOpen = false;
        expect(String(error)).toContain(`${wayIn}: `);
      }
      expect([wayIn, checkOf(report, wayIn).state]).toEqual([wayIn, isOpen ? "ok" : "missing"]);
    }
  });

  test("tells the host as the system does", () => {
    const report = examine();
    expect(report.host).toEqual({
      name: readFileSync("/proc/sys/kernel/hostname", "utf8").trim(),
      kernel: readFileSync("/proc/sys/kernel/osrelease", "utf8").trim(),
    });
    expect(Math.abs(Date.parse(report.time) - Date.now())).toBeLessThan(60_000);
    const isInitial = readlinkSync("/proc/self/ns/user") === "user:[4026531837]";
    expect(checkOf(report, "user namespace").state).toBe(isInitial ? "ok" : "limited");
    const mounts = readFileSync("/proc/self/mounts", "utf8");
    expect(checkOf(report, "control groups").state).toBe(
      / cgroup2? /.test(mounts) ? "ok" : "missing",
    );
  });

  test("is a table in printable ASCII", () => {
    const { status, stdout, stderr } = runCapscope(["doctor"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^ {2}tp_btf +(?:ok|missing) /m);
    expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
  });

  test("without privileges says which are missing and what they cost, and exits with 0", () => {
    const report = examine({ prefix: NOBODY, asOtherUser: true });
    for (const name of ["bpf", "perfmon", "sys_ptrace", "dac_read_search", "net_admin"]) {
      const check = checkOf(report, name);
      expect([name, check.state]).toEqual([name, "missing"]);
      expect(check.remedy).toContain(`CAP_${name.toUpperCase()}`);
      expect(check.effect).not.toBeNull();
    }
    for (const name of ["tp_btf", "fexit", "kprobe"]) {
      expect(checkOf(report, name)).toMatchObject({ state: "unknown" });
      expect(checkOf(report, name).detail).toContain("needs privileges");
    }
    expect(report.abilities.trace).toBe("missing");
    expect(checkOf(report, "processes").effect).toContain("unreadable");
  });

  test("names one missing capability among those that are held", () => {
    const prefix = ["setpriv", "--bounding-set=-sys_ptrace"];
    const report = examine({ prefix });
    expect(checkOf(report, "sys_ptrace").state).toBe("missing");
    expect(checkOf(report, "dac_read_search").state).toBe("ok");
  });

  test("in a user and PID namespace of its own says that capabilities count inside only", () => {
    const prefix = "unshare --user --map-root-user --pid --fork --mount-proc".split(" ");
    const report = examine({ prefix });
    expect(checkOf(report, "user namespace").state).toBe("limited");
    expect(checkOf(report, "PID namespace").state).toBe("limited");
    expect(checkOf(report, "bpf").detail).toContain("in this user namespace only");
    expect(report.abilities.trace).toBe("missing");
  });

  test("sees hidepid on /proc", () => {
    const script = 'mount -t proc -o hidepid=invisible proc /proc && exec "$@"';
    const prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"];
    const report = examine({ prefix: [...prefix, ...NOBODY], asOtherUser: true });
    expect(checkOf(report, "processes").detail).toMatch(/hidepid=(?:invisible|2)/);
    expect(checkOf(report, "processes").state).toBe("limited");
  });

  test("--require is a gate: exit 1 for what is not possible, 0 for what is", () => {
    const options = { prefix: NOBODY, asOtherUser: true };
    const failed = runCapscope(["doctor", "--require", "trace"], options);
    expect(failed.status).toBe(1);
    expect(failed.stdout).toContain("trace: not possible");
    expect(failed.stderr).toBe("capscope: trace is not possible here\n");
    expect(runCapscope(["doctor", "--require", "exposure"], options).status).toBe(0);
    expect(runCapscope(["doctor", "--require", "nonsense"], options).status).toBe(2);
  });

  test("says where libbpf is missing", () => {
    const hide = `for each in $(ldconfig -p | sed -n "s/.*libbpf.so.1 .*=> //p"); do
      mount --bind /dev/null "$each"; done; exec "$@"`;
    const prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-c", hide, "sh"];
    const report = examine({ prefix });
    expect(checkOf(report, "libbpf")).toMatchObject({
      state: "missing",
      remedy: expect.stringContaining("install libbpf"),
    });
    expect(report.abilities.trace).toBe("missing");
  });

  test("writes the report to a file", () => {
    const folder = openTemporaryDirectory();
    try {
      const path = `${folder.path}/report.json`;
      expect(runCapscope(["doctor", "--json", "-o", path])).toMatchObject({
        status: 0,
        stdout: "",
      });
      expect(parseBySchema(readFileSync(path, "utf8"), "doctor")).toMatchObject({ kind: "doctor" });
    } finally {
      folder.close();
    }
  });
});
