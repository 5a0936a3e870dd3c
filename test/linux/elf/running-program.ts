// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";

/** A program that tells addresses of its own and then waits. */
export interface RunningProgram {
  readonly pid: number;
  /** In the order of `WAITING_PROGRAM`. */
  readonly addresses: readonly bigint[];
  /** Ends it and waits until it is gone. */
  end(): Promise<void>;
}

/** Tells a function, memory with code in it, the vdso, a data address and a memory file. */
export const WAITING_PROGRAM = `
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>
static int data;
__attribute__((noinline)) static int inner(int number) { return number * 7 + data; }
int main(void) {
  int file = memfd_create("code", 0);
  if (ftruncate(file, 4096) != 0) return 1;
  void *jit = mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void *memory = mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
  printf("%lx %lx %lx %lx %lx\\n", (unsigned long)inner, (unsigned long)jit,
         getauxval(AT_SYSINFO_EHDR), (unsigned long)&data, (unsigned long)memory);
  fflush(stdout);
  return getchar() == EOF ? 0 : inner(1);
}
`;

/** Starts a program and waits for the line that it writes. */
export async function startProgram(
  command: string,
  ...options: readonly string[]
): Promise<RunningProgram> {
  const child = spawn(command, options, { stdio: ["pipe", "pipe", "inherit"] });
  const line = await firstLine(child);
  return {
    pid: child.pid ?? 0,
    addresses: line.split(" ").map((address) => BigInt(`0x${address}`)),
    end: () =>
      new Promise((resolve) => {
        child.once("close", () => {
          resolve();
        });
        child.stdin?.end();
      }),
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.once("error", reject);
    child.once("close", () => {
      reject(new Error(`the program ended early: ${text}`));
    });
  });
}
