// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testUnless } from "../skip.ts";
import { CAPSCOPE, type Run, runCapscope } from "./harness/capscope.ts";
import { minimize, proven, readMinimized } from "./harness/minimized.ts";
import { type NetworkNamespace, openNetworkNamespace } from "./harness/network-namespace.ts";
import { processesWith } from "./harness/processes-with.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";
import { NO_TRACE, python } from "./harness/traced.ts";
import { until } from "./harness/until.ts";

const scratch = openTemporaryDirectory();
afterAll(scratch.close);
const here = (name: string): string => join(scratch.path, name);
const minimizeWords = (...words: readonly string[]): Run => runCapscope(["minimize", ...words]);
const lines = (name: string): number => readFileSync(here(name), "utf8").split("\n").length - 1;

describe("a run that hangs", () => {
  testUnless(NO_TRACE, "is ended at the limit, and counts as failed", () => {
    writeFileSync(here("given"), "");
    const argv = python(
      "import os, time",
      "while True:",
      `  try: os.chown('${here("given")}', 7, 7); break`,
      "  except OSError: time.sleep(0.05)",
    );
    const result = minimize(argv, ["--timeout", "1", "--runs", "1"]);
    expect(result.proof.minimalSets[0]).toEqual(["chown"]);
    expect(result.capabilities.get("chown")?.failure).toBe("did not end in time");
  });

  testUnless(NO_TRACE, "is an error when it is the first one", () => {
    const { status, stderr } = minimizeWords("--timeout", "0.5", "--", "/bin/sleep", "60");
    expect(stderr).toContain("the command does not work: did not end in time");
    expect(status).toBe(124);
  });
});

describe("what a command leaves behind", () => {
  testUnless(NO_TRACE, "is ended, wherever it went, and that is said", async () => {
    const file = here("pids");
    const argv = python(
      "import os, signal",
      "if os.fork(): os._exit(0)",
      "os.setsid()",
      "if os.fork(): os._exit(0)",
      "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
      `print(os.getpid(), file=open('${file}', 'a'), flush=True)`,
      "os.execvp('sleep', ['sleep', '60'])",
    );
    const { proof } = minimize(argv, ["--runs", "1"]);
    expect(proof.minimalSets).toEqual([[]]);
    expect(proof.notes).toEqual(["processes that the command left behind were ended"]);
    const pids = readFileSync(file, "utf8").trim().split("\n");
    expect(pids).toHaveLength(proof.runs);
    // The last one may still wait to be reaped.
    await until(() => pids.every((pid) => !existsSync(`/proc/${pid}`)));
  });
});

describe("a command that does not work in the first run", () => {
  testUnless(NO_TRACE, "is not run again, and its status is returned", () => {
    const argv = ["/bin/sh", "-c", `echo run >>${here("failing")}; exit 7`];
    const { status, stderr } = minimizeWords("--", ...argv);
    expect(status).toBe(7);
    expect(stderr).toContain("the command does not work: ended with status 7, not 0");
    expect(lines("failing")).toBe(1);
  });

  testUnless(NO_TRACE, "may be one that ends with another status when it works", () => {
    const { status, proof } = minimize(["/bin/sh", "-c", "exit 7"], ["--status", "7"]);
    expect([status, proof.minimalSets, proof.criterion.status]).toEqual([0, [[]], 7]);
  });

  testUnless(NO_TRACE, "because there is no such command, gives 127; one that is none, 126", () => {
    writeFileSync(here("text"), "text", { mode: 0o644 });
    expect(minimizeWords("--", "/no/such/command").status).toBe(127);
    expect(minimizeWords("--", here("text")).status).toBe(126);
  });

  testUnless(NO_TRACE, "because the check fails, gives the check's status", () => {
    const { status, stderr } = minimizeWords("--check", "exit 9", "--", "/bin/true");
    expect(status).toBe(9);
    expect(stderr).toContain("the check ended with status 9");
  });
});

