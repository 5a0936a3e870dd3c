// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { setOf } from "../../src/capabilities/set.ts";
import { abilitiesOf, checksOf } from "../../src/doctor/checks.ts";
import type { Facts } from "../../src/doctor/facts.ts";
import type { Check } from "../../src/doctor/model.ts";
import { facts, hierarchy, refusal } from "./build-facts.ts";

const checkOf = (name: string, given: Partial<Facts> = {}): Check => {
  const found = checksOf(facts(given)).filter((check) => check.name === name);
  if (found.length !== 1) throw new Error(`${found.length} checks are called ${name}`);
  return found[0]!;
};
const abilities = (given: Partial<Facts> = {}): unknown => {
  const all = facts(given);
  return abilitiesOf(all, checksOf(all));
};

const UNPRIVILEGED: Partial<Facts> = {
  privileges: 0n,
  trial: null,
  waysIn: (["tp_btf", "fexit", "kprobe"] as const).map((wayIn) => ({
    wayIn,
    refusal: { reason: "needs privileges: bpf", remedy: "run it as root" },
  })),
};

describe("a machine on which nothing is lost", () => {
  test("has no check with an effect or a remedy, and all names are unique", () => {
    const checks = checksOf(facts());
    expect(checks.filter(({ state }) => state !== "ok")).toEqual([]);
    expect(checks.filter(({ effect, remedy }) => effect !== null || remedy !== null)).toEqual([]);
    expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
    expect(abilities()).toEqual({ trace: "ok", exposure: "ok" });
  });
});

describe("the ways in", () => {
  test("the first that works is used, and the others are said to work", () => {
    expect(checkOf("tp_btf").detail).toEndWith("trace uses it");
    expect(checkOf("fexit").detail).toEndWith("works too; trace uses tp_btf");
  });

  test("a refused tracepoint costs something, and names what trace falls to", () => {
    const waysIn: Facts["waysIn"] = [
      { wayIn: "tp_btf", refusal: refusal("tp_btf", "loading: ESRCH") },
      { wayIn: "fexit", refusal: refusal("fexit", "loading: EPERM") },
      { wayIn: "kprobe", refusal: null },
    ];
    expect(checkOf("tp_btf", { waysIn })).toMatchObject({
      state: "missing",
      detail: "not in this kernel (loading: ESRCH)",
      effect: expect.stringContaining("trace falls to kprobe"),
    });
    expect(checkOf("fexit", { waysIn }).detail).toBe(
      "refused by the kernel or its policy (loading: EPERM); trace falls to kprobe",
    );
    expect(checkOf("kprobe", { waysIn }).detail).toEndWith("trace uses it");
    expect(abilities({ waysIn })).toMatchObject({ trace: "limited" });
  });

  test("a refused one behind one that works costs nothing", () => {
    const waysIn: Facts["waysIn"] = [
      { wayIn: "tp_btf", refusal: null },
      { wayIn: "fexit", refusal: refusal("fexit", "loading: EPERM") },
    ];
    expect(checkOf("fexit", { waysIn })).toMatchObject({ state: "missing", effect: null });
    expect(abilities({ waysIn })).toMatchObject({ trace: "ok" });
  });

  test("without privileges they are unknown; with them, missing; no trace in both", () => {
    expect(checkOf("kprobe", UNPRIVILEGED)).toMatchObject({
      state: "unknown",
      remedy: "run it as root",
    });
    const refused = { ...UNPRIVILEGED, privileges: setOf("sys_admin") };
    expect(checkOf("kprobe", refused).state).toBe("missing");
    expect(abilities(UNPRIVILEGED)).toMatchObject({ trace: "missing" });
    expect(abilities(refused)).toMatchObject({ trace: "missing" });
  });
});

describe("what a trace shows", () => {
  test("a check that was not seen makes a trace impossible", () => {
    const trial = { counted: false, named: false, seesOutcomes: true };
    expect(checkOf("kernel functions", { trial }).state).toBe("missing");
    expect(abilities({ trial })).toMatchObject({ trace: "missing" });
  });

  test("functions without names and calls without ends limit it", () => {
    const trial = { counted: true, named: false, seesOutcomes: false };
    expect(checkOf("kernel functions", { trial })).toMatchObject({
      state: "limited",
      detail: "not named",
    });
    expect(checkOf("ends of system calls", { trial }).state).toBe("limited");
    expect(abilities({ trial })).toMatchObject({ trace: "limited" });
  });
});

