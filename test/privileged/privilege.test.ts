// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { ExposureReport, Process } from "../../src/exposure/model.ts";
import { type Actor, type ActorOptions, type Plan, startActor } from "./harness/actor.ts";
import { endpointOf, processOf, readReport, runCapscope } from "./harness/capscope.ts";
import { factsOf, readCredentials } from "./harness/credentials.ts";
import { readStatus } from "./harness/kernel.ts";
import { type NetworkNamespace, openNetworkNamespace, run } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";

const NET_RAW = 13;
const SETUID = 7;
const NO_USER = { do: "user-ids", with: [1000, 1000, 1000] } as const;

/** Name -> what the actor does to itself once its one listener is open. */
const ACTORS: Readonly<Record<string, readonly [Plan, ActorOptions?]>> = {
  root: [{}],
  nonroot: [{ steps: [NO_USER] }],
  permittedOnly: [{ steps: [{ do: "clear-effective" }] }],
  oneCapability: [
    {
      steps: [{ do: "keep-capabilities" }, NO_USER, { do: "keep-only", with: 2 ** NET_RAW }],
    },
  ],
  inheritable: [
    {
      steps: [
        { do: "keep-only", with: 2 ** SETUID },
        { do: "raise-inheritable", with: 2 ** SETUID },
      ],
    },
  ],
  ambient: [{ steps: [{ do: "raise-ambient", with: NET_RAW }] }],
  trimmed: [{ steps: [{ do: "drop-bounding", with: [16, 17, 21] }] }],
  effectiveRoot: [{ steps: [{ do: "user-ids", with: [1000, 0, 0] }] }],
  savedRoot: [{ steps: [{ do: "user-ids", with: [1000, 1000, 0] }] }],
  filesystemRoot: [
    {
      steps: [
        { do: "keep-capabilities" },
        NO_USER,
        { do: "keep-only", with: 2 ** SETUID },
        { do: "filesystem-uid", with: 0 },
        { do: "keep-only", with: 0 },
      ],
    },
  ],
  groups: [{ steps: [{ do: "group-ids", with: [1001, 1002, 1003] }, NO_USER] }],
  userNamespace: [{}, { prefix: ["unshare", "--user", "--map-root-user"] }],
};

