// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The compiled programs of the suite. */
export interface Programs {
  readonly directory: string;
  readonly microbenchmark: string;
  readonly bareCounter: string;
}

const KERNEL_HEADERS = fileURLToPath(new URL("../../bpf", import.meta.url));
const TARGETS: Readonly<Record<string, string>> = { x64: "x86", arm64: "arm64" };
const TIMEOUT_MS = 60_000;

/** Names of the programs in a directory. */
export function programsIn(directory: string): Programs {
  return {
    directory,
    microbenchmark: join(directory, "microbenchmark"),
    bareCounter: join(directory, "bare-counter.bpf.o"),
  };
}

/** Compiles the programs into a directory, the kernel one as scripts/build-bpf.sh does it. */
export async function compilePrograms(directory: string, signal: AbortSignal): Promise<Programs> {
  const programs = programsIn(directory);
  const options = { signal, timeout: TIMEOUT_MS };
  const warnings = ["-Wall", "-Wextra", "-Werror"];
  const source = sourceFile("microbenchmark.c");
  await run("clang", ["-O2", ...warnings, source, "-o", programs.microbenchmark], options);
  const kernel = ["-target", "bpf", "-mcpu=v3", "-O2", "-g", ...warnings, "-Wno-unused-parameter"];
  const target = [`-D__TARGET_ARCH_${TARGETS[process.arch]}`, "-I", KERNEL_HEADERS];
  const counter = ["-c", sourceFile("bare-counter.bpf.c"), "-o", programs.bareCounter];
  await run("clang", [...kernel, ...target, ...counter], options);
  return programs;
}

function sourceFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
