// SPDX-License-Identifier: Apache-2.0
import { UsageError } from "./measure/flags.ts";
import { runExposureSuite } from "./exposure/suite.ts";
import { runFilesSuite } from "./files/suite.ts";
import { runTraceSuite } from "./trace/suite.ts";

const SUITES: Readonly<Record<string, typeof runExposureSuite>> = {
  exposure: runExposureSuite,
  files: runFilesSuite,
  trace: runTraceSuite,
};

async function main(args: readonly string[]): Promise<number> {
  const [name = "", ...rest] = args;
  const runSuite = Object.hasOwn(SUITES, name) ? SUITES[name] : undefined;
  if (runSuite === undefined) {
    writeError(`usage: npm run bench -- (${Object.keys(SUITES).join(" | ")}) [--help]`);
    return 2;
  }
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => interruption.abort(new Error(`ended by ${signal}`)));
  }
  try {
    process.stdout.write(await runSuite(rest, interruption.signal, writeProgress));
    return 0;
  } catch (error) {
    writeError(`bench: error: ${error instanceof Error ? error.message : String(error)}`);
    if (interruption.signal.aborted) return 130;
    return error instanceof UsageError ? 2 : 1;
  }
}

function writeError(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** On a terminal each line replaces the one before; elsewhere progress would only be noise. */
function writeProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}

process.exitCode = await main(process.argv.slice(2));
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
