// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { adviseOn } from "../../src/harden/advise.ts";
import type { HardenTarget } from "../../src/harden/model.ts";
import { shellWord } from "../../src/harden/shell-word.ts";
import { SCENARIOS } from "../report/trace/scenarios.ts";
import { testUnless } from "../skip.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "capscope-harden-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));

function textsFor(target: HardenTarget): readonly string[] {
  return Object.values(SCENARIOS)
    .flatMap((profile) => adviseOn(profile).recommendations)
    .filter((each) => each.target === target && each.text !== "")
    .map(({ text }) => text);
}

interface Outcome {
  readonly code: number;
  readonly output: string;
}

function run(command: readonly string[], stdin = ""): Outcome {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { stdin: Buffer.from(stdin) });
  return { code: exitCode, output: stdout.toString() + stderr.toString() };
}

function missing(program: string): string | null {
  return Bun.which(program) === null ? `${program} is not installed` : null;
}

describe("what is written for the shell", () => {
  test.each(["file", "docker", "podman"] as const)("%s passes sh -n", (target) => {
    const texts = textsFor(target);
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(run(["sh", "-n"], text)).toEqual({ code: 0, output: "" });
  });

  test.each(["/a b", "/it's", '/q"q', "/$(id)`id`", "/a;b&c|d>e", "/\\n", "/café", "/*?[a]"])(
    "the path %j comes out of a shell as it went in",
    (path) => {
      expect(run(["sh", "-c", `printf %s ${shellWord(path)}`])).toEqual({ code: 0, output: path });
    },
  );

  test.each(["/a\nb", "/a\x1b[2J", "/a\u202eb", "/a\u00a0b", "/a\u200bb", "/a\udc80b", ""])(
    "the path %j is refused",
    (path) => {
      expect(shellWord(path)).toBeNull();
    },
  );

  test("a hostile path gets a note in place of a command", () => {
    const file = adviseOn(SCENARIOS["hostile"]!).recommendations.find(
      ({ target }) => target === "file",
    );
    expect(file?.text).not.toContain("/tmp/a");
    expect(file?.notes.join("\n")).toContain("no command is written for a path like this");
  });
});

describe("what is written for Kubernetes", () => {
  test("is YAML with names that have no CAP_", () => {
    const contexts = textsFor("kubernetes").map((text) => parse(text).securityContext);
    expect(contexts.length).toBeGreaterThan(0);
    for (const { capabilities } of contexts) {
      expect(capabilities.drop).toEqual(["ALL"]);
      for (const name of capabilities.add ?? []) expect(name).toMatch(/^(?!CAP_\D)[A-Z0-9_]+$/);
    }
  });
});

describe("what is written for systemd", () => {
  const unit = join(FOLDER, "sample.service");
  const securityOf = (settings: string): { set: boolean; name: string }[] => {
    writeFileSync(unit, `${settings}\nExecStart=/bin/true\n`);
    const command = ["systemd-analyze", "security", "--offline=yes", "--json=short", unit];
    return JSON.parse(run(command).output);
  };

  testUnless(
    missing("systemd-analyze"),
    "systemd-analyze verify has nothing to say about it",
    () => {
      for (const text of textsFor("systemd")) {
        writeFileSync(unit, `${text}\nExecStart=/bin/true\n`);
        expect(run(["systemd-analyze", "verify", "--man=no", unit])).toEqual({
          code: 0,
          output: "",
        });
      }
    },
  );

  testUnless(missing("systemd-analyze"), "systemd-analyze security reads the names", () => {
    const daemon = adviseOn(SCENARIOS["dropping-daemon"]!).recommendations;
    const text = daemon.find(({ target }) => target === "systemd")?.text ?? "";
    const kept = securityOf(text)
      .filter(({ name }) => name.startsWith("CapabilityBoundingSet="))
      .filter(({ set }) => !set)
      .map(({ name }) => name);
    expect(kept.toSorted()).toEqual([
      "CapabilityBoundingSet=~CAP_(CHOWN|FSETID|SETFCAP)",
      "CapabilityBoundingSet=~CAP_NET_(BIND_SERVICE|BROADCAST|RAW)",
      "CapabilityBoundingSet=~CAP_SET(UID|GID|PCAP)",
      "CapabilityBoundingSet=~CAP_SYS_(NICE|RESOURCE)",
    ]);
  });
});

describe("what is written for programs", () => {
  const header = "/usr/include/cap-ng.h";
  const noCompiler = missing("clang") ?? (existsSync(header) ? null : `${header} is not there`);

  testUnless(noCompiler, "the C compiles without a warning", () => {
    for (const text of textsFor("c")) {
      const source = `${text}\nint main(void) { limit_capabilities(1, 1); return 0; }\n`;
      const flags = ["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-std=c11"];
      expect(run(["clang", ...flags, "-x", "c", "-"], source)).toEqual({ code: 0, output: "" });
    }
  });

  const python = "/usr/bin/python3";
  const noPython = existsSync(python) ? null : `${python} is not there`;

  testUnless(noPython, "the Python compiles", () => {
    const texts = textsFor("python");
    expect(texts.length).toBeGreaterThan(0);
    const compile = "import sys; compile(sys.stdin.read(), 'script', 'exec')";
    for (const text of texts) {
      expect(run([python, "-W", "error", "-c", compile], text)).toEqual({ code: 0, output: "" });
    }
  });

  const noModule =
    noPython ?? (run([python, "-c", "import capng"]).code === 0 ? null : "no module capng");

  testUnless(noModule, "the Python names what the module has", () => {
    const check =
      "import capng, re, sys\nfor n in re.findall(r'capng\\.(\\w+)', sys.stdin.read()): getattr(capng, n)";
    for (const text of textsFor("python")) {
      expect(run([python, "-c", check], text)).toEqual({ code: 0, output: "" });
    }
  });
});
