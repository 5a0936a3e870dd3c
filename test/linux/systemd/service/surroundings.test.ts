// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseEnvironmentFile } from "../../../../src/linux/systemd/service/environment-file.ts";
import { readUnitFiles } from "../../../../src/linux/systemd/service/unit-files.ts";
import { parseUnitText } from "../../../../src/manifest/systemd/unit-text.ts";
import { openTemporaryDirectory } from "../../../privileged/harness/temporary-directory.ts";
import { plan } from "./build-plan.ts";

describe("the text of a unit", () => {
  test("sections, comments and white space are told apart", () => {
    const { assignments, warnings } = parseUnitText(
      "\ufeff# c\n[A]\n k = v = w \n; c\n\n  # c\n[B]\r\nk=\nK=x # no comment\n",
    );
    expect(assignments.map(({ section, key, value, line }) => [section, key, value, line])).toEqual(
      [
        ["A", "k", "v = w", 3],
        ["B", "k", "", 8],
        ["B", "K", "x # no comment", 9],
      ],
    );
    expect(warnings).toEqual([]);
  });

  test("what is no assignment is named with its line", () => {
    expect(parseUnitText("a=b\n[X\n[S]\nword\n=x\n").warnings).toEqual([
      "line 1: outside of a section, ignored",
      "line 2: not a section header",
      'line 4: no "=", ignored',
      'line 5: nothing before "=", ignored',
    ]);
  });

  test("an even number of backslashes continues nothing", () => {
    const { assignments } = parseUnitText("[S]\na=b\\\\\nc=d\\\n e\\\n");
    expect(assignments.map(({ key, value }) => [key, value])).toEqual([
      ["a", "b\\\\"],
      ["c", "d  e"],
    ]);
  });

  test("other sections and keys in other cases are not the service's", () => {
    expect(plan("user=alice\n[Unit]\nUser=alice\n[service]\nUser=alice").user.uid).toBe(0);
  });
});

describe("environment", () => {
  test("PATH and the user's variables are there", () => {
    expect(plan("User=alice").environment).toEqual({
      PATH: "/usr/local/bin:/usr/bin",
      HOME: "/home/alice",
      LOGNAME: "alice",
      USER: "alice",
      SHELL: "/bin/bash",
    });
    expect(plan("User=nobody").environment).not.toContainAnyKeys(["HOME", "SHELL"]);
  });

  test("assignments replace, reset, pass and unset", () => {
    const { environment, warnings } = plan(
      `Environment=A=1
Environment=
Environment="B=x y" C=1 C=2 9=x
PassEnvironment=D E
UnsetEnvironment=PATH C=1 B=none`,
      { managerEnvironment: { D: "d", F: "f" } },
    );
    expect(environment).toEqual({ B: "x y", C: "2", D: "d" });
    expect(warnings).toEqual(["Environment=: 9=x is not an assignment, ignored"]);
  });

  test("a file is stronger than Environment=, and may be missing only with -", () => {
    const { path, close } = openTemporaryDirectory();
    writeFileSync(join(path, "web"), "A=file\n");
    const lines = `Environment=A=unit B=unit\nEnvironmentFile=${path}/%p`;
    expect(plan(lines).environment).toMatchObject({ A: "file", B: "unit" });
    expect(plan(`EnvironmentFile=-${path}/none`).environment).not.toContainAnyKeys(["A"]);
    expect(() => plan(`EnvironmentFile=${path}/none`)).toThrow("ENOENT");
    expect(plan("EnvironmentFile=relative").warnings[0]).toContain("not an absolute path");
    close();
  });

  test("files are read as a shell would without expansion", () => {
    const text = `A="x y" # kept\nB='$A\\n'\nexport C=1\nD=a\\\n  b\nE="\\$x\\y"\n#F=1 \\\nG=1\nH=1\n`;
    expect(Object.fromEntries(parseEnvironmentFile(text))).toEqual({
      A: "x y# kept",
      B: "$A\\n",
      D: "a  b",
      E: "$x\\y",
      H: "1",
    });
  });
});

describe("limits", () => {
  test.each([
    ["LimitNOFILE=1024", { resource: "nofile", soft: 1024n, hard: 1024n }],
    ["LimitNOFILE=1024:infinity", { resource: "nofile", soft: 1024n, hard: null }],
    ["LimitFSIZE=1.5K", { resource: "fsize", soft: 1536n, hard: 1536n }],
    ["LimitAS=4G:8G", { resource: "as", soft: 4n << 30n, hard: 8n << 30n }],
    ["LimitCPU=1min 500ms", { resource: "cpu", soft: 61n, hard: 61n }],
    ["LimitRTTIME=5", { resource: "rttime", soft: 5n, hard: 5n }],
    ["LimitRTTIME=2ms", { resource: "rttime", soft: 2000n, hard: 2000n }],
    ["LimitNICE=-5", { resource: "nice", soft: 25n, hard: 25n }],
    ["LimitNICE=+5", { resource: "nice", soft: 15n, hard: 15n }],
  ])("%s", (line, limit) => {
    expect(plan(line).limits).toEqual([limit as never]);
  });

  test.each(["x", "-1", "1:2:3", "5:4", "infinity:4", "1Q"])("%s is ignored", (value) => {
    const { limits, warnings } = plan(`LimitNOFILE=${value}`);
    expect(limits).toEqual([]);
    expect(warnings).toEqual([`LimitNOFILE=: ${value} is not a limit, ignored`]);
  });
});

