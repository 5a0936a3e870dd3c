// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PYTHON } from "../privileged/harness/actor.ts";
import { undoLater } from "../privileged/harness/cleanup.ts";
import { openNetworkNamespace } from "../privileged/harness/network-namespace.ts";
import { openTemporaryDirectory } from "../privileged/harness/temporary-directory.ts";
import type { Plan } from "./scenario.ts";

/** Where a scenario takes place: a directory and a network of its own. */
export interface Stage {
  /** Every user can enter it. */
  readonly directory: string;
  /** Writes a file into the directory; returns its path. */
  readonly write: (name: string, text: string, mode?: number) => string;
  /** Runs a command in the network, outside of what is traced; throws when it fails. */
  readonly run: (...command: string[]) => string;
  /** Command line that runs `command` in the network, with the mounts of the plan. */
  readonly inside: (command: readonly string[], mounts: Plan["mounts"]) => string[];
  /** Ends whatever still runs in the network, and removes it and the directory. */
  readonly close: () => void;
}

const CLIENTS = fileURLToPath(new URL("clients.py", import.meta.url));

/** A line of shell that asks a server over the loopback interface; clients.py has the protocols. */
export function ask(protocol: string, port: number, question: string): string {
  return `${PYTHON} -B -S ${CLIENTS} ${protocol} ${port} '${question}'`;
}

export async function openStage(): Promise<Stage> {
  const { path: directory, close: removeDirectory } = openTemporaryDirectory();
  const namespace = await openNetworkNamespace();
  const endProcesses = undoLater(() => killAllIn(namespace.inode, namespace.holder));
  return {
    directory,
    write(name, text, mode = 0o644) {
      const path = join(directory, name);
      writeFileSync(path, text, { mode });
      return path;
    },
    run: (...command) => namespace.run(...command),
    inside: (command, mounts = {}) =>
      namespace.inside([...UNSHARE, mountScript(mounts), "sh", ...command]),
    close() {
      endProcesses();
      namespace.close();
      removeDirectory();
    },
  };
}

const UNSHARE = "unshare --mount --propagation private sh -c".split(" ");

/** The machine's own files stay as they are: the mounts are gone with the last process. */
function mountScript(mounts: NonNullable<Plan["mounts"]>): string {
  const lines = Object.entries(mounts).map(([target, source]) => {
    const mount =
      source === null
        ? `mount -t tmpfs -o mode=755 none ${target}`
        : `mount --bind ${source} ${target}`;
    return `if [ -e ${target} ]; then ${mount} || exit; fi`;
  });
  return [...lines, 'exec "$@"'].join("\n");
}

/** The network is nobody else's, so all processes in it belong to the scenario. */
function killAllIn(inode: number, holder: number): void {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === holder) continue;
    try {
      if (readlinkSync(`/proc/${name}/ns/net`) === `net:[${inode}]`) {
        process.kill(Number(name), "SIGKILL");
      }
    } catch {
      // It ended, or belongs to a kernel thread.
    }
  }
}
