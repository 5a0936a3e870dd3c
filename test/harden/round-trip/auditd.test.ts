// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { testUnless } from "../../skip.ts";
import { missing, notRoot, run, temporaryFolder, written } from "./harness.ts";

const folder = temporaryFolder();
const program = join(folder, "server");
/** Nobody else's rules have these keys. */
const NAME = `capscope-test-${process.pid}`;

const rules = (facts: { readonly program: string | null }): string[] =>
  written("list", "auditd", { name: NAME, ...facts })
    .split("\n")
    .filter((line) => line.startsWith("-"));

/** Why the kernel takes no rules; a set of rules that is locked stays so until the next boot. */
function noAudit(): string | null {
  const reason = missing("auditctl") ?? notRoot;
  if (reason !== null) return reason;
  const { code, stdout, stderr } = run(["auditctl", "-s"]);
  if (code !== 0) return `no audit in this kernel: ${(stderr || stdout).trim().split("\n")[0]}`;
  return /^enabled 2$/m.test(stdout) ? "the audit rules are locked" : null;
}

function loadedRules(): string[] {
  return run(["auditctl", "-l"])
    .stdout.split("\n")
    .filter((line) => line.includes(NAME));
}

function removeRules(): void {
  const keys = new Set(rules({ program }).map((rule) => /key=(\S+)/.exec(rule)?.[1] ?? ""));
  for (const key of keys) run(["auditctl", "-D", "-k", key]);
}

describe("auditctl and the kernel", () => {
  afterAll(() => {
    if (noAudit() === null) removeRules();
  });

  testUnless(noAudit(), "take each rule, and list it as it was meant", () => {
    copyFileSync("/bin/true", program);
    const meant = rules({ program });
    expect(meant.length).toBeGreaterThan(10);
    for (const rule of meant) {
      const { code, stderr } = run(["auditctl", ...rule.split(" ")]);
      expect([rule, code, stderr.replaceAll(/^The audit system is disabled\n/gm, "")]).toEqual([
        rule,
        0,
        "",
      ]);
    }
    expect(loadedRules().map(normal).toSorted()).toEqual(meant.map(normal).toSorted());
    removeRules();
    expect(loadedRules()).toEqual([]);
  });

  testUnless(missing("auditctl"), "know each system call on both ABIs", () => {
    for (const rule of rules({ program: null })) {
      const [, abi = ""] = /arch=(b\d\d)/.exec(rule) ?? [];
      const calls = /-S (\S+)/.exec(rule)?.[1]?.split(",") ?? [];
      for (const call of calls) {
        const { code, stdout } = run([
          "ausyscall",
          abi === "b64" ? "x86_64" : "i386",
          call,
          "--exact",
        ]);
        expect([abi, call, code, stdout]).toEqual([abi, call, 0, expect.stringMatching(/^\d+\n$/)]);
      }
    }
  });
});

/** Fields in the order of the kernel's list, with its spelling of numbers and of watched files. */
function normal(rule: string): string {
  const words = rule
    .replace(/ -F key=(\S+)/, " -k $1")
    .replace(/-a always,exit -F path=(\S+) -F perm=(\S+)/, "-w $1 -p $2")
    .replaceAll(
      /(a\d=)(0x[0-9a-f]+|\d+)/gi,
      (_all, field: string, value: string) => field + Number(value),
    );
  return words
    .replaceAll(/-(S|F|k|w|p|a) /g, "\0$1 ")
    .split("\0")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) =>
      part.startsWith("S ") ? `S ${part.slice(2).split(",").toSorted().join(",")}` : part,
    )
    .toSorted()
    .join(" ");
}

describe("the constants", () => {
  const header = "/usr/include/linux/prctl.h";

  const noHeader = existsSync(header) ? null : `${header} is not there`;

  testUnless(noHeader, "of prctl(2) are those of the kernel's header", () => {
    const text = readFileSync(header, "utf8");
    for (const [name, value] of [
      ["PR_SET_KEEPCAPS", "a0=8 -F a1=1"],
      ["PR_CAPBSET_DROP", "a0=24"],
      ["PR_SET_SECUREBITS", "a0=28"],
      ["PR_CAP_AMBIENT", "a0=47 -F a1=2"],
    ] as const) {
      const number = new RegExp(`^#define\\s+${name}\\s+(\\d+)`, "m").exec(text)?.[1];
      expect(value).toStartWith(`a0=${number}`);
      expect(rules({ program: null }).some((rule) => rule.includes(`prctl -F ${value} `))).toBe(
        true,
      );
    }
  });

  test("without a program are about every process, and the notes say so", () => {
    const text = written("list", "auditd", { program: null });
    expect(text).not.toContain("exe=");
    expect(text).toContain("every process of the machine");
  });
});
