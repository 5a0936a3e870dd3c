// SPDX-License-Identifier: Apache-2.0
// Holds one trace and capscope minimize against the truth, program by program.
// Usage: bun test/corpus/run.ts [--write | --brute-force] [PROGRAM...]
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { NO_TRACE } from "../privileged/harness/traced.ts";
import { totalsOf } from "./accuracy.ts";
import { bruteForce } from "./brute-force.ts";
import { measure, type Measurement, truthOf } from "./measure.ts";
import { startAll } from "./pool.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { renderLine, renderTable } from "./table.ts";
import { unexplained } from "./unexplained.ts";

const PAGE = fileURLToPath(new URL("../../docs/accuracy.md", import.meta.url));

async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { write: { type: "boolean" }, "brute-force": { type: "boolean" } },
  });
  const chosen = chooseScenarios(positionals);
  if (values["brute-force"] === true) return findTruth(chosen);
  if (NO_TRACE !== null) throw new Error(NO_TRACE);
  const measurements = await measureAll(chosen);
  const dark = unexplained(measurements);
  process.stdout.write(`\n${renderTable(measurements)}\n`);
  process.stdout.write(`checks that no rule explains: ${dark.length === 0 ? "none" : ""}\n`);
  process.stdout.write(dark.map((line) => `  ${line}\n`).join(""));
  if (values.write === true) {
    if (chosen.length < SCENARIOS.length) throw new Error("the page is for all programs");
    writeFileSync(PAGE, `${introduction()}${renderTable(measurements)}${NOTES}`);
  }
  const { recall, exactProofs } = totalsOf(measurements);
  return recall === 1 && exactProofs === chosen.length ? 0 : 1;
}

function chooseScenarios(words: readonly string[]): readonly Scenario[] {
  const chosen = SCENARIOS.filter(
    ({ title }) => words.length === 0 || words.some((word) => title.split(/[ ,]/)[0] === word),
  );
  const missing = chosen.flatMap(({ files }) => files.filter((path) => !existsSync(path)));
  if (missing.length > 0) throw new Error(`not installed: ${missing.join(" ")}`);
  if (chosen.length === 0) throw new Error(`no such program: ${words.join(" ")}`);
  return chosen;
}

async function measureAll(scenarios: readonly Scenario[]): Promise<readonly Measurement[]> {
  const running = startAll(scenarios, measure);
  const measurements: Measurement[] = [];
  for (const promise of running.values()) {
    const measurement = await promise;
    process.stdout.write(`${renderLine(measurement)}\n`);
    measurements.push(measurement);
  }
  return measurements;
}

/** Looks for the true sets again, and compares them with what is written down. */
async function findTruth(scenarios: readonly Scenario[]): Promise<number> {
  const running = startAll(scenarios, async (scenario) => {
    const lines: string[] = [];
    return { set: await bruteForce(scenario, (line) => lines.push(line)), lines };
  });
  let isRight = true;
  for (const [scenario, promise] of running) {
    const { set, lines } = await promise;
    const isKnown = truthOf(scenario).some((truth) => truth.join() === set?.join());
    isRight &&= isKnown;
    const text = set === null ? "does not work" : set.join(" ") || "nothing";
    process.stdout.write(`${scenario.title}: ${text}${isKnown ? "" : ", NOT AS WRITTEN DOWN"}\n`);
    process.stdout.write(lines.map((line) => `  ${line}\n`).join(""));
  }
  return isRight ? 0 : 1;
}

function introduction(): string {
  const [name = "Linux"] =
    /(?<=^PRETTY_NAME=")[^"]+/m.exec(readFileSync("/etc/os-release", "utf8")) ?? [];
  return `# Accuracy

What \`npm run corpus -- --write\` found on ${new Date().toISOString().slice(0, 10)}, on ${name}, Linux ${release()}:
real programs of Debian at work, each with its true minimal set. That set was found by brute force (\`npm run corpus
-- --brute-force\`): the program works with it, and not with one less, by setpriv(1) and a functional check, without
any help of capscope. One trace names what the recommended configurations grant; in bold what is not needed.

`;
}

const NOTES = `
One trace cannot tell whether a program makes up for a refusal: it names what was granted and decided something.
\`capscope minimize\` decides that by running the program without. Why each extra one is named stands beside the program
in \`test/corpus/scenarios/\`. What depends on the machine (CAP_SYS_RESOURCE and CAP_AUDIT_CONTROL for PAM modules, where
root has them) is left out of the comparison.
`;

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(
    `corpus: error: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  return 1;
});
