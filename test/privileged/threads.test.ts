// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ExposureReport, Process } from "../../src/exposure/model.ts";
import { type Actor, type Plan, startActor } from "./harness/actor.ts";
import { endpointOf, processOf, readReport, runCapscope } from "./harness/capscope.ts";
import { factsOf, readCredentials } from "./harness/credentials.ts";
import { readStatus } from "./harness/kernel.ts";
import { type NetworkNamespace, openNetworkNamespace } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";

/** Of the calling thread alone: the leader's for a step, the other thread's for a thread step. */
const NO_USER = { do: "thread-user-ids", with: [1000, 1000, 1000] } as const;

const ACTORS: Readonly<Record<string, Plan>> = {
  plain: { threadSteps: [] },
  weakThread: { threadSteps: [NO_USER] },
  strongThread: { threadSteps: [], steps: [NO_USER] },
  confinedThread: {
    threadSteps: [{ do: "no-new-privileges" }, { do: "seccomp-filters", with: 1 }],
  },
};

describePrivileged("5. threads that differ from their leader are shown and count", () => {
  let here: NetworkNamespace;
  let actors: Record<string, Actor>;
  let report: ExposureReport;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    const started = Object.entries(ACTORS).map(async ([name, plan], index) => {
      const sockets = [{ family: "inet", type: "stream", bind: ["127.0.0.1", 8001 + index] }];
      return [name, await startActor(here, { sockets, ...plan } as Plan)] as const;
    });
    actors = Object.fromEntries(await Promise.all(started));
    report = readReport(here);
  });

  afterAll(() => {
    for (const actor of Object.values(actors ?? {})) actor.stop();
    here?.close();
  });

  const processNamed = (name: string): Process => processOf(report, actors[name]!.pid);
  const flags = (name: string): readonly string[] =>
    endpointOf(report, actors[name]!.inodes[0]).flags;
  const tree = (name: string): string =>
    runCapscope(["exposure", "--no-color", "--pid", String(actors[name]!.pid)], {
      namespace: here,
    }).stdout;

  for (const [name, expected] of [
    ["weakThread", { leader: 0, thread: 1000 }],
    ["strongThread", { leader: 1000, thread: 0 }],
  ] as const) {
    test(`${name}: threads whose credentials are not the leader's are shown with their own`, () => {
      const { pid, tid } = actors[name]!;
      const process = processNamed(name);
      expect(process.uids.effective).toBe(expected.leader);
      expect(process.differingThreads).toHaveLength(1);
      const [differing] = process.differingThreads;
      expect(differing!.tids).toEqual([tid!]);
      expect(factsOf(differing!.credentials)).toEqual(readCredentials(pid, tid!));
      expect(differing!.credentials.uids.effective).toBe(expected.thread);
      expect(tree(name)).toContain(String(tid));
    });
  }

  test("a root thread behind an unprivileged leader makes the endpoint privileged", () => {
    expect(processNamed("strongThread").privilege).toBe("none");
    expect(flags("strongThread")).toContain("privileged-caps");
    expect(processNamed("strongThread").privilegedCaps).toBe(true);
  });

  test("a thread with other defenses than the leader's is shown", () => {
    const { pid, tid } = actors["confinedThread"]!;
    expect(readStatus(pid, tid!).get("NoNewPrivs")).toBe("1");
    expect(readStatus(pid).get("NoNewPrivs")).toBe("0");
    expect(processNamed("confinedThread").differingThreads).toMatchObject([
      { tids: [tid], noNewPrivs: true, seccomp: "filter" },
    ]);
  });

  test("threads that do not differ are counted, not listed", () => {
    expect(processNamed("plain").differingThreads).toEqual([]);
    expect(processNamed("plain").threadCount).toBe(2);
    expect(readStatus(actors["plain"]!.pid).get("Threads")).toBe("2");
  });
});
