// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  type Arbitrary,
  array,
  assert,
  constantFrom,
  oneof,
  property,
  record,
  string,
  tuple,
} from "fast-check";
import { parse, parseAllDocuments } from "yaml";
import { UsageError } from "../../src/errors.ts";
import { configureProfile } from "../../src/harden/configure.ts";
import {
  parseAccount,
  parseGroup,
  parseImage,
  parseProgram,
  parseWorkloadName,
} from "../../src/harden/facts.ts";
import { HARDEN_TARGETS, type HardenTarget } from "../../src/harden/model.ts";
import { NO_FACTS, type WorkloadFacts } from "../../src/harden/workload.ts";
import { readManifest } from "../../src/manifest/read.ts";
import { renderConfigurationText } from "../../src/report/configuration-text.ts";
import { toJson } from "../../src/report/text/escape.ts";
import type { Profile, Subject } from "../../src/trace/model.ts";
import { credentials, finding, image, profile, run } from "../report/trace/build-profile.ts";
import { NAMED_LINES } from "./named-lines.ts";

/** Pieces that mean something to one of the languages, and whatever else there is. */
const PIECES = [
  "\n",
  "\r",
  "\0",
  "'",
  '"',
  "`",
  "$(id)",
  "${x}",
  "\\",
  "??/",
  "*/",
  "/*",
  "//",
  "#",
  ";",
  "&&",
  "|",
  "{{ 1 }}",
  "{% x %}",
  "- a",
  ": ",
  "%n",
  "$X",
  "[Service]",
  "\nExecStart=/bin/evil",
  "ALL",
  "--privileged",
  " -F x",
  "\u2028",
  "\u202e",
  "\ud800",
  "é",
  "/",
  "..",
  "@",
  "~",
  "<<EOF",
  "''",
] as const;
const hostile = array(oneof(constantFrom(...PIECES), string({ unit: "binary", maxLength: 4 })), {
  minLength: 1,
  maxLength: 8,
}).map((parts) => parts.join(""));
const path = hostile.map((name) => `/${name}`);

const subject: Arbitrary<Subject> = oneof(
  hostile.map((unit) => ({ kind: "unit", unit }) as const),
  hostile.map((unit) => ({ kind: "unit", unit: `${unit}.service` }) as const),
  tuple(path, hostile).map(
    ([program, word]) => ({ kind: "command", program, argv: [word] }) as const,
  ),
  hostile.map((id) => ({ kind: "container", id, runtime: id }) as const),
  path.map((each) => ({ kind: "cgroup", path: each }) as const),
);

const hostileProfile: Arbitrary<Profile> = record({
  subject,
  program: path,
  word: hostile,
  gap: hostile,
}).map(({ subject: followed, program, word, gap }) =>
  profile({
    runs: [
      run({
        subject: followed,
        id: word,
        time: word,
        host: { name: word, kernel: word },
        images: [image({ exe: program, comm: word, argv: [word], endNs: null })],
        credentials: [credentials({ uid: 33, effectiveUid: 33 })],
      }),
    ],
    findings: [
      finding("net_raw", "required", [{ program, syscall: word, gate: word }]),
      finding("syslog", "conditional", [{ program, syscall: word }], { conditions: [word] }),
      finding(word, "required", [{ program }]),
    ],
    coverage: { complete: false, lost: { checks: 1, stacks: 0, images: 0 }, gaps: [gap] },
  }),
);

function textOf(traced: Profile, target: HardenTarget, facts: WorkloadFacts = NO_FACTS): string {
  const configured = configureProfile(target, traced, facts);
  if (configured.kind === "refused") throw new Error(configured.reason);
  return renderConfigurationText(configured.configuration);
}

/** What is left of a text without its comments; blank lines count for nothing. */
function code(text: string, sign: "#" | "//"): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "" && !line.trimStart().startsWith(sign));
}

const plain = profile({
  runs: [run({ credentials: [credentials({ uid: 33, effectiveUid: 33 })] })],
  findings: [finding("net_raw", "required", [{}]), finding("syslog", "conditional", [{}])],
  coverage: { complete: false, lost: { checks: 1, stacks: 0, images: 0 }, gaps: ["gap"] },
});

const signOf = (target: HardenTarget): "#" | "//" =>
  ["c", "c-libcap", "go", "rust"].includes(target) ? "//" : "#";

describe("hostile names in a profile", () => {
  test.each(HARDEN_TARGETS)("change nothing of what is written as %s but names", (target) => {
    const sign = signOf(target);
    const isNamed = (line: string): boolean => NAMED_LINES[target].test(line);
    const expected = code(textOf(plain, target), sign).filter((line) => !isNamed(line));
    assert(
      property(hostileProfile, (traced) => {
        const text = textOf(traced, target);
        // Lone surrogates are no text; every other hostile character is escaped.
        expect(text).not.toMatch(/(?!\n|\t)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/u);
        const lines = code(text, sign);
        const others = lines.filter((line) => !isNamed(line));
        expect(others.filter((line) => !expected.includes(line))).toEqual([]);
        if (target !== "file" && target !== "auditd") expect(others).toEqual([...expected]);
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });

  test("leave no comment of C that goes on in the next line", () => {
    assert(
      property(hostileProfile, (traced) => {
        for (const target of ["c", "c-libcap", "go", "rust"] as const) {
          const comments = textOf(traced, target)
            .split("\n")
            .filter((line) => line.startsWith("//"));
          expect(comments.filter((line) => /(?:\\|\?\?\/)\s*$/.test(line))).toEqual([]);
        }
      }),
    );
  });

  test("leave YAML that reads the same for readers of 1.1 and 1.2, without templates", () => {
    assert(
      property(hostileProfile, (traced) => {
        for (const target of ["compose", "kubernetes", "kyverno"] as const) {
          const text = textOf(traced, target);
          expect(parseAllDocuments(text)).toHaveLength(1);
          expect(parse(text, { version: "1.1" })).toEqual(parse(text));
        }
      }),
    );
  });

  test("give a shell the path that was executed, or none", () => {
    assert(
      property(hostileProfile, (traced) => {
        const { commands } = readManifest(textOf(traced, "file"), "shell", "script");
        const program = traced.runs[0]?.images[0]?.exe;
        const isOfFile = (name: string | undefined): boolean =>
          ["chgrp", "chmod", "setcap"].includes(name ?? "");
        for (const { words } of commands.filter((each) => isOfFile(each.words[0]?.text))) {
          expect(words.at(-1)?.text).toBe(program!);
        }
      }),
    );
  });

  test("leave JSON that holds the same text", () => {
    assert(
      property(hostileProfile, (traced) => {
        const text = textOf(traced, "systemd");
        expect(JSON.parse(toJson({ text }))).toEqual({ text });
      }),
    );
  });
});

describe("what the user says", () => {
  const parsers = { parseAccount, parseGroup, parseImage, parseWorkloadName } as const;

  test.each(Object.entries(parsers))(
    "%s takes words that no language takes apart",
    (_name, read) => {
      assert(
        property(hostile, (text) => {
          let taken;
          try {
            taken = read(text);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
            return;
          }
          const words = typeof taken === "string" ? [taken] : [taken.user, taken.group ?? "a"];
          for (const word of words) expect(word).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.:@/\\-]*\$?$/);
        }),
        { numRuns: 1000, endOnFailure: true },
      );
    },
  );

  test("a path begins at the root", () => {
    expect(() => parseProgram("bin/a")).toThrow(UsageError);
    expect(() => parseProgram("/a\0b")).toThrow(UsageError);
    expect(parseProgram("/a b")).toBe("/a b");
  });
});
