// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { detectKind } from "../../src/manifest/detect.ts";
import type { ManifestKind } from "../../src/manifest/model.ts";
import { readManifest } from "../../src/manifest/read.ts";
import { areExclusive } from "../../src/manifest/shell/branches.ts";
import { positionsIn } from "../../src/manifest/region.ts";

const commandsOf = (text: string, kind: ManifestKind = "shell"): string[][] =>
  readManifest(text, kind, "file").commands.map(({ words }) => words.map(({ text: word }) => word));

describe("shell", () => {
  test.each([
    [
      "setcap 'cap_net_raw+ep' /usr/bin/ping # why",
      [["setcap", "cap_net_raw+ep", "/usr/bin/ping"]],
    ],
    ["sudo -u root env A=1 setcap -r x && ls", [["setcap", "-r", "x"], ["ls"]]],
    [
      "if ! getcap x; then A=1 setcap y z; fi",
      [
        ["getcap", "x"],
        ["setcap", "y", "z"],
      ],
    ],
    [
      "grep Cap /proc/$(pgrep -o x)/status",
      [
        ["pgrep", "-o", "x"],
        ["grep", "Cap", "/proc/$(pgrep -o x)/status"],
      ],
    ],
    ["chmod \\\n  u+s \\\n  x", [["chmod", "u+s", "x"]]],
    ["for p in 1 2; do getpcaps $p; done", [["getpcaps", "$p"]]],
  ])("%j", (text, expected) => {
    expect(commandsOf(text)).toEqual(expected);
  });

  test("a pipeline says who reads whose output", () => {
    const [first] = readManifest("a |\n b | c", "shell", "x").commands;
    expect(first?.pipedInto?.pipedInto?.words[0]?.text).toBe("c");
  });

  test("arms of if, case and || exclude each other", () => {
    const text = "if a; then b; elif c; then d; else e; fi; f || g\ncase x in y) h;; z) i;; esac";
    const { commands } = readManifest(text, "shell", "x");
    const of = (name: string) =>
      commands.find(({ words }) => words.some((word) => word.text === name))!;
    const excluded = (one: string): string =>
      [..."abcdefghi"].filter((other) => areExclusive(of(one), of(other))).join("");
    expect([..."abcdfh"].map((name) => `${name}:${excluded(name)}`)).toEqual([
      "a:cde",
      "b:cde",
      "c:abe",
      "d:abe",
      "f:g",
      "h:i",
    ]);
  });

  test("files that a script writes are read, with places in the script", () => {
    const text =
      "cat >/etc/systemd/system/x.service.d/c.conf <<EOF\n[Service]\nSecureBits=noroot\nEOF\nls\n";
    const { units, commands } = readManifest(text, "shell", "x.sh");
    const span = units[0]?.assignments[0]?.valueSpan;
    expect(text.slice(span?.start, span?.end)).toBe("noroot");
    expect(units[0]).toMatchObject({ isWhole: false, manager: "system" });
    expect(commands.at(-1)?.words[0]?.text).toBe("ls");
  });
});

test("a Dockerfile has stages, users, and the commands of RUN in both forms", () => {
  const text =
    'FROM debian AS build\nRUN apt-get update && \\\n    # why\n    setcap cap_net_raw+ep /x\nFROM scratch\nCOPY --from=build --chown=1 /x /x\nUSER 1000\nRUN ["chown", "a", "/x"]\nRUN <<EOF\nsetcap -r /x\nEOF\n';
  const { images, commands } = readManifest(text, "dockerfile", "Dockerfile");
  const [build, last] = images[0]!.stages;
  expect(build).toMatchObject({ name: "build", base: "debian" });
  expect(last?.instructions.map(({ name }) => name)).toEqual(["COPY", "USER", "RUN", "RUN"]);
  expect(last?.instructions[0]?.flags).toEqual(
    new Map([
      ["--from", "build"],
      ["--chown", "1"],
    ]),
  );
  expect(commands.map(({ words }) => words[0]?.text)).toEqual([
    "apt-get",
    "setcap",
    "chown",
    "setcap",
  ]);
  const setcap = commands[1]!;
  expect(text.slice(setcap.start, setcap.end)).toBe("setcap cap_net_raw+ep /x");
});

test("a sentence is no command, though it may begin with one", () => {
  const prose = [
    "setcap wants names with cap_ and flags behind them (cap_net_raw+ep), then the file.",
    "find out what the /proc files say, and install 'it'.",
    "ps knows no column cap_eff of processes: 'ps -o' stops.",
  ].join("\n");
  expect(readManifest(prose, "guide", "x.txt").commands).toEqual([]);
  expect(readManifest("setcap cap_kill+ep /x", "guide", "x.md").commands).toEqual([]);
  expect(readManifest("setcap cap_kill+ep /x", "guide", "x.txt").commands).toHaveLength(1);
});

