// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type GuestKernel, moduleFiles } from "./kernel.ts";

const run = promisify(execFile);

export interface GuestOptions {
  readonly kernel: GuestKernel;
  /** A shell script, run as root in the host's own file system; what it writes stays in memory. */
  readonly script: string;
  /**
   * One virtual nanosecond is one instruction of the guest: clocks in there count instructions, and
   * what they show does not depend on how busy the host is.
   */
  readonly countsInstructions: boolean;
  readonly timeoutMs: number;
  readonly abort: AbortSignal;
}

/** Where the guest finds a file of the host, also one of /tmp, where it has a file system of its own. */
export function pathInGuest(path: string): string {
  return `/run/host${path}`;
}

/** Boots a kernel in QEMU, without hardware support, and returns what the script wrote. */
export async function runInGuest(options: GuestOptions): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "capscope-guest-"));
  try {
    const initramfs = await makeInitramfs(directory, options);
    const [output, console] = [join(directory, "output"), join(directory, "console")];
    const failure = await run(
      "qemu-system-x86_64",
      machine({ ...options, initramfs, output, console }),
      {
        signal: options.abort,
        timeout: options.timeoutMs,
        killSignal: "SIGKILL",
      },
    ).then(
      () => null,
      (error: Error & { readonly killed?: boolean }) =>
        error.killed === true ? `not done after ${options.timeoutMs / 1000} s` : error.message,
    );
    options.abort.throwIfAborted();
    return await resultOf(output, console, failure);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What the script wrote; throws when it did not come to its end, or failed. */
async function resultOf(output: string, console: string, failure: string | null): Promise<string> {
  const text = await readFile(output, "utf8").catch(() => "");
  const end = /^guest: status (\d+)\n/m.exec(text);
  if (end?.[1] === "0") return text.slice(0, end.index);
  const reason = failure ?? (end === null ? "it ended early" : `its script failed: ${end[1]}`);
  const log = await readFile(console, "utf8").catch(() => "");
  throw new Error(`guest: ${reason}\n${text.slice(-TAIL)}\nconsole:\n${log.slice(-TAIL)}`);
}

const TAIL = 8000;

interface Machine extends GuestOptions {
  readonly initramfs: string;
  readonly output: string;
  readonly console: string;
}

function machine(options: Machine): string[] {
  const share = "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap";
  const speed = options.countsInstructions ? ["-icount", "shift=0,sleep=off"] : [];
  return [
    ["-nodefaults", "-no-reboot", "-display", "none", "-machine", "q35", "-cpu", "max"],
    ["-accel", "tcg,thread=single", "-smp", "1", "-m", "3072"],
    ["-kernel", options.kernel.image, "-initrd", options.initramfs],
    ["-append", "console=ttyS0 panic=-1 quiet random.trust_cpu=on"],
    ["-serial", `file:${options.console}`, "-serial", `file:${options.output}`],
    ["-virtfs", share],
    speed,
  ].flat();
}

/** What they need comes along; what is built into the kernel is left out. */
const MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay"];
const BUSYBOX = "/bin/busybox";

/** A root with busybox, the modules and the script, as a cpio archive. */
async function makeInitramfs(directory: string, options: GuestOptions): Promise<string> {
  const root = join(directory, "root");
  await mkdir(join(root, "modules"), { recursive: true });
  await mkdir(join(root, "bin"));
  await copyFile(BUSYBOX, join(root, "bin/busybox"));
  await copyFile(ownFile("init.sh"), join(root, "init"));
  await copyFile(ownFile("start.sh"), join(root, "start"));
  await writeFile(join(root, "command"), options.script);
  const order: string[] = [];
  for (const file of await moduleFiles(options.kernel, MODULES)) {
    const name = basename(file, ".xz");
    await run("sh", [
      "-c",
      'case $1 in *.xz) xz -dc "$1" ;; *) cat "$1" ;; esac >"$2"',
      "sh",
      file,
      join(root, "modules", name),
    ]);
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
