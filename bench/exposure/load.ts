// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from "node:url";
import { openLineProcess, PYTHON, PYTHON_OPTIONS } from "../measure/line-process.ts";
import { readFile } from "node:fs/promises";

/** How much of everything the load has. */
export interface LoadShape {
  readonly processes: number;
  readonly descriptorsPerProcess: number;
  readonly listenersPerProcess: number;
  /** Besides those of lo. */
  readonly addresses: number;
}

/** A load that runs in namespaces of its own; disposing of it ends every process of it. */
export interface Load extends AsyncDisposable {
  readonly listeners: number;
  /** Command prefix that enters its namespaces. */
  readonly enter: readonly string[];
}

/** 2,000 processes, 100,000 descriptors, 10,000 listeners. */
export const BASE_SHAPE: LoadShape = {
  processes: 2000,
  descriptorsPerProcess: 50,
  listenersPerProcess: 5,
  addresses: 4,
};

/** Builds a load and waits until it is all open. */
export async function openLoad(shape: LoadShape, abort: AbortSignal): Promise<Load> {
  const script = fileURLToPath(new URL("load.py", import.meta.url));
  const sizes = [
    shape.processes,
    shape.descriptorsPerProcess,
    shape.listenersPerProcess,
    shape.addresses,
  ];
  const python = [PYTHON, ...PYTHON_OPTIONS, script, ...sizes.map(String)];
  const child = await openLineProcess([...UNSHARE, ...python], abort);
  try {
    const ready = JSON.parse(await child.readLine(READY_TIMEOUT_MS)) as { listeners: number };
    const pid = await readOnlyChild(child.pid);
    return {
      listeners: ready.listeners,
      enter: ["nsenter", "--target", String(pid), "--net", "--pid", "--mount"],
      [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
    };
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}

/** With --kill-child the load does not outlive unshare, whatever ends that. */
const UNSHARE = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"] as const;
const READY_TIMEOUT_MS = 120_000;

/** `unshare --fork` stays outside; the namespaces are those of its only child. */
async function readOnlyChild(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return Number(children.trim());
}
