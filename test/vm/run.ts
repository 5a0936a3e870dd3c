// SPDX-License-Identifier: Apache-2.0
// Boots each kernel, runs tests inside, and prints which passed on which.
// Usage: bun test/vm/run.ts [--write] [--jobs N] [--patience N] [KERNEL...] [FILE...]
// A machine that does much else at the same time needs a patience of more than 1: each limit times that.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { KERNEL_LINES, type KernelLine } from "../../guest/kernel.ts";
import { prepareHostFiles } from "./host-files.ts";
import { type KernelResult, type RunOptions, runKernels } from "./kernel-run.ts";
import { renderCounts, renderFailures, renderTable } from "./table.ts";
import { whyNoMachine } from "./whether-machine.ts";

const PAGE = fileURLToPath(new URL("../../docs/kernels.md", import.meta.url));
const LINES = Object.keys(KERNEL_LINES) as KernelLine[];
const began = performance.now();

function progress(line: string): void {
  process.stderr.write(`${Math.round((performance.now() - began) / 1000)} s: ${line}\n`);
}

async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      write: { type: "boolean" },
      jobs: { type: "string", default: "2" },
      patience: { type: "string", default: "1" },
    },
  });
  const reason = whyNoMachine();
  if (reason !== null) {
    process.stdout.write(`skipped: the tests on other kernels: ${reason}\n`);
    process.stdout.write("0 passed, 0 failed, 1 skipped\n");
    return 0;
  }
  const only = positionals.filter((word) => existsSync(word)).map((path) => normalize(path));
  const lines = LINES.filter((line) => positionals.includes(line));
  const unknown = positionals.filter((word) => !existsSync(word) && !isLine(word));
  if (unknown.length > 0) throw new Error(`neither a kernel nor a file: ${unknown.join(" ")}`);
  const results = await runAll(lines.length > 0 ? lines : LINES, {
    only,
    jobs: Number(values.jobs),
    patience: Number(values.patience),
  });
  report(results, values.write === true);
  return /, 0 failed,/.test(renderCounts(results)) ? 0 : 1;
}

function isLine(word: string): boolean {
  return LINES.some((line) => line === word);
}

async function runAll(
  lines: readonly KernelLine[],
  options: Pick<RunOptions, "only" | "jobs" | "patience">,
): Promise<readonly KernelResult[]> {
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => interruption.abort(new Error(`ended by ${signal}`)));
  }
  const abort = interruption.signal;
  const directory = mkdtempSync(join(tmpdir(), "capscope-vm-"));
  try {
    const host = await prepareHostFiles(directory, abort, progress);
    return await runKernels(lines, { ...options, host, abort, progress });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function report(results: readonly KernelResult[], writes: boolean): void {
  const table = renderTable(results);
  process.stdout.write(renderFailures(results));
  process.stdout.write(`\n${table}\n`);
  for (const { line, release, seconds } of results) {
    process.stdout.write(`${release ?? line}: ${seconds} s\n`);
  }
  process.stdout.write(`${renderCounts(results)}\n`);
  if (writes) writeFileSync(PAGE, INTRODUCTION + table);
}

const INTRODUCTION = `# Tests on other kernels

What \`npm run test:vm -- --write\` found when it was last run: Debian's own kernels in QEMU, without hardware support, on
the file system of a Debian 12 host. \`npm run vm -- 6.12\` opens a shell in such a guest.

`;

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(
    `test:vm: error: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.stdout.write("0 passed, 1 failed, 0 skipped\n");
  return 1;
});
