// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from "node:url";
import { pathInGuest, runInGuest } from "../../guest/boot.ts";
import { type KernelLine, prepareKernel } from "../../guest/kernel.ts";
import { enterDirectory, quote } from "../../guest/shell-text.ts";
import type { CallsResult, OperationResult } from "./calls.ts";
import { find, renderCalls } from "./calls-text.ts";
import type { ConditionName } from "./conditions.ts";
import type { PartResult } from "../measure/parts.ts";
import type { Surroundings } from "./suite.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** By which ways in; the newest kernel has the tracepoint, and the other ones too. */
const GUESTS = [
  { line: "newest", wayIn: null },
  { line: "6.12", wayIn: null },
  { line: "6.12", wayIn: "kprobe" },
] as const satisfies readonly { line: KernelLine; wayIn: string | null }[];

const TIMEOUT_MS = 1_200_000;
/** Each instruction of the guest is emulated, and none of them is noise. */
const GUEST_BLOCK = 1024;
const GUEST_BLOCKS = 5;

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
  for (const guest of GUESTS) results.push(await measureOne(surroundings, guest));
  return {
    data: results.map(({ data }) => data),
    text: results.map(({ text }) => text).join("\n"),
  };
}

async function measureOne(
  surroundings: Surroundings,
  { line, wayIn }: (typeof GUESTS)[number],
): Promise<PartResult> {
  const { abort, progress } = surroundings;
  progress(`preparing the kernel of the guest: ${line}`);
  const kernel = await prepareKernel(line, abort);
  progress("running the guest, which takes minutes");
  const command = guestCommand(surroundings, wayIn).map(quote).join(" ");
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

function guestCommand(surroundings: Surroundings, wayIn: string | null): readonly string[] {
  const { options, programs, capscopeCommand } = surroundings;
  const numbers = {
    rounds: options.guestRounds,
    block: GUEST_BLOCK,
    blocks: GUEST_BLOCKS,
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
    ...(wayIn === null ? [] : ["--way-in", wayIn]),
  ];
}

function renderTargets(operations: readonly OperationResult[]): string {
  return TARGETS.map(({ operation, condition, limit }) => {
    const costs = operations.find((each) => each.operation === operation)?.costs ?? [];
    const ratio = find(costs, condition)?.ratio.median;
    if (ratio === undefined) return "";
    const verdict = ratio <= limit ? "met" : "MISSED";
    return `  ${operation}, ${condition}: wanted at most ${limit} x; measured ${ratio.toFixed(3)} x: ${verdict}\n`;
  }).join("");
}
