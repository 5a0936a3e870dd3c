// SPDX-License-Identifier: Apache-2.0
import { describe, expect } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HardenTarget } from "../../../src/harden/model.ts";
import { parseStatus, type TaskStatus } from "../../../src/linux/procfs/status.ts";
import { testUnless } from "../../skip.ts";
import { maskOf, missing, notRoot, run, temporaryFolder, written } from "./harness.ts";

const folder = temporaryFolder();

/** Cases that differ in what a program keeps: some, after a drop, none. */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  list: ["net_bind_service", "sys_admin"],
  service: ["sys_nice"],
  nothing: [],
};

/** Why programs cannot be run here: a test cannot keep what it does not have. */
function noPrivilege(): string | null {
  if (notRoot !== null) return notRoot;
  const { stdout } = run(["cat", "/proc/self/status"]);
  const needed = maskOf(["setuid", "setgid", "setpcap", ...Object.values(KEPT).flat()]);
  return (parseStatus(stdout).permitted & needed) === needed ? null : "capabilities are missing";
}

/** All threads of a program that limited itself have what is kept, and nothing else anywhere. */
function expectLimited(command: readonly string[], name: string): void {
  const { code, stdout, stderr } = run(command);
  expect([name, code, stderr]).toEqual([name, 0, ""]);
  const threads = stdout.split(/(?=^Name:)/m).map(parseStatus);
  expect(threads.length).toBeGreaterThan(0);
  const kept = maskOf(KEPT[name]!);
  for (const status of threads) expect(setsOf(status)).toEqual(setsThatKeep(kept));
  expect(stdout).toMatch(/^Groups:\s*$/m);
}

function setsOf(status: TaskStatus): object {
  const { uids, gids, permitted, effective, inheritable, bounding, ambient } = status;
  return { uids, gids, permitted, effective, inheritable, bounding, ambient };
}

function setsThatKeep(kept: bigint): object {
  const ids = [65534, 65534, 65534, 65534];
  const none = { inheritable: 0n, bounding: 0n, ambient: 0n };
  return { uids: ids, gids: ids, permitted: kept, effective: kept, ...none };
}

const C_MAIN = `
int main(void)
{
    limit_capabilities(65534, 65534);
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) fputs(line, stdout);
    return 0;
}
`;

function compileC(name: string, target: HardenTarget, libraries: readonly string[]): string {
  const [source, program] = [
    join(folder, `${target}-${name}.c`),
    join(folder, `${target}-${name}`),
  ];
  writeFileSync(source, written(name, target) + C_MAIN);
  const flags = ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-o", program];
  expect(run(["clang", ...flags, source, ...libraries])).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
  return program;
}

function noHeader(path: string): string | null {
  return missing("clang") ?? (existsSync(path) ? null : `${path} is not there`);
}

describe("a program that limits itself keeps what was meant, and nothing else", () => {
  const privilege = noPrivilege();

  testUnless(privilege ?? noHeader("/usr/include/cap-ng.h"), "in C, with libcap-ng", () => {
    for (const name of Object.keys(KEPT)) expectLimited([compileC(name, "c", ["-lcap-ng"])], name);
  });

  testUnless(privilege ?? noHeader("/usr/include/sys/capability.h"), "in C, with libcap", () => {
    for (const name of Object.keys(KEPT)) {
      expectLimited([compileC(name, "c-libcap", ["-lcap"])], name);
      const allThreads = ["-lcap", "-lpsx", "-lpthread"];
      expectLimited([compileC(name, "c-libcap", allThreads)], name);
    }
  });

  const python = "/usr/bin/python3";
  const noModule =
    existsSync(python) && run([python, "-c", "import capng"]).code === 0
      ? null
      : "no Python with the module capng";

  testUnless(privilege ?? noModule, "in Python", () => {
    for (const name of Object.keys(KEPT)) {
      const script = join(folder, `${name}.py`);
      const main =
        "\n\nlimit_capabilities(65534, 65534)\nwith open('/proc/self/status') as status:\n    print(status.read(), end='')\n";
      writeFileSync(script, written(name, "python") + main);
      expectLimited([python, "-W", "error", script], name);
    }
  });

  testUnless(
    privilege ?? missing("go"),
    "in Go, in all threads, as gofmt and go vet have it",
    () => {
      for (const name of Object.keys(KEPT)) {
        const module = join(folder, `go-${name}`);
        mkdirSync(module);
        writeFileSync(join(module, "go.mod"), "module limited\n\ngo 1.16\n");
        writeFileSync(join(module, "limit.go"), written(name, "go"));
        writeFileSync(join(module, "main.go"), GO_MAIN);
        const go = (...words: string[]) =>
          run(words, {
            cwd: module,
            env: { CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOCACHE: join(folder, "go-cache") },
          });
        expect(go("gofmt", "-l", "limit.go")).toEqual({ code: 0, stdout: "", stderr: "" });
        expect(go("go", "vet", ".")).toEqual({ code: 0, stdout: "", stderr: "" });
        expect(go("go", "build", "-o", "limited", ".").stderr).toBe("");
        expectLimited([join(module, "limited")], name);
      }
    },
    240_000,
  );

  const crates = "/usr/share/cargo/registry";
  const noCrate =
    missing("cargo") ??
    (existsSync(crates) && run(["sh", "-c", `ls -d ${crates}/caps-*`]).code === 0
      ? null
      : "the crate caps is not installed");

  testUnless(
    privilege ?? noCrate,
    "in Rust, without a warning",
    () => {
      const crate = join(folder, "rust");
      mkdirSync(join(crate, "src/bin"), { recursive: true });
      mkdirSync(join(crate, ".cargo"));
      writeFileSync(join(crate, "Cargo.toml"), CARGO_TOML);
      writeFileSync(join(crate, ".cargo/config.toml"), CARGO_CONFIG);
      for (const name of Object.keys(KEPT)) {
        writeFileSync(join(crate, `src/bin/${name}.rs`), written(name, "rust") + RUST_MAIN);
      }
      const env = { RUSTFLAGS: "-D warnings", CARGO_HOME: join(folder, "cargo-home") };
      const built = run(["cargo", "build", "--offline", "--quiet"], { cwd: crate, env });
      expect([built.code, built.stderr]).toEqual([0, ""]);
      for (const name of Object.keys(KEPT)) {
        expectLimited([join(crate, `target/debug/${name}`)], name);
      }
    },
    300_000,
  );
});

const GO_MAIN = `package main

import (
	"fmt"
	"os"
)

func main() {
	if err := limitCapabilities(65534, 65534); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		text, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/status")
		fmt.Print(string(text))
	}
}
`;

const CARGO_TOML = `[package]
name = "limited"
version = "0.1.0"
edition = "2021"

[dependencies]
caps = "0.5"
libc = "0.2"
`;

const CARGO_CONFIG = `[source.crates-io]
replace-with = "debian"

[source.debian]
directory = "/usr/share/cargo/registry"
`;

const RUST_MAIN = `
fn main() {
    limit_capabilities(65534, 65534).unwrap();
    print!("{}", std::fs::read_to_string("/proc/self/status").unwrap());
}
`;
