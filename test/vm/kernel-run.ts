// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { GuestError, pathInGuest, runInGuest } from "../../guest/boot.ts";
import { type GuestKernel, type KernelLine, prepareKernel } from "../../guest/kernel.ts";
import { OTHER_SETS } from "./commands.ts";
import { type FileResult, readResults, testScript, watchResults } from "./guest-tests.ts";
import { otherSession, SESSIONS, type Session } from "./sessions.ts";
import { IN_GUEST } from "./whether-guest.ts";

/** What the guests need from the host besides the source tree. */
export interface HostFiles {
  /** A copy of the executable that nobody replaces meanwhile. */
  readonly capscope: string;
  /** The needed sets of the compared commands on the host; null when it can trace none. */
  readonly sets: string | null;
  /** Null when the package cannot be had. */
  readonly apparmorParser: string | null;
  /** Where the output of guests is kept, and the console of one that failed. */
  readonly logs: string;
}

/** What one line of kernels came to. */
export interface KernelResult {
  readonly line: KernelLine;
  /** As uname(1) gives it; null when the kernel could not be had. */
  readonly release: string | null;
  readonly files: readonly FileResult[];
  /** Files whose tests did not run to their end, and why. */
  readonly broken: readonly { readonly file: string; readonly reason: string }[];
  readonly seconds: number;
}

export interface RunOptions {
  readonly host: HostFiles;
  /** Only these files; all when empty. */
  readonly only: readonly string[];
  /** How many guests run at a time. */
  readonly jobs: number;
  /** Multiplies the limit of each session. */
  readonly patience: number;
  readonly abort: AbortSignal;
  readonly progress: (line: string) => void;
  readonly prepare?: typeof prepareKernel;
  readonly sessions?: readonly Session[];
}

/** Runs the sessions on the kernels. */
export async function runKernels(
  lines: readonly KernelLine[],
  options: RunOptions,
): Promise<readonly KernelResult[]> {
  const { prepare = prepareKernel, sessions = SESSIONS, only, jobs } = options;
  const kernels = new Map<KernelLine, GuestKernel | Error>();
  for (const line of lines) {
    options.progress(`preparing Linux ${line}`);
    const kernel = await prepare(line, options.abort).catch((error: Error) => error);
    options.abort.throwIfAborted();
    kernels.set(line, kernel);
  }
  const results = lines.map((line) => emptyResult(line, kernels.get(line)));
  const waiting = sessionsOf(sessions, only).flatMap((session) =>
    results.map((result) => ({ session, result })),
  );
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const kernel = kernels.get(next.result.line);
      if (kernel === undefined || kernel instanceof Error) continue;
      await addSession(next.result, kernel, next.session, options);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

/** With the files that were asked for; those that are no session's have one of their own. */
function sessionsOf(sessions: readonly Session[], only: readonly string[]): readonly Session[] {
  if (only.length === 0) return sessions;
  const others = only.filter((file) => !sessions.some(({ files }) => files.includes(file)));
  return [...sessions, otherSession(others)]
    .map((session) => ({ ...session, files: session.files.filter((file) => only.includes(file)) }))
    .filter(({ files }) => files.length > 0);
}

interface GrowingResult extends KernelResult {
  readonly files: FileResult[];
  readonly broken: { file: string; reason: string }[];
  seconds: number;
}

async function addSession(
  result: GrowingResult,
  kernel: GuestKernel,
  session: Session,
  options: RunOptions,
): Promise<void> {
  const began = performance.now();
  options.progress(`${kernel.release}: ${session.name}: begins`);
  const { text, failure } = await runSession(kernel, session, options);
  const found = readResults(text);
  result.files.push(...found);
  const done = new Set(found.map(({ file }) => file));
  const reason = failure ?? "the guest ended before";
  const missing = session.files.filter((file) => !done.has(file));
  result.broken.push(...missing.map((file) => ({ file, reason })));
  result.seconds += Math.round((performance.now() - began) / 1000);
}

/** All of a line is one skipped test when its packages cannot be had. */
function emptyResult(line: KernelLine, kernel: GuestKernel | Error | undefined): GrowingResult {
  const result = { line, files: [], broken: [], seconds: 0 };
  if (kernel !== undefined && !(kernel instanceof Error)) {
    return { ...result, release: kernel.release };
  }
  const why = kernel?.message.split("\n")[0] ?? "";
  const detail = `the kernel's packages cannot be had: ${why}`;
  const file = "kernels";
  const tests = [{ file, name: `Linux ${line}`, outcome: "skipped" as const, detail }];
  return { ...result, release: null, files: [{ file, tests, text: "" }] };
}

async function runSession(
  kernel: GuestKernel,
  session: Session,
  { host, patience, abort, progress }: RunOptions,
): Promise<{ readonly text: string; readonly failure: string | null }> {
  const began = performance.now();
  let told = 0;
  const hasNewResult = watchResults();
  const tell = (text: string): void => {
    if (!hasNewResult(text)) return;
    const results = readResults(text);
    for (const { file, tests } of results.slice(told)) {
      const bad = tests.filter(({ outcome }) => outcome === "failed").length;
      const seconds = Math.round((performance.now() - began) / 1000);
      const verdict = bad === 0 ? "ok" : `${bad} FAILED`;
      progress(`${kernel.release}: ${seconds} s: ${file}: ${verdict} (${tests.length})`);
    }
    told = results.length;
  };
  const log = join(host.logs, `${kernel.release}-${session.name}`);
  try {
    const text = await runInGuest({
      kernel,
      script: testScript({ files: session.files, environment: environmentOf(host) }),
      first: session.first,
      modules: session.modules,
      clock: "work",
      cpus: 1,
      ...(session.kernelOptions === undefined ? {} : { kernelOptions: session.kernelOptions }),
      timeoutMs: session.timeoutMs * patience,
      abort,
      log: `${log}.console`,
      onText: tell,
    });
    writeFileSync(`${log}.output`, text);
    return { text, failure: null };
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    progress(`${kernel.release}: ${session.name}: ${error.reason}`);
    writeFileSync(`${log}.output`, error.output);
    return { text: error.output, failure: error.reason };
  }
}

const PARSER = "CAPSCOPE_TEST_APPARMOR_PARSER";
/** Paths that are the user's own. */
const C_TOOLS = ["CAPSCOPE_TEST_NETCAP", "CAPSCOPE_TEST_CAP_AUDIT", "CAPSCOPE_TEST_CAPMON"];

function environmentOf(host: HostFiles): Record<string, string> {
  const tools = C_TOOLS.map((name) => [name, process.env[name] ?? ""] as const)
    .filter(([, path]) => path !== "")
    .map(([name, path]) => [name, pathInGuest(resolve(path))]);
  return {
    ...Object.fromEntries(tools),
    [IN_GUEST]: "1",
    CAPSCOPE_TEST_CHILDREN: "100",
    CAPSCOPE_BIN: pathInGuest(host.capscope),
    ...(host.apparmorParser === null ? {} : { [PARSER]: pathInGuest(host.apparmorParser) }),
    ...(host.sets === null ? {} : { [OTHER_SETS]: pathInGuest(host.sets) }),
  };
}
