// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { DecodeReport, EncodeReport, ExplainReport } from "../../src/capabilities/reports.ts";
import { CAPSCOPE } from "../privileged/harness/capscope.ts";
import { parseBySchema } from "../privileged/harness/schemas.ts";

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(words: readonly string[], stdin = ""): Result {
  const result = Bun.spawnSync([...CAPSCOPE, ...words], {
    stdin: Buffer.from(stdin),
    timeout: 30_000,
    env: { PATH: process.env["PATH"] },
  });
  const [stdout, stderr] = [result.stdout.toString(), result.stderr.toString()];
  return { status: result.exitCode, stdout, stderr };
}

const json = (result: Result, name: "decode" | "encode" | "explain"): unknown => {
  expect([result.status, result.stderr]).toEqual([0, ""]);
  return parseBySchema(result.stdout, name);
};

describe("capscope decode", () => {
  test("names what is in a mask, and what has exactly that", () => {
    const { status, stdout, stderr } = run(["decode", "00000000a80425fb"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("the default of Docker");
    expect(run(["decode", "0xA80425FB"]).stdout).toBe(stdout);
  });

  test("reads a status file, and says the same of the process itself", () => {
    const pid = process.pid;
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const fromFile = json(run(["decode", "--json", "-"], status), "decode") as DecodeReport;
    const fromPid = json(run(["decode", "--json", "-p", `${pid}`]), "decode") as DecodeReport;
    expect(fromFile.masks.map(({ label }) => label)).toEqual([
      "CapInh",
      "CapPrm",
      "CapEff",
      "CapBnd",
      "CapAmb",
    ]);
    expect(fromFile.masks.map(({ mask }) => mask)).toEqual(
      Object.values(fromPid.processes[0]!.sets).map(({ mask }) => mask),
    );
    expect([fromFile.host, fromFile.time]).toEqual([null, null]);
    expect(fromPid.host?.kernel).not.toBe("");
  });

  test("reads masks from standard input", () => {
    const report = json(run(["decode", "--json", "-", "1"], "3 0x4\n"), "decode") as DecodeReport;
    expect(report.masks.map(({ given }) => given)).toEqual(["3", "0x4", "1"]);
  });

  test.each([
    [["decode"], "there is no mask"],
    [["decode", "zz"], "zz is no hexadecimal mask"],
    [["decode", "net_raw"], "it is a name: capscope encode net_raw"],
    [["decode", "12345678901234567"], "more than 64 bits"],
    [["decode", ""], "is no hexadecimal mask"],
    [["decode", "\u001b[31m"], "\\x1b[31m is no hexadecimal mask"],
    [["decode", "-"], "standard input has no mask"],
    [["decode", "--pid", "0"], "It is not a process id."],
  ])("%j is wrong usage", (words, message) => {
    const { status, stdout, stderr } = run(words);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  test("a process that is not there cannot be observed", () => {
    const { status, stderr } = run(["decode", "--pid", "2147483646"]);
    expect(status).toBe(3);
    expect(stderr).toContain("there is no process 2147483646");
  });
});

describe("capscope encode", () => {
  test("takes every spelling of the same set", () => {
    const masks = ["net_raw", "CAP_NET_RAW", "13", "0x2000", "cap_net_raw=ep", "^cap_net_raw"].map(
      (word) => (json(run(["encode", "--json", word]), "encode") as EncodeReport).set.mask,
    );
    expect(new Set(masks)).toEqual(new Set(["0000000000002000"]));
  });

  test("what it writes, it reads", () => {
    const report = json(run(["encode", "--json", "chown", "kill,bpf"]), "encode") as EncodeReport;
    for (const { form, text } of report.forms) {
      if (["mask", "docker", "kubernetes", "setpriv", "attribute"].includes(form)) continue;
      const word = text.replace(/^\w+=(?=CAP_)/, "");
      expect([form, run(["encode", word]).stdout.split("\n")[0]]).toEqual([
        form,
        expect.stringMatching(/^(?:mask|inheritable|effective) +\S+/),
      ]);
      const again = json(run(["encode", "--json", word]), "encode") as EncodeReport;
      expect([form, again.set.mask]).toEqual([form, report.set.mask]);
    }
  });

  test.each([
    ["net_rwa", "did you mean net_raw?"],
    ["mount", "the kernel asks for"],
    ["a80425fb", "it looks like a mask: 0xa80425fb"],
    ["cap_net_raw=x", "cap_net_raw=x is no capability"],
    ["64", "64 is no capability"],
    ["", "there is no capability"],
  ])("%j is wrong usage", (word, message) => {
    const { status, stdout, stderr } = run(["encode", word]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });
});

describe("capscope explain", () => {
  test("explains all of them", () => {
    const report = json(run(["explain", "--json", "ALL"]), "explain") as ExplainReport;
    expect(report.capabilities).toHaveLength(41);
    expect(report.capabilities.every(({ knowledge }) => knowledge !== null)).toBe(true);
  });

  test("says what is newer than it, and goes on", () => {
    const { status, stdout } = run(["explain", "cap_41", "kill"]);
    expect(status).toBe(0);
    expect(stdout).toContain("CAP_KILL");
    expect(stdout).toContain("newer than this version");
  });

  test("says where nothing is to be explained", () => {
    expect(run(["explain", "none"])).toMatchObject({ status: 2, stdout: "" });
    expect(run(["explain"]).status).toBe(2);
  });
});