describePrivileged("5. privilege is judged by all sets and all ids", () => {
  let here: NetworkNamespace;
  let actors: Record<string, Actor>;
  let report: ExposureReport;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    const started = Object.entries(ACTORS).map(async ([name, [plan, options]], index) => {
      const sockets = [{ family: "inet", type: "stream", bind: ["127.0.0.1", 8001 + index] }];
      return [name, await startActor(here, { sockets, ...plan } as Plan, options)] as const;
    });
    actors = Object.fromEntries(await Promise.all(started));
    report = readReport(here);
  });

  afterAll(() => {
    for (const actor of Object.values(actors ?? {})) actor.stop();
    here?.close();
  });

  const processNamed = (name: string): Process => processOf(report, actors[name]!.pid);
  /** By the kernel's own mask: a machine can withhold a capability even from root. */
  const privilegeOf = (name: string): "full" | "partial" => {
    const last = readFileSync("/proc/sys/kernel/cap_last_cap", "latin1").trim();
    const all = 2n ** (BigInt(last) + 1n) - 1n;
    const permitted = BigInt(`0x${readStatus(actors[name]!.pid).get("CapPrm")}`);
    expect(permitted).toBeGreaterThan(0n);
    return permitted === all ? "full" : "partial";
  };
  const flags = (name: string): readonly string[] =>
    endpointOf(report, actors[name]!.inodes[0]).flags;
  const tree = (name: string): string => {
    const command = ["exposure", "--no-color", "--pid", String(actors[name]!.pid)];
    const { stdout } = runCapscope(command, { namespace: here });
    expect(stdout).toContain(`pid=${actors[name]!.pid}`);
    return stdout;
  };

  test("ids and the five sets are those of /proc/PID/status, for every process", () => {
    for (const [name, { pid }] of Object.entries(actors)) {
      expect([name, factsOf(processNamed(name))]).toEqual([name, readCredentials(pid, pid)]);
    }
  });

  test("root with all that the kernel knows is full, a user with nothing is none", () => {
    expect(processNamed("root")).toMatchObject({
      privilege: privilegeOf("root"),
      privilegedCaps: true,
    });
    expect(processNamed("root").defenses.runsAsNonroot).toBe(false);
    expect(flags("root")).toContain("privileged-caps");
    expect(processNamed("nonroot")).toMatchObject({ privilege: "none", privilegedCaps: false });
    expect(processNamed("nonroot").defenses.runsAsNonroot).toBe(true);
    expect(flags("nonroot")).not.toContain("privileged-caps");
    expect(tree("nonroot")).toContain("caps: (none)");
  });

  test("a process that can raise its capabilities at will is not called unprivileged", () => {
    const process = processNamed("permittedOnly");
    expect(process.capabilities.effective).toEqual([]);
    const privilege = privilegeOf("permittedOnly");
    expect(process).toMatchObject({ privilege, privilegedCaps: true });
    expect(flags("permittedOnly")).toContain("privileged-caps");
    expect(tree("permittedOnly")).not.toContain("caps: (none)");
  });

  test("one capability is partial and is named", () => {
    expect(processNamed("oneCapability").privilege).toBe("partial");
    expect(processNamed("oneCapability").capabilities.permitted).toEqual(["net_raw"]);
    expect(tree("oneCapability")).toMatch(/caps: .*net_raw/);
  });

  test("ambient capabilities and an untrimmed bounding set are marked", () => {
    expect(processNamed("ambient").ambientPresent).toBe(true);
    expect(processNamed("root").ambientPresent).toBe(false);
    expect(tree("ambient")).toContain("[ambient-present]");
    expect(tree("root")).not.toContain("[ambient-present]");
    const untrimmed = readStatus(actors["root"]!.pid).get("CapBnd") === readStatus(1).get("CapBnd");
    expect(processNamed("root").openEndedBounding).toBe(untrimmed);
    expect(tree("root").includes("[open-ended-bounding]")).toBe(untrimmed);
    expect(processNamed("trimmed").openEndedBounding).toBe(false);
    expect(tree("trimmed")).not.toContain("[open-ended-bounding]");
  });

  test("any of the four uids being root's means: does not run as nonroot", () => {
    for (const [name, uids] of [
      ["effectiveRoot", { real: 1000, effective: 0, saved: 0, filesystem: 0 }],
      ["savedRoot", { real: 1000, effective: 1000, saved: 0, filesystem: 1000 }],
      ["filesystemRoot", { real: 1000, effective: 1000, saved: 1000, filesystem: 0 }],
    ] as const) {
      expect([name, processNamed(name).uids]).toEqual([name, uids]);
      expect([name, processNamed(name).defenses.runsAsNonroot]).toEqual([name, false]);
    }
    expect(processNamed("filesystemRoot").privilege).toBe("none");
    expect(processNamed("savedRoot").privilege).toBe(privilegeOf("savedRoot"));
  });

  test("group ids are shown in full", () => {
    expect(processNamed("groups").gids).toEqual({
      real: 1001,
      effective: 1002,
      saved: 1003,
      filesystem: 1002,
    });
  });

  test("root of a child user namespace is marked and not called full root", () => {
    const { pid } = actors["userNamespace"]!;
    expect(run(["readlink", `/proc/${pid}/ns/user`])).not.toBe(
      run(["readlink", "/proc/self/ns/user"]),
    );
    expect(processNamed("userNamespace")).toMatchObject({
      childUserNamespace: true,
      privilegedCaps: false,
    });
    expect(processNamed("userNamespace").defenses.ownNamespaces.user).toBe(true);
    expect(flags("userNamespace")).not.toContain("privileged-caps");
    expect(processNamed("root").childUserNamespace).toBe(false);
    const text = tree("userNamespace");
    expect(text).not.toMatch(/caps: \(full\)(?! in a child user namespace)/);
    expect(text).toContain("userns=child");
  });
});
