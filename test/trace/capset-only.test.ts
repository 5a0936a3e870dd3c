// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import type { CredentialsRecord } from "../../src/linux/bpf/observation.ts";
import type { CapabilityFinding } from "../../src/trace/model.ts";
import {
  ALL,
  check,
  checkAt,
  credentials,
  type evidence,
  finding,
  history,
  image,
  only,
  profile,
} from "./build-check.ts";

const findingsOf = (
  rows: readonly CredentialsRecord[],
  facts: Parameters<typeof evidence>[0] = {},
): readonly CapabilityFinding[] => profile({ credentials: rows, ...facts }).findings;
const namesOf = (rows: readonly CredentialsRecord[]): readonly string[] =>
  findingsOf(rows).map(({ capability }) => capability);
const NOTHING = { permitted: 0n, effective: 0n };

describe("a change of credentials says nothing when it", () => {
  test("leaves the sets as they were", () => {
    expect(namesOf(history({}, {}))).toEqual([]);
  });

  test("takes one capability out of all", () => {
    const rest = ALL & ~only("sys_module");
    expect(namesOf(history({}, { permitted: rest, effective: rest }))).toEqual([]);
  });

  test("gives everything up", () => {
    expect(namesOf(history({}, NOTHING))).toEqual([]);
  });

  test("raises everything again", () => {
    expect(namesOf(history({}, { effective: 0n }, {}))).toEqual([]);
    expect(namesOf(history({}, { inheritable: ALL }))).toEqual([]);
  });

  test("takes from the bounding set alone", () => {
    expect(namesOf(history({}, { bounding: only("net_raw") }))).toEqual([]);
  });

  test("is the kernel's own: exec, or user ids that go and come back", () => {
    const exec = [
      credentials({ id: 1, image: 1, ...NOTHING, uid: 33, effectiveUid: 33 }),
      credentials({
        id: 2,
        image: 2,
        previous: 1,
        permitted: only("net_raw"),
        effective: only("net_raw"),
      }),
    ];
    expect(findingsOf(exec, { images: [image(), image({ id: 2 })] })).toEqual([]);
    const few = only("kill", "net_raw");
    const back = history(
      { permitted: few, effective: few },
      { permitted: few, effective: 0n, effectiveUid: 33 },
      { permitted: few, effective: few },
    );
    expect(namesOf(back)).toEqual([]);
  });

  test("is the file-system user id that goes and comes back", () => {
    const files = [
      "chown",
      "dac_override",
      "dac_read_search",
      "fowner",
      "fsetid",
      "linux_immutable",
      "mac_override",
      "mknod",
    ];
    const few = only(...files, "kill");
    const server = { permitted: few, effective: few };
    expect(namesOf(history(server, { ...server, effective: only("kill") }, server))).toEqual([]);
  });
});

describe("a capability is constrained by the program when it", () => {
  test("is kept while more is given up, as ping does before it raises what it uses", () => {
    const kept = only("net_admin", "net_raw");
    const rows = history(
      {},
      { permitted: kept, effective: 0n },
      { permitted: kept, effective: only("net_raw") },
      { permitted: kept, effective: 0n },
      NOTHING,
    );
    const sent = checkAt("net_raw", ["ns_capable", "raw_send"], { credentials: 3, count: 2 });
    const findings = findingsOf(rows, { checks: [sent] });
    expect(findings.map(({ capability, verdict }) => [capability, verdict])).toEqual([
      ["net_raw", "required"],
      ["net_admin", "capset-only"],
    ]);
    expect(findings.map(({ installedIn }) => installedIn)).toEqual([
      ["effective", "permitted"],
      ["permitted"],
    ]);
  });

  test("is raised in the effective or inheritable set by name", () => {
    const few = only("net_raw", "net_admin", "kill");
    const rows = history(
      { permitted: few, effective: 0n },
      { permitted: few, effective: only("net_raw") },
      { permitted: few, effective: only("net_raw"), inheritable: only("kill") },
    );
    expect(
      findingsOf(rows).map(({ capability, installedIn }) => [capability, installedIn]),
    ).toEqual([
      ["kill", ["inheritable"]],
      ["net_raw", ["effective"]],
    ]);
  });

  test("is kept by a process that never executes anything itself: a child counts like its parent", () => {
    const child = history({}, { permitted: only("kill"), effective: only("kill") });
    const rows = child.map((row) => ({ ...row, image: 2 }));
    const images = [image(), image({ id: 2, pid: 43, parentPid: 42 })];
    expect(findingsOf(rows, { images }).map(({ capability }) => capability)).toEqual(["kill"]);
  });
});

describe("what was installed and asked for", () => {
  const rows = history({}, { permitted: only("kill"), effective: only("kill") });

  test("is required when it was used", () => {
    const found = finding("kill", { credentials: rows, checks: [check({ capability: 5 })] });
    expect(found).toMatchObject({ verdict: "required", installedIn: ["permitted"] });
  });

  test("is capset-only when the kernel had a fallback", () => {
    const kept = history({}, { permitted: only("fsetid"), effective: only("fsetid") });
    const checks = [checkAt("fsetid", ["setattr_should_drop_sgid"])];
    const found = finding("fsetid", { credentials: kept, checks });
    expect(found).toMatchObject({ verdict: "capset-only", granted: 1, phases: [] });
    expect(found?.uses.map(({ verdict }) => verdict)).toEqual(["opportunistic"]);
  });

  test("is denied when it was refused, since that may be why something failed", () => {
    const checks = [check({ capability: 5, granted: false })];
    expect(finding("kill", { credentials: rows, checks })?.verdict).toBe("denied");
  });
});
