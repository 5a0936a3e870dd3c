// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GuestSetup, makeInitramfs } from "./initramfs.ts";

/**
 * What passes in the guest while the host emulates it. `host`: its time. `instructions`: a nanosecond
 * for each instruction, whatever the host does besides; waiting takes no time, and so one for the host's
 * file system may end in what was to come much later. `work`: the same, but waiting takes the
 * host's time.
 */
export type GuestClock = "host" | "instructions" | "work";
const CLOCKS: Readonly<Record<GuestClock, readonly string[]>> = {
  host: [],
  instructions: ["-icount", "shift=0,sleep=off"],
  work: ["-icount", "shift=0,sleep=on"],
};

export interface GuestOptions extends GuestSetup {
  readonly clock: GuestClock;
  /** They take turns: two at a time are not safe while kernel functions are patched. */
  readonly cpus: number;
  /** More words of the kernel's command line; see kernel-parameters of Linux. */
  readonly kernelOptions?: string;
  readonly timeoutMs: number;
  readonly abort: AbortSignal;
  /** Where the console's log is kept when the guest fails. */
  readonly log?: string;
  /** Called with all that the script has written so far, when there are more lines. */
  readonly onText?: (text: string) => void;
}

/** Where the guest finds a file of the host, also one of /tmp, where it has a file system of its own. */
export function pathInGuest(path: string): string {
  return `/run/host${path}`;
}

/** Boots a kernel in QEMU, without hardware support, and returns what the script wrote. */
export async function runInGuest(options: GuestOptions): Promise<string> {
  return inScratch(async (directory) => {
    const initramfs = await makeInitramfs(directory, options);
    const console = join(directory, "console");
    options.abort.throwIfAborted();
    const serial = ["-display", "none", "-serial", `file:${console}`, "-serial", "stdio"];
    const { text, failure } = await runMachine(
      [...machine(options, initramfs), ...serial],
      options,
    );
    options.abort.throwIfAborted();
    const end = /^guest: status (\d+)\n/m.exec(text);
    if (end?.[1] === "0") return text.slice(0, end.index);
    const reason = failure ?? (end === null ? "it ended early" : `its script failed: ${end[1]}`);
    if (options.log !== undefined) await copyFile(console, options.log);
    const log = await readFile(console, "utf8").catch(() => "");
    throw new GuestError(reason, text, log);
  });
}

/** Runs QEMU to its end, or the guest's; why it did not come to that, null when it did. */
async function runMachine(
  words: readonly string[],
  { abort, timeoutMs, onText }: GuestOptions,
): Promise<{ readonly text: string; readonly failure: string | null }> {
  const child = spawn("qemu-system-x86_64", words, { stdio: ["ignore", "pipe", "pipe"] });
  let [text, complaint, failure] = ["", "", null as string | null];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    // A serial line brings a few bytes at a time.
    if (chunk.includes("\n")) onText?.(text);
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (complaint += chunk));
  const end = (): void => void child.kill("SIGKILL");
  const limit = setTimeout(() => {
    failure = `not done after ${timeoutMs / 1000} s`;
    end();
  }, timeoutMs);
  abort.addEventListener("abort", end);
  process.once("exit", end);
  try {
    const [status] = (await once(child, "close")) as [number | null];
    if (status !== 0) failure ??= `QEMU: ${complaint.trim() || status}`;
  } finally {
    clearTimeout(limit);
    abort.removeEventListener("abort", end);
    process.off("exit", end);
  }
  return { text, failure };
}

/** A guest that did not come to its end, or whose script failed. */
export class GuestError extends Error {
  override readonly name = "GuestError";
  readonly reason: string;
  /** What the script wrote. */
  readonly output: string;
  constructor(reason: string, output: string, console: string) {
    super(`guest: ${reason}\n${output.slice(-TAIL)}\nconsole:\n${console.slice(-TAIL)}`);
    this.reason = reason;
    this.output = output;
  }
}

const TAIL = 8000;

/** The same with this process's terminal as its console; resolves when it is switched off. */
export async function openGuestTerminal(options: GuestSetup & { cpus: number }): Promise<void> {
  await inScratch(async (directory) => {
    const initramfs = await makeInitramfs(directory, options);
    const realTime = { ...options, clock: "host" as const };
    const serial = ["-display", "none", "-serial", "mon:stdio", "-serial", "null"];
    const words = [...machine(realTime, initramfs), ...serial];
    await once(spawn("qemu-system-x86_64", words, { stdio: "inherit" }), "exit");
  });
}

async function inScratch<Result>(work: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), "capscope-guest-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

type Machine = Pick<GuestOptions, "kernel" | "cpus" | "clock" | "kernelOptions">;

interface Frugality {
  readonly processor: string;
  readonly kernelOptions: readonly string[];
}

/** A quarter of the work goes into what nobody looks at, unless it is what one wants to measure. */
const WHOLE: Frugality = { processor: "max", kernelOptions: [] };
/**
 * No page tables of five levels; pages are not cleared by one instruction that repeats itself for each byte (erms)
 * or word (112 is REP_GOOD in asm/cpufeatures.h); no guards against flaws of real processors.
 */
const FRUGAL: Frugality = {
  processor: "max,-la57,-erms",
  kernelOptions: ["mitigations=off", "clearcpuid=112"],
};

function machine(options: Machine, initramfs: string): string[] {
  const { kernel, cpus, clock, kernelOptions = "" } = options;
  const frugality = clock === "instructions" ? WHOLE : FRUGAL;
  const words = ["console=ttyS0 panic=-1 quiet random.trust_cpu=on", ...frugality.kernelOptions];
  const share = "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap";
  return [
    ["-nodefaults", "-no-reboot", "-machine", "q35", "-cpu", frugality.processor],
    ["-accel", "tcg,thread=single", "-smp", String(cpus), "-m", "3072"],
    ["-kernel", kernel.image, "-initrd", initramfs],
    ["-append", [...words, kernelOptions].join(" ")],
    ["-virtfs", share],
    CLOCKS[clock],
  ].flat();
}