test("working directory and umask have systemd's defaults", () => {
  expect(plan("")).toMatchObject({ workingDirectory: { path: "/", optional: false }, umask: 0o22 });
  expect(plan("UMask=0077").umask).toBe(0o77);
  expect(plan("UMask=9").warnings).toEqual(["UMask=: 9 is not a file mode, ignored"]);
  expect(plan("User=alice\nWorkingDirectory=~").workingDirectory.path).toBe("/home/alice");
  expect(plan("WorkingDirectory=-/srv/%p").workingDirectory).toEqual({
    path: "/srv/web",
    optional: true,
  });
  expect(() => plan("WorkingDirectory=srv")).toThrow("not an absolute path");
});

describe("what is not applied", () => {
  test("is named with its value", () => {
    const lines = `PrivateTmp=yes
ProtectSystem=strict
SystemCallFilter=@system-service
SystemCallFilter=~@mount
DeviceAllow=/dev/null rw
Nice=0
StateDirectory=web
Type=notify`;
    expect(plan(lines).unsupported).toEqual([
      "PrivateTmp=yes is not applied",
      "ProtectSystem=strict is not applied",
      "SystemCallFilter=@system-service ~@mount is not applied",
      "DeviceAllow=/dev/null rw is not applied",
      "Nice=0 is not applied",
      "StateDirectory=web is not applied",
      "Type=notify: NOTIFY_SOCKET is not set",
    ]);
  });

  test("is not named when it asks for nothing", () => {
    const lines = `PrivateTmp=yes
PrivateTmp=no
ProtectSystem=false
SystemCallFilter=a
SystemCallFilter=
StandardInput=null
ProtectProc=default
Restart=always
MemoryMax=1G
X-Own=1
Type=forking`;
    expect(plan(lines)).toMatchObject({ unsupported: [], warnings: [] });
  });

  test("is a warning when nobody knows the key", () => {
    expect(plan("BoundingSet=CAP_CHOWN").warnings).toEqual([
      "BoundingSet= is not a known setting of services: not applied",
    ]);
  });
});

describe("files", () => {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const inDirectory = (body: (path: string) => void): void => {
    const { path, close } = openTemporaryDirectory();
    body(path);
    close();
  };
  const dropInsOf = (path: string, directories: readonly string[] = []): readonly string[] =>
    readUnitFiles(path, directories).dropIns.map(({ text }) => text);

  test("drop-ins next to a file count, by name", () => {
    inDirectory((path) => {
      write(`${path}/a.service`, "[Service]\n");
      write(`${path}/a.service.d/20.conf`, "20");
      write(`${path}/a.service.d/10.conf`, "10");
      write(`${path}/a.service.d/note.txt`, "no");
      write(`${path}/service.d/15.conf`, "15");
      expect(dropInsOf(`${path}/a.service`)).toEqual(["10", "15", "20"]);
    });
  });

  test("of an installed unit all directories count, the strongest first", () => {
    inDirectory((path) => {
      const [etc, lib] = [`${path}/etc`, `${path}/lib`];
      write(`${lib}/a-b.service`, "[Service]\n");
      write(`${lib}/a-b.service.d/10.conf`, "lib");
      write(`${lib}/a-b.service.d/20.conf`, "masked");
      write(`${lib}/a-.service.d/30.conf`, "prefix");
      write(`${etc}/a-b.service.d/10.conf`, "etc");
      symlinkSync("/dev/null", `${etc}/a-b.service.d/20.conf`);
      expect(dropInsOf(`${lib}/a-b.service`, [etc, lib])).toEqual(["etc", "prefix"]);
      expect(dropInsOf(`${lib}/a-b.service`, [])).toEqual(["lib", "masked", "prefix"]);
    });
  });

  test("an instance uses its template, and drop-ins of both", () => {
    inDirectory((path) => {
      write(`${path}/a@.service`, "[Service]\n");
      write(`${path}/a@.service.d/1.conf`, "template");
      write(`${path}/a@x.service.d/2.conf`, "instance");
      write(`${path}/a@.socket`, "");
      const files = readUnitFiles(`${path}/a@x.service`, []);
      expect(files.unit).toBe("a@x.service");
      expect(files.fragment.path).toBe(`${path}/a@.service`);
      expect(files.dropIns.map(({ text }) => text)).toEqual(["template", "instance"]);
    });
  });

  test("a socket unit of the same name is noticed", () => {
    inDirectory((path) => {
      write(`${path}/a.service`, "[Service]\n");
      write(`${path}/a.socket`, "");
      expect(readUnitFiles(`${path}/a.service`, []).socketUnit).toBe(`${path}/a.socket`);
    });
  });

  test("what is no service says so", () => {
    inDirectory((path) => {
      write(`${path}/a@.service`, "[Service]\n");
      write(`${path}/masked.service`, "");
      mkdirSync(`${path}/d.service`);
      const read = (name: string) => () => readUnitFiles(`${path}/${name}`, []);
      expect(read("a@.service")).toThrow("is a template");
      expect(read("masked.service")).toThrow("masked");
      expect(read("d.service")).toThrow("a directory");
      expect(read("none.service")).toThrow("no such unit file");
      expect(read("a.socket")).toThrow("not a service unit");
    });
  });
});
