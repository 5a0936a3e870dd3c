// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why nothing can be compiled here; null when it can. */
export const NO_COMPILER = commandFails("clang", ["--version"]) ? "clang is not installed" : null;

/** A folder for what a test compiles. */
export interface Workshop extends Disposable {
  path(name: string): string;
  /** Compiles C with these options into a file of this name; throws what clang says otherwise. */
  compile(name: string, source: string, ...options: readonly string[]): string;
}

export function openWorkshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), "capscope-elf-"));
  const path = (name: string): string => join(folder, name);
  return {
    path,
    compile(name, source, ...options) {
      const input = path(`${name.replaceAll("/", "-")}.c`);
      writeFileSync(input, source);
      runTool("clang", "-O1", "-o", path(name), input, ...options);
      return path(name);
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true });
    },
  };
}

/** Whether a command is missing or ends with another status than 0. */
export function commandFails(command: string, options: readonly string[]): boolean {
  return spawnSync(command, options, { stdio: "ignore" }).status !== 0;
}

/** Functions of all sorts: seen from outside or not, without a size, and behind the end of one. */
export const FUNCTIONS = `
__attribute__((noinline)) static int hidden(int number) { return number * 3; }
__attribute__((noinline)) int visible(int number) { return hidden(number) + 1; }
int _visible(int) __attribute__((alias("visible")));
int __visible(int) __attribute__((alias("visible")));
__asm__(".section .text.sizeless,\\"ax\\",@progbits\\n"
        ".globl sizeless\\n.type sizeless,@function\\n"
        "sizeless: .zero 64, 0x90\\n.text\\n");
`;

/** Address and size of a symbol as binutils has it. */
export function symbolOf(file: string, name: string): SymbolPlace {
  const lines = runTool("readelf", "-sW", file).split("\n");
  const fields = lines
    .map((line) => line.trim().split(/\s+/))
    .find((line) => line[7]?.replace(/@.*/, "") === name || line[7] === name);
  if (fields === undefined) throw new Error(`${file} has no symbol ${name}`);
  return { address: Number(`0x${fields[1]}`), size: Number(fields[2]) };
}

export interface SymbolPlace {
  readonly address: number;
  readonly size: number;
}

/** Runs a tool and returns what it prints; throws what it says when it fails. */
export function runTool(command: string, ...options: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, options, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${options.join(" ")}: ${error ?? stderr}`);
  return stdout;
}
