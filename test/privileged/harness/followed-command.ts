// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { Duplex } from "node:stream";
import {
  openCapabilityTracer,
  type TracerOptions,
} from "../../../src/linux/bpf/capability-tracer.ts";
import type {
  CapabilityTracer,
  CheckRecord,
  CredentialsRecord,
  ImageRecord,
  LostCounters,
  OutcomeRecord,
  WayIn,
} from "../../../src/linux/bpf/observation.ts";
import { UnsupportedError } from "../../../src/errors.ts";
import { testUnless } from "../../skip.ts";

/** What the kernel saw of a command that was followed from before its exec. */
export interface Trace {
  readonly pid: number;
  readonly status: number;
  readonly wayIn: WayIn;
  readonly images: readonly ImageRecord[];
  readonly checks: readonly CheckRecord[];
  readonly credentials: readonly CredentialsRecord[];
  readonly outcomes: readonly OutcomeRecord[];
  readonly seesOutcomes: boolean;
  readonly lost: LostCounters;
}

/** Why nothing can be followed on this machine, or not by that way in; null when it can. */
export async function whyClosed(wayIn?: WayIn): Promise<string | null> {
  if (process.geteuid?.() !== 0) return "needs root, to load kernel programs";
  if (!existsSync("/sys/kernel/btf/vmlinux")) return "this kernel has no BTF";
  try {
    (await openTree(wayIn === undefined ? {} : { wayIn }))[Symbol.dispose]();
    return null;
  } catch (error) {
    if (error instanceof UnsupportedError) return error.message;
    throw error;
  }
}

const REASON = await whyClosed();

type TreeOptions = Omit<TracerOptions, "scope">;

function openTree(options: TreeOptions): Promise<CapabilityTracer> {
  return openCapabilityTracer({ scope: { kind: "tree" }, ...options });
}

/** A test that follows tasks; skipped with a printed reason where that is not possible. */
export function traced(title: string, body: () => Promise<void>): void {
  testUnless(REASON, title, body);
}

/**
 * Starts the command, held back until `release`. A spawn may return while the shell's own exec is
 * still under way, so the shell says when it is there.
 */
export async function startHeld(command: readonly string[]): Promise<{
  readonly pid: number;
  readonly release: () => void;
  readonly exited: Promise<number>;
}> {
  const hold = ["-c", 'echo >&3; read -r _ <&3; exec 3<&-; exec "$@"', "sh"];
  const child = spawn("/bin/sh", [...hold, ...command], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const exited = new Promise<number>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 128));
  });
  const gate = child.stdio[3] as Duplex;
  await once(gate, "data");
  if (child.pid === undefined) throw new Error("no process to follow");
  return { pid: child.pid, release: () => void gate.write("\n"), exited };
}

/** Follows a command to the end of its tree. */
export async function traceCommand(
  command: readonly string[],
  options: TreeOptions = {},
): Promise<Trace> {
  using tracer = await openTree(options);
  const held = await startHeld(command);
  tracer.follow(held.pid, "held");
  held.release();
  const status = await held.exited;
  await treeEnd(tracer);
  return {
    pid: held.pid,
    status,
    wayIn: tracer.wayIn,
    images: tracer.readImages(),
    checks: tracer.readChecks(),
    credentials: tracer.readCredentials(),
    outcomes: tracer.readOutcomes(),
    seesOutcomes: tracer.seesOutcomes,
    lost: tracer.readLost(),
  };
}

async function treeEnd(tracer: CapabilityTracer): Promise<void> {
  const limit = Date.now() + 10_000;
  while (tracer.hasLiveTasks()) {
    if (Date.now() > limit) throw new Error("the tree does not end");
    await Bun.sleep(5);
  }
}