describe("the search", () => {
  // Others may use the same port meanwhile.
  let namespace: NetworkNamespace;
  beforeAll(async () => {
    if (NO_TRACE === null) namespace = await openNetworkNamespace();
  });
  afterAll(() => namespace?.close());

  const argv = (name: string): string[] => {
    writeFileSync(here(`${name}.owned`), "");
    return python(
      "import os, socket",
      `print('run', file=open('${here(name)}', 'a'))`,
      "socket.socket().bind(('127.0.0.1', 86))",
      `os.chown('${here(name)}.owned', 4242, 4242)`,
    );
  };

  testUnless(NO_TRACE, "runs nothing with --dry-run, and says what it would do", () => {
    const { status, stdout, stderr } = minimizeWords("--dry-run", "--", ...argv("dry"));
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("Nothing was run.");
    expect(stdout).toContain("setpriv --bounding-set=-all");
    expect(existsSync(here("dry"))).toBeFalse();
  });

  testUnless(NO_TRACE, "stops after --max-runs, with what is known until then", () => {
    const result = minimize(argv("limited"), ["--max-runs", "6"], { namespace });
    expect(result.status).toBe(4);
    expect(result.proof).toMatchObject({
      runs: 6,
      minimalSets: [],
      workingSet: ["chown", "net_bind_service"],
    });
    expect(proven(result, "needed")).toEqual(["chown"]);
    expect(result.capabilities.get("net_bind_service")).toMatchObject({
      proof: "untested",
      reason: "the search was stopped before",
    });
    expect(lines("limited")).toBe(6);
  });

  testUnless(NO_TRACE, "goes on where it was interrupted", async () => {
    const [state, report] = [here("state"), here("report.json")];
    const words = ["minimize", "--json", "-o", report, "--resume", state];
    const command = [
      ...argv("resumed").slice(0, 2),
      `${argv("resumed")[2]}\nimport time; time.sleep(0.3)`,
    ];
    const child = Bun.spawn(namespace.inside([...CAPSCOPE, ...words, "--", ...command]), {
      stdio: ["ignore", "ignore", "pipe"],
      cwd: "/",
    });
    await until(() => existsSync(state) && readFileSync(state, "utf8").split("\n").length > 4);
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    expect(await new Response(child.stderr).text()).toContain("the same command goes on from here");
    expect(processesWith(command[2]!)).toEqual([]);
    const before = lines("resumed");
    const second = runCapscope([...words, "--", ...command], { namespace });
    expect(second.stderr).toMatch(/goes on after [3-9] runs/);
    expect(second.status).toBe(0);
    const { proof } = readMinimized(readFileSync(report, "utf8"));
    expect(proof.minimalSets).toEqual([["chown", "net_bind_service"]]);
    expect(proof.runs).toBe(8);
    // One run was interrupted, and had to be made again.
    expect(before).toBeLessThan(8);
    expect(lines("resumed")).toBeLessThanOrEqual(9);
    const third = runCapscope([...words, "--", ...command], { namespace });
    expect([third.status, lines("resumed")]).toEqual([0, lines("resumed")]);
    const other = runCapscope([...words, "--", "/bin/true"]);
    expect(other.status).toBe(2);
    expect(other.stderr).toContain("is of another search: command was different");
  });

  testUnless(NO_TRACE, "makes several runs at once where they do not disturb each other", () => {
    const { status, proof } = minimize(argv("wide").slice(0, 2).concat("import os; os.setgid(7)"), [
      "--jobs",
      "3",
    ]);
    expect([status, proof.minimalSets, proof.notes]).toEqual([0, [["setgid"]], []]);
    const disturbed = minimize(
      ["/bin/sh", "-c", `mkdir ${here("lock")} && sleep 0.2 && rmdir ${here("lock")}`],
      ["--jobs", "3"],
    );
    expect(disturbed.proof.minimalSets).toEqual([[]]);
    expect(disturbed.proof.notes).toEqual([
      "3 runs at the same time disturb each other: they were made one after the other",
    ]);
  });
});
