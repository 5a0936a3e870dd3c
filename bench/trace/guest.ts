// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from "node:url";
import { pathInGuest, runInGuest } from "../../guest/boot.ts";
import { type KernelLine, prepareKernel } from "../../guest/kernel.ts";
import { enterDirectory, quote } from "../../guest/shell-text.ts";
import type { CallsResult, Cost, OperationResult } from "./calls.ts";
import { find, renderCalls } from "./calls-text.ts";
import type { ConditionName } from "./conditions.ts";
import type { PartResult } from "../measure/parts.ts";
import type { Surroundings } from "./suite.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The newest kernel has the tracepoint in cap_capable(). */
const LINES: readonly KernelLine[] = ["newest", "6.12"];

const TIMEOUT_MS = 1_200_000;
/** Each instruction of the guest is emulated, and none of them is noise. */
const GUEST_BLOCK = 1024;
const GUEST_BLOCKS = 60;
/** There is one CPU, and a start leaves work behind: memory to free, code to compile. */
const SETTLE_MS = 1000;

/** Wanted of the ratio to untraced. */
interface Target {
  readonly operation: string;
  readonly condition: ConditionName;
  readonly limit: number;
}

const TARGETS: readonly Target[] = [
  { operation: "setgroups", condition: "traced", limit: 1.5 },
  { operation: "setgroups", condition: "another is traced", limit: 1.05 },
  { operation: "getppid", condition: "another is traced", limit: 1.05 },
];

/** Measures calls in instructions, in one guest after the other. */
export async function measureGuest(surroundings: Surroundings): Promise<PartResult> {
  const results: PartResult[] = [];
  for (const line of LINES) results.push(await measureOne(surroundings, line));
  return {
    data: results.map(({ data }) => data),
    text: results.map(({ text }) => text).join("\n"),
  };
}

async function measureOne(surroundings: Surroundings, line: KernelLine): Promise<PartResult> {
  const { abort, progress } = surroundings;
  progress(`preparing the kernel of the guest: ${line}`);
  const kernel = await prepareKernel(line, abort);
  progress("running the guest, which takes minutes");
  const command = guestCommand(surroundings).map(quote).join(" ");
  const output = await runInGuest({
    kernel,
    script: `${enterDirectory(ROOT)}\nexec ${command}\n`,
    first: "shell",
    modules: [],
    cpus: 1,
    clock: "instructions",
    timeoutMs: TIMEOUT_MS,
    abort,
  });
  const { calls } = JSON.parse(output) as { readonly calls: CallsResult };
  const heading =
    `Guest: Linux ${kernel.release}, by ${calls.wayIn}, one CPU, calls in instructions of the ` +
    `guest, medians of ${calls.rounds} rounds\n`;
  return {
    data: { kernel: kernel.release, ...calls },
    text: heading + renderCalls(calls, "instructions") + renderTargets(calls.operations),
  };
}

function guestCommand(surroundings: Surroundings): readonly string[] {
  const { options, programs, capscopeCommand } = surroundings;
  const numbers = {
    rounds: options.guestRounds,
    block: GUEST_BLOCK,
    blocks: GUEST_BLOCKS,
    settle: SETTLE_MS,
  };
  const counts = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const capscope = options.capscope === null ? capscopeCommand.map(pathInGuest) : capscopeCommand;
  const paths = ["--capscope", capscope.join(" "), "--programs", pathInGuest(programs.directory)];
  return [
    "node_modules/.bin/bun",
    "bench/run.ts",
    "trace",
    "--calls",
    "--json",
    ...counts,
    ...paths,
    ...(options.wayIn === null ? [] : ["--way-in", options.wayIn]),
  ];
}

/** What nobody can go below who attaches a program at all. */
function floor(costs: readonly Cost[]): string {
  const empty = find(costs, "empty program");
  return empty === null ? "" : ` (an empty program: ${empty.ratio.median.toFixed(3)} x)`;
}

function renderTargets(operations: readonly OperationResult[]): string {
  return TARGETS.map(({ operation, condition, limit }) => {
    const costs = operations.find((each) => each.operation === operation)?.costs ?? [];
    const ratio = find(costs, condition)?.ratio.median;
    if (ratio === undefined) return "";
    const verdict = ratio <= limit ? "met" : `MISSED${floor(costs)}`;
    return `  ${operation}, ${condition}: wanted at most ${limit} x; measured ${ratio.toFixed(3)} x: ${verdict}\n`;
  }).join("");
}