test("audit rules are read from files and commands", () => {
  const text =
    "-D\n# why\n-a always,exit -F arch=b64 -S capset,prctl -F a0=28 -k caps\n-w /etc/x -p wa -k x\n";
  const [rule, watch, ...others] = readManifest(text, "auditd", "x.rules").auditRules;
  expect(others).toEqual([]);
  expect(rule?.syscalls.map(({ text: name }) => name)).toEqual(["capset", "prctl"]);
  expect(rule?.fields.map(({ name, value }) => [name, value])).toEqual([
    ["arch", "b64"],
    ["a0", "28"],
  ]);
  expect(rule?.key?.text).toBe("caps");
  expect(watch?.watch?.text).toBe("/etc/x");
  expect(detectKind("10-x.rules", text)).toBe("auditd");
  expect(detectKind("99-udev.rules", 'SUBSYSTEM=="net"\n')).toBeNull();
  expect(readManifest("auditctl -a exit,always -S x -k y", "shell", "x").auditRules).toHaveLength(
    1,
  );
});

const FLAT_POLICY = `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
name: drop-everything
spec:
rules:
- name: one
match:
any:
- resources:
kinds: [Pod]
validate:
message: "no"
pattern:
spec:
containers:
- securityContext:
capabilities:
drop:
- ALL`;

describe("a guide", () => {
  const fenced = [
    "# Title",
    "Use `setcap -r /bin/x` here, or `setcap`.",
    "```ini",
    "[Service]",
    "CapabilityBoundingSet=CAP_CHOWN",
    "```",
    "1. item",
    "   ```yaml",
    "   apiVersion: v1",
    "   kind: Pod",
    "   spec: {containers: [{name: c}]}",
    "   ```",
    "```console",
    "$ capsh --decode=0",
    "0x0=don't",
    "```",
    "```console",
    "$ getcap --wrong \\",
    "    /x",
    "getcap: unknown option",
    "$ getcap /x",
    "```",
    "There is no `captest --wrong /x`.",
    "```python",
    "capsh --print",
    "```",
  ].join("\n");

  test("has its fenced blocks and its code read by their kinds", () => {
    const { units, containers, commands, prose } = readManifest(fenced, "guide", "x.md");
    const span = units[0]?.assignments[0]?.valueSpan;
    expect(fenced.slice(span?.start, span?.end)).toBe("CAP_CHOWN");
    expect(containers).toHaveLength(1);
    expect(commands.map(({ words }) => words[0]?.text).toSorted()).toEqual([
      "capsh",
      "getcap",
      "setcap",
    ]);
    expect(prose.map(({ text }) => text)).toContain("# Title");
  });

  test("without fences is searched line by line, and lost indentation is restored", () => {
    const text = `Step 1: do this\n[Service]\nUser=web\nA minimal policy:\n${FLAT_POLICY}\nThen:\nsetcap -r /bin/x\nfind out more.\n`;
    const { units, policies, commands, faults } = readManifest(text, "guide", "x.txt");
    expect(units).toHaveLength(1);
    expect(policies[0]?.rules[0]?.checks[0]).toMatchObject({
      form: "pattern",
      lists: ["containers"],
      isAboutCapabilities: true,
    });
    const name = policies[0]?.rules[0]?.checks[0]?.names[0];
    expect(text.slice(name?.start, name?.end)).toBe("ALL");
    expect(positionsIn(text)(name?.start ?? 0)).toEqual({ line: 24, column: 3 });
    expect(commands.map(({ words }) => words[0]?.text)).toEqual(["setcap"]);
    expect(faults).toEqual([]);
  });
});

test("hostile text of any kind is read without an error and in time", () => {
  const bomb = Array.from({ length: 30 }, (_, at) => `a${at}: &a${at} [*a${at - 1}, *a${at - 1}]`);
  const hostile = [
    `apiVersion: kyverno.io/v1\nkind: ClusterPolicy\na-1: &a-1 x\n${bomb.join("\n")}\nspec: {rules: [{name: x, validate: {pattern: *a29}}]}`,
    "'".repeat(5000),
    "$(".repeat(5000),
    "<<A ".repeat(3000),
    "```".repeat(3000),
    "\\\n".repeat(5000),
    "\u0000\ufeff\ud800[Service]\n=\n",
    `${"- ".repeat(2000)}a`,
  ];
  for (const text of hostile) {
    for (const kind of [
      "kubernetes",
      "compose",
      "shell",
      "guide",
      "dockerfile",
      "systemd",
    ] as const) {
      expect(readManifest(text, kind, "x").kind).toBe(kind);
    }
  }
}, 20_000);
