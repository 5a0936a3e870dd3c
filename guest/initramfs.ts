// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { copyFile, mkdir, realpath, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type GuestKernel, moduleFiles } from "./kernel.ts";

const run = promisify(execFile);

/**
 * What becomes process 1 once the file systems are there: a shell that runs the script, or systemd,
 * which runs it as a service.
 */
export type FirstProcess = "shell" | "systemd";

export interface GuestSetup {
  readonly kernel: GuestKernel;
  /** A shell script, run as root in the host's own file system; what it writes stays in memory. */
  readonly script: string;
  readonly first: FirstProcess;
  /**
   * Modules that are loaded before the script begins, as far as the kernel has them. Those that the kernel
   * asks for by itself, as for most kinds of sockets, are loaded anyway.
   */
  readonly modules: readonly string[];
}

/** What it takes to get at the host's file system; what is built into the kernel is left out. */
const MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay"];
const BUSYBOX = "/bin/busybox";

/** Makes, in the directory, a root with busybox, the modules and the script, as a cpio archive. */
export async function makeInitramfs(directory: string, setup: GuestSetup): Promise<string> {
  const root = join(directory, "root");
  await mkdir(join(root, "modules"), { recursive: true });
  await mkdir(join(root, "bin"));
  await copyFile(BUSYBOX, join(root, "bin/busybox"));
  await copyFile(ownFile("init.sh"), join(root, "init"));
  await copyFile(ownFile("start.sh"), join(root, "start"));
  await writeFile(join(root, "command"), setup.script);
  await writeFile(join(root, "wanted"), setup.modules.map((name) => `${name}\n`).join(""));
  await writeFile(join(root, "first"), `${setup.first}\n`);
  await writeFile(join(root, "kernel"), `${await realpath(setup.kernel.directory)}\n`);
  const order: string[] = [];
  for (const file of await moduleFiles(setup.kernel, MODULES)) {
    const name = basename(file, ".xz");
    const unpack = 'case $1 in *.xz) xz -dc "$1" ;; *) cat "$1" ;; esac >"$2"';
    await run("sh", ["-c", unpack, "sh", file, join(root, "modules", name)]);
    order.push(name);
  }
  await writeFile(join(root, "modules/order"), order.map((name) => `${name}\n`).join(""));
  const archive = join(directory, "initramfs");
  const pack = `chmod 755 init; find . | ${BUSYBOX} cpio -o -H newc >"$1"`;
  await run("sh", ["-c", pack, "sh", archive], { cwd: root });
  return archive;
}

function ownFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
