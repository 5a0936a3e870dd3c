// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Runs `bun test` on the paths given (default: test/), repeats why tests were skipped, and ends
 * with the line `N passed, N failed, N skipped`. Fails when no test ran.
 */
const paths = process.argv.slice(2);
// bun test runs no exit handlers: what a failed test leaves behind is in here, and goes with it.
const temporary = mkdtempSync(join(tmpdir(), "capscope-run-"));
// Some tests run commands as another user.
chmodSync(temporary, 0o755);
const child = Bun.spawn(
  [process.execPath, "test", "--timeout", "30000", ...(paths.length > 0 ? paths : ["./test"])],
  {
    cwd: join(import.meta.dir, ".."),
    // With CI set, bun refuses `test.only` and does not write snapshots.
    env: { ...process.env, CI: "1", TMPDIR: temporary },
    stdio: ["ignore", "inherit", "pipe"],
  },
);

const output = await passOn(child.stderr);
const status = await child.exited;
const left = readdirSync(temporary).filter((name) => !name.startsWith(".bun-"));
rmSync(temporary, { recursive: true, force: true });
const summary = output.slice(output.lastIndexOf("\n\n"));
// A test that calls process.exit(0) ends the runner as if all were well, but without a summary.
const finished = /^Ran \d+ tests? across \d+ files?/m.test(summary);
const passed = count("pass");
const failed = finished ? count("fail") : 1;
const skipped = count("skip") + count("todo");

for (const [line] of output.matchAll(/^skipped: .*$/gm)) console.log(line);
if (left.length > 0) console.log(`removed what tests left behind: ${left.join(" ")}`);
if (!finished) console.log("the test runner ended before its summary");
else if (passed + failed === 0) console.log("no test ran");
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = status === 0 && (passed === 0 || failed > 0) ? 1 : status;

/** Copies the stream to stderr as it comes, and returns it without colours. */
async function passOn(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    process.stderr.write(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  return Bun.stripANSI(text);
}

/** The number in a line such as ` 12 pass` of the summary; 0 when there is none. */
function count(word: string): number {
  return Number(new RegExp(`^ *(\\d+) ${word}$`, "m").exec(summary)?.[1] ?? 0);
}