describe("the kernel", () => {
  test.each([
    ["5.14.0-x", "limited"],
    ["5.15.0", "ok"],
    ["10.0.1", "ok"],
    ["4.19.0", "limited"],
    ["", "unknown"],
  ] as const)("%j is %s", (kernel, state) => {
    expect(checkOf("kernel", { kernel }).state).toBe(state);
  });

  test("types that are not there, and those that may not be read, have their remedies", () => {
    expect(checkOf("kernel types", { types: "gone" }).remedy).toContain("CONFIG_DEBUG_INFO_BTF");
    expect(checkOf("kernel types", { types: "denied" }).remedy).toContain("root");
    expect(checkOf("iterators", { types: "gone" }).state).toBe("unknown");
  });

  test("lockdown costs nothing up to integrity, and is unknown without securityfs", () => {
    expect(checkOf("lockdown", { lockdown: "integrity" }).state).toBe("ok");
    expect(checkOf("lockdown", { lockdown: "confidentiality" }).effect).toContain("no trace");
    expect(checkOf("lockdown", { lockdown: null })).toMatchObject({
      state: "unknown",
      remedy: "mount -t securityfs none /sys/kernel/security",
    });
  });
});

describe("exposure", () => {
  const exposure: Facts["exposure"] = {
    complete: false,
    processesSeen: 7,
    processesUnreadable: 3,
    endpointsWithoutOwner: 1,
    sources: { tcp: "procfs", vsock: "descriptors", unix: "unavailable" },
    gaps: [
      { code: "protocols-unavailable", incomplete: true, count: 1, message: "m1", remedy: "r1" },
      { code: "descriptors-unreadable", incomplete: false, count: 3, message: "m2", remedy: "r2" },
      { code: "closed-meanwhile", incomplete: false, count: 1, message: "m3", remedy: null },
    ],
  };

  test("takes over what a report could not see, with its remedies", () => {
    expect(checkOf("sockets", { exposure })).toMatchObject({
      state: "limited",
      detail: "from /proc: tcp; from descriptors only: vsock; not to be listed: unix",
      effect: "m1",
      remedy: "r1",
    });
    const options = ["rw", "hidepid=invisible"];
    const mounts = [{ target: "/proc", type: "proc", options }];
    expect(checkOf("processes", { exposure, mounts })).toMatchObject({
      state: "limited",
      detail: "7 seen, 3 unreadable, /proc has hidepid=invisible",
      effect: "m2",
      remedy: "r2",
    });
    expect(abilities({ exposure })).toMatchObject({ exposure: "limited" });
  });

  test("is not possible when no table can be read", () => {
    const nothing = { ...exposure, sources: { tcp: "unavailable" as const } };
    expect(abilities({ exposure: nothing })).toMatchObject({ exposure: "missing" });
    expect(checkOf("sockets", { exposure: nothing }).state).toBe("missing");
  });
});

describe("the system", () => {
  test.each([
    [[hierarchy("unified", "/a")], "v2 at /a"],
    [[hierarchy("pids", "/a"), hierarchy("name=systemd", "/b")], "2 hierarchies of v1"],
    [
      [hierarchy("unified", "/b"), hierarchy("pids", "/a")],
      "hybrid: v2 at /b, 1 hierarchies of v1",
    ],
    [[], "none mounted"],
  ])("control groups %#", (hierarchies, detail) => {
    expect(checkOf("control groups", { hierarchies }).detail).toBe(detail);
  });

  test("nested namespaces limit, and capabilities count inside only", () => {
    const namespaces = { pid: false, user: false };
    expect(checkOf("PID namespace", { namespaces }).state).toBe("limited");
    expect(checkOf("user namespace", { namespaces }).effect).toContain("no trace");
    expect(checkOf("bpf", { namespaces })).toMatchObject({ state: "limited" });
  });

  test("closed state of a container engine is named", () => {
    expect(
      checkOf("container engines", { containers: { named: 3, closed: ["/x"] } }),
    ).toMatchObject({
      state: "limited",
      detail: "3 containers named in their state; closed: /x",
    });
  });
});

describe("privileges", () => {
  test("that are missing have a price and a remedy with their name", () => {
    expect(checkOf("sys_ptrace", { privileges: 0n })).toMatchObject({
      state: "missing",
      remedy: "run it as root, or with CAP_SYS_PTRACE",
    });
  });

  test("sys_admin stands for bpf and perfmon, and for no other", () => {
    const privileges = setOf("sys_admin");
    expect(checkOf("bpf", { privileges }).state).toBe("ok");
    expect(checkOf("perfmon", { privileges }).state).toBe("ok");
    expect(checkOf("net_admin", { privileges }).state).toBe("missing");
  });

  test("sys_resource is not needed", () => {
    expect(checkOf("sys_resource", { privileges: 0n }).state).toBe("ok");
  });
});
