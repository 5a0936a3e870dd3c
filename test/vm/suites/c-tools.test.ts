// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { type Actor, startActor } from "../../privileged/harness/actor.ts";
import { runCapscope } from "../../privileged/harness/capscope.ts";
import {
  type NetworkNamespace,
  openNetworkNamespace,
} from "../../privileged/harness/network-namespace.ts";
import { needed, NO_TRACE, trace } from "../../privileged/harness/traced.ts";
import { testUnless } from "../../skip.ts";
import { COMPARED_COMMANDS } from "../commands.ts";

/** Where somebody has the C tools: a path each. */
const NETCAP = process.env["CAPSCOPE_TEST_NETCAP"] ?? "";
const CAP_AUDIT = process.env["CAPSCOPE_TEST_CAP_AUDIT"] ?? "";
const CAPMON = process.env["CAPSCOPE_TEST_CAPMON"] ?? "";

function unset(value: string, name: string): string | null {
  if (process.geteuid?.() !== 0) return "needs root";
  return value === "" ? `${name} names no program to compare with` : null;
}

describe("side by side with netcap --advanced", () => {
  const reason = unset(NETCAP, "CAPSCOPE_TEST_NETCAP");
  let here: NetworkNamespace;
  let actor: Actor;

  beforeAll(async () => {
    if (reason !== null) return;
    here = await openNetworkNamespace();
    here.ip("link add d0 type dummy", "link set d0 up", "address add 10.9.0.1/24 dev d0");
    actor = await startActor(here, {
      sockets: [
        { family: "inet", type: "stream", bind: ["10.9.0.1", 8001] },
        { family: "inet", type: "stream", bind: ["127.0.0.1", 8002] },
        { family: "inet", type: "stream", bind: ["0.0.0.0", 8003] },
      ],
    });
  });
  afterAll(() => {
    actor?.stop();
    here?.close();
  });

  testUnless(
    reason,
    "the same endpoints on the same interfaces, held by the same processes",
    () => {
      const theirs = JSON.parse(here.run(NETCAP, "--advanced", "--json")) as unknown;
      const words = ["exposure", "--format", "netcap-json", "--allow-partial"];
      const ours = JSON.parse(runCapscope(words, { namespace: here }).stdout) as unknown;
      const found = placesOf(ours, actor.pid);
      expect(found.length).toBeGreaterThan(3);
      expect(found).toEqual(placesOf(theirs, actor.pid));
    },
  );
});

/** Names of what the process is listed below: plane, interface, address and endpoint. */
function placesOf(value: unknown, pid: number, path: readonly string[] = []): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => placesOf(each, pid, path)).toSorted();
  if (typeof value !== "object" || value === null) return [];
  const fields = value as Readonly<Record<string, unknown>>;
  if (fields["pid"] === pid) return [path.join(" ")];
  const own = ["name", "scope", "addr", "label"]
    .filter((key) => ["string", "number"].includes(typeof fields[key]))
    .map((key) => `${key}=${String(fields[key])}`);
  return Object.values(fields)
    .flatMap((each) => placesOf(each, pid, [...path, ...own]))
    .toSorted();
}

describe("side by side with cap-audit", () => {
  const reason = NO_TRACE ?? unset(CAP_AUDIT, "CAPSCOPE_TEST_CAP_AUDIT");
  testUnless(reason, "what it requires has been seen here, and what is needed here there", () => {
    for (const [name, { prefix, argv }] of Object.entries(COMPARED_COMMANDS)) {
      const ours = trace(argv, { prefix });
      const theirs = capAudit([...prefix, CAP_AUDIT, "--json", "--", ...argv]);
      const unseen = theirs.filter((each) => !ours.findings.has(each));
      const unknown = needed(ours).filter((each) => !theirs.includes(each));
      expect({ name, unseen, unknown }).toEqual({ name, unseen: [], unknown: [] });
    }
  });
});

/** Its document is between other lines of standard output. */
function capAudit(command: readonly string[]): readonly string[] {
  const text = Bun.spawnSync([...command]).stdout.toString();
  const [start, end] = [text.indexOf("{"), text.lastIndexOf("}")];
  const document = JSON.parse(text.slice(start, end + 1)) as {
    readonly required_capabilities: readonly { readonly name: string }[];
  };
  return document.required_capabilities.map((each) => each.name);
}

describe("side by side with capmon", () => {
  const reason = NO_TRACE ?? unset(CAPMON, "CAPSCOPE_TEST_CAPMON");
  testUnless(reason, "what it sees granted or refused has been seen here", () => {
    for (const [name, { prefix, argv }] of Object.entries(COMPARED_COMMANDS)) {
      const ours = trace(argv, { prefix });
      const quoted = argv.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
      const text = Bun.spawnSync([...prefix, CAPMON, "-a", "--", quoted]).stdout.toString();
      const plain = Bun.stripANSI(text);
      const theirs = [...plain.matchAll(/\[(?:PASS|FAIL)\] CAP_(\w+)/g)].map(([, each = ""]) =>
        each.toLowerCase(),
      );
      const unseen = theirs.filter((each) => !ours.findings.has(each));
      expect({ name, unseen }).toEqual({ name, unseen: [] });
    }
  });
});
