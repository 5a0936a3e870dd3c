// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Endpoint, ExposureReport } from "../../src/exposure/model.ts";
import { type Actor, startActor } from "./harness/actor.ts";
import { readReport, runCapscope } from "./harness/capscope.ts";
import {
  connect,
  type NetworkNamespace,
  openNetworkNamespace,
} from "./harness/network-namespace.ts";
import { parseBySchema } from "./harness/schemas.ts";
import { describePrivileged } from "./harness/privileged.ts";

describePrivileged("filters keep what they name and nothing else", () => {
  let here: NetworkNamespace;
  let root: Actor;
  let user: Actor;
  let whole: ExposureReport;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    connect(here, "front", here, "front-peer");
    connect(here, "back", here, "back-peer");
    here.ip("address add 10.9.0.1/24 dev front", "address add 10.8.0.1/24 dev back");
    root = await startActor(here, {
      sockets: [
        { family: "inet", type: "stream", bind: ["0.0.0.0", 8001] },
        { family: "inet", type: "stream", bind: ["127.0.0.1", 8002] },
        { family: "inet", type: "stream", bind: ["10.9.0.1", 8003], reusePort: true },
        { family: "packet", type: "raw", protocol: 3 },
      ],
    });
    user = await startActor(here, {
      sockets: [
        { family: "inet", type: "dgram", bind: ["10.8.0.1", 8001] },
        { family: "inet6", type: "dgram", bind: ["::1", 8004] },
        { family: "inet", type: "dgram", sendTo: ["10.8.0.1", 9] },
      ],
      steps: [{ do: "user-ids", with: [1000, 1000, 1000] }],
    });
    whole = readReport(here);
  });

  afterAll(() => {
    root?.stop();
    user?.stop();
    here?.close();
  });

  const ids = (endpoints: readonly Endpoint[]): string[] => endpoints.map((each) => each.id).sort();
  const on = (name: string) => (each: Endpoint) =>
    each.reach.some((reach) => reach.interface === name);
  const at = (plane: string) => (each: Endpoint) =>
    each.reach.some((reach) => reach.plane === plane);
  const ownedBy = (pid: number) => (each: Endpoint) =>
    each.owners.some((owner) => owner.pid === pid);

  const cases: readonly (readonly [() => string[], (endpoint: Endpoint) => boolean])[] = [
    [() => ["--plane", "inet-loopback"], at("inet-loopback")],
    [() => ["--plane", "inet-external"], at("inet-external")],
    [() => ["--plane", "link-layer"], at("link-layer")],
    [() => ["--proto", "udp"], (each) => each.protocol === "udp"],
    [() => ["--proto", "packet"], (each) => each.protocol === "packet"],
    [() => ["--port", "8001"], (each) => each.port === 8001],
    [() => ["--pid", String(user.pid)], (each) => ownedBy(user.pid)(each)],
    [() => ["--flag", "wildcard-bind"], (each) => each.flags.includes("wildcard-bind")],
    [() => ["--flag", "reuseport"], (each) => each.flags.includes("reuseport")],
    [() => ["--flag", "privileged-caps"], (each) => each.flags.includes("privileged-caps")],
    [() => ["--interface", "front"], on("front")],
    [() => ["--interface", "back"], on("back")],
    [
      () => ["--interface", "front", "--proto", "tcp", "--port", "8003"],
      (each) => on("front")(each) && each.port === 8003,
    ],
  ];

  for (const [words, keeps] of cases) {
    const title = words.toString().replace(/^\(\) => /, "");
    test(`${title} keeps the endpoints that match, all of them`, () => {
      const expected = whole.endpoints.filter(keeps);
      expect(expected.length).toBeGreaterThan(0);
      expect(expected.length).toBeLessThan(whole.endpoints.length);
      expect(ids(readReport(here, words()).endpoints)).toEqual(ids(expected));
    });
  }

  test("a filtered report lists only the processes that own what is left", () => {
    const filtered = readReport(here, ["--pid", String(user.pid)]);
    expect(filtered.processes.map((each) => each.pid)).toEqual([user.pid]);
  });

  test("nothing matching is an empty report, not a failure", () => {
    const filtered = readReport(here, ["--port", "9"]);
    expect(filtered.endpoints).toEqual([]);
    expect(filtered.processes).toEqual([]);
  });

  test("a filter given twice keeps what meets either value", () => {
    const either = whole.endpoints.filter((each) => each.port === 8001 || each.port === 8004);
    const filtered = readReport(here, ["--port", "8001", "--port", "8004"]);
    expect(ids(filtered.endpoints)).toEqual(ids(either));
  });

  test("JSON lines hold the same endpoints and processes, each line valid by its schema", () => {
    const { stdout } = runCapscope(["exposure", "--format", "jsonl", "--allow-partial"], {
      namespace: here,
    });
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => parseBySchema(line, "exposure-line") as ReportLine);
    const ofKind = (kind: string): ReportLine[] => lines.filter((line) => line.kind === kind);
    const endpoints = ofKind("endpoint").map((line) => line.endpoint!);
    expect(ids(endpoints)).toEqual(ids(whole.endpoints));
    expect(ofKind("process")).toHaveLength(whole.processes.length);
    expect(ofKind("interface")).toHaveLength(whole.interfaces.length);
  });

  test("--list-interfaces --json is valid by its schema and has the same interfaces", () => {
    const { stdout } = runCapscope(["exposure", "--list-interfaces", "--json"], {
      namespace: here,
    });
    expect(parseBySchema(stdout, "interfaces")).toMatchObject({
      networkNamespace: here.inode,
      interfaces: whole.interfaces as never,
    });
  });

  describe("--privileged", () => {
    test("is a table of the processes that hold capabilities", () => {
      const { stdout, status } = runCapscope(["exposure", "--privileged", "--allow-partial"], {
        namespace: here,
      });
      expect(status).toBe(0);
      const pids = stdout.split("\n").flatMap((line) => line.split(/\s+/));
      expect(pids).toContain(String(root.pid));
      expect(pids).not.toContain(String(user.pid));
    });
  });
});

interface ReportLine {
  readonly kind: string;
  readonly endpoint?: Endpoint;
}
