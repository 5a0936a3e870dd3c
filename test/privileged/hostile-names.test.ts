// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { ExposureReport } from "../../src/exposure/model.ts";
import { type Actor, PYTHON, startActor } from "./harness/actor.ts";
import { processOf, readReport, runCapscope } from "./harness/capscope.ts";
import { type NetworkNamespace, openNetworkNamespace } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { openTemporaryDirectory, type TemporaryDirectory } from "./harness/temporary-directory.ts";

/** Bytes given to PR_SET_NAME (as Latin-1) -> the same name in a JSON report, decoded. */
const NAMES: readonly (readonly [title: string, bytes: string, json: string])[] = [
  ["blanks inside", "tmux: server", "tmux: server"],
  ["blanks only", "   ", "   "],
  ["nothing", "", ""],
  ["an ANSI sequence", "\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"],
  ["a newline and a tab", "one\ntwo\tend", "one\ntwo\tend"],
  ["a carriage return and a bell", "a\rb\x07", "a\rb\x07"],
  ["a right-to-left override", latin1("abc\u202edef"), "abc\u202edef"],
  ["a zero-width space", latin1("a\u200bb"), "a\u200bb"],
  ["a C1 control", latin1("a\u009bb"), "a\u009bb"],
  ["bytes that are not UTF-8", "a\xffb\xc3", "a\\xffb\\xc3"],
  ["a character cut off by the kernel's limit", latin1("1234567890123é€"), "1234567890123é"],
  ["a backslash", "back\\slash", "back\\slash"],
  ["quotes and brackets", `"},{"a":(x)=`, `"},{"a":(x)=`],
  ["what looks like the rest of the line", "sshd (pid=1 u", "sshd (pid=1 u"],
];

const FORMATS = ["tree", "table", "json", "jsonl", "yaml", "netcap-json"] as const;

/** Everything but newline that a terminal acts on, hides or reorders. */
const DRIVES_TERMINAL = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f]/;

/** Interface names: the kernel refuses only `/`, `:` and blanks. */
const INTERFACES = ["\x1b[2J", latin1("up\u202e"), "bad\xff"] as const;

describePrivileged("6. hostile names are escaped once and never drive the terminal", () => {
  let here: NetworkNamespace;
  let temporary: TemporaryDirectory;
  let actors: Actor[];
  let hostilePath: string;
  let hostileExe: Actor;
  let genuine: string;
  let genuineExe: Actor;
  let report: ExposureReport;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    here.ip(
      ...INTERFACES.flatMap((name, index) => [
        `link add ${name} type veth peer name peer${index}`,
        `link set ${name} up`,
        `address add 10.${index}.0.1/24 dev ${name}`,
      ]),
    );
    temporary = openTemporaryDirectory();
    const directory = temporary.path;
    hostilePath = join(directory, "ev\x1b[31mil\u202e\nx");
    genuine = join(directory, "kept (deleted)");
    for (const path of [hostilePath, genuine]) {
      copyFileSync(PYTHON, path);
      chmodSync(path, 0o755);
    }
    actors = await Promise.all(
      NAMES.map(([, bytes], index) =>
        startActor(here, {
          sockets: [{ family: "inet", type: "stream", bind: ["0.0.0.0", 8001 + index] }],
          steps: [{ do: "name", with: bytes }],
        }),
      ),
    );
    const listener = { family: "inet", type: "stream", bind: ["0.0.0.0", 7001] } as const;
    hostileExe = await startActor(here, { sockets: [listener] }, { python: hostilePath });
    genuineExe = await startActor(
      here,
      { sockets: [{ ...listener, bind: ["0.0.0.0", 7002] }] },
      { python: genuine },
    );
    report = readReport(here);
  });

  afterAll(() => {
    for (const actor of [...(actors ?? []), hostileExe, genuineExe]) actor?.stop();
    here?.close();
    temporary?.close();
  });

  NAMES.forEach(([title, bytes, json], index) => {
    test(`a comm of ${title} is in JSON as it is`, () => {
      const { pid } = actors[index]!;
      const kernel = readFileSync(`/proc/${pid}/comm`, "latin1").slice(0, -1);
      expect(kernel).toBe(bytes.slice(0, 15));
      expect(processOf(report, pid).comm).toBe(json);
    });
  });

  test("JSON is valid UTF-8 and holds no character that drives a terminal", () => {
    for (const format of ["json", "jsonl", "netcap-json"]) {
      const run = runCapscope(["exposure", "--allow-partial", "--format", format], {
        namespace: here,
      });
      expect(run.status).toBe(0);
      expect(run.stdout).not.toContain("\ufffd");
      const documents = format === "jsonl" ? run.stdout.trimEnd().split("\n") : [run.stdout];
      for (const document of documents) expect(() => void JSON.parse(document)).not.toThrow();
    }
  });

  for (const format of FORMATS) {
    for (const color of ["--no-color", "--color=always"]) {
      test(`${format} ${color}: nothing from the system drives the terminal`, () => {
        const { stdout } = runCapscope(["exposure", "--format", format, color, "--unix"], {
          namespace: here,
        });
        expect(stdout.length).toBeGreaterThan(1000);
        // Colours of our own are the one kind of escape sequence there may be.
        const text = color === "--no-color" ? stdout : stdout.replaceAll(/\x1b\[[\d;]*m/g, "");
        expect(DRIVES_TERMINAL.exec(text)?.[0]).toBeUndefined();
        if (color !== "--no-color") expect(stdout).not.toContain("\x1b[31mred");
      });
    }
  }

  test("--list-interfaces escapes names, and JSON keeps them", () => {
    const run = runCapscope(["exposure", "--list-interfaces"], { namespace: here });
    expect(DRIVES_TERMINAL.exec(run.stdout)?.[0]).toBeUndefined();
    expect(run.stdout).toContain("\\x1b[2J");
    const names = report.interfaces.map((each) => each.name);
    expect(names).toContain("\x1b[2J");
    expect(names).toContain("up\u202e");
    expect(names).toContain("bad\\xff");
  });

  test("an interface can be chosen by the name that the report prints", () => {
    const { endpoints } = readReport(here, ["--interface", "\x1b[2J"]);
    expect(endpoints.length).toBeGreaterThan(0);
    for (const { reach } of endpoints) {
      expect(reach.map((each) => each.interface)).toContain("\x1b[2J");
    }
  });

  test("a hostile path of an executable is kept in JSON and escaped in text", () => {
    expect(readlinkSync(`/proc/${hostileExe.pid}/exe`)).toBe(hostilePath);
    const { exe } = processOf(report, hostileExe.pid);
    expect(exe).toMatchObject({ path: hostilePath, deleted: false });
    const command = ["exposure", "--no-color", "--pid", String(hostileExe.pid)];
    const { stdout } = runCapscope(command, { namespace: here });
    expect(stdout.replaceAll(/\n[│ ]*/g, "")).toContain("ev\\x1b[31mil\\u{202e}\\x0ax");
  });

  test("an executable whose name ends in (deleted) is not called deleted", () => {
    expect(readlinkSync(`/proc/${genuineExe.pid}/exe`)).toBe(genuine);
    expect(processOf(report, genuineExe.pid).exe).toMatchObject({ path: genuine, deleted: false });
  });
});

/** UTF-8 bytes of a text, each as one Latin-1 character. */
function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}
