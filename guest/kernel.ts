// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { preparePackage, type UnpackedPackage, type WantedPackage } from "./packages.ts";

const run = promisify(execFile);

/** A Debian kernel package, unpacked. */
export interface GuestKernel {
  /** As uname(1) gives it. */
  readonly release: string;
  /** What QEMU boots. */
  readonly image: string;
  /** The directory that has lib/modules, with an index for modprobe(8). */
  readonly directory: string;
}

/** Lines of Debian's kernels: which suite has them, and the packages' names. */
export type KernelLine = keyof typeof KERNEL_LINES;
export const KERNEL_LINES = {
  "6.1": { suite: "oldstable", pattern: /^linux-image-6\.1\.0-[0-9]+-amd64$/ },
  "6.12": { suite: "oldstable", pattern: /^linux-image-6\.12\.[0-9]+\+deb12-amd64$/ },
  newest: { suite: "backports", pattern: /^linux-image-[0-9.]+\+deb1[3-9]-amd64$/ },
} as const satisfies Record<string, WantedPackage>;

/** The newest kernel of the line that is unpacked already, else the newest one that Debian has. */
export async function prepareKernel(line: KernelLine, signal: AbortSignal): Promise<GuestKernel> {
  const { name, directory } = await preparePackage(
    {
      ...KERNEL_LINES[line],
      parts: (whole) => ["base", "binary", "modules"].map((part) => whole.replace("image", part)),
      prepare: (unpacked) => indexModules(unpacked, signal),
    },
    signal,
  );
  const release = releaseOf(name);
  const images = [`boot/vmlinuz-${release}`, `lib/modules/${release}/vmlinuz`];
  const image = images.map((path) => join(directory, path)).find((path) => existsSync(path));
  if (image === undefined) throw new Error(`${directory} has no kernel`);
  return { release, directory, image };
}

async function indexModules(
  { name, directory }: UnpackedPackage,
  signal: AbortSignal,
): Promise<void> {
  const top = join(directory, "lib");
  if (!existsSync(top)) await symlink("usr/lib", top);
  await run("/usr/sbin/depmod", ["-b", directory, releaseOf(name)], { signal });
}

function releaseOf(name: string): string {
  return name.slice("linux-image-".length);
}

/** Files of the modules and of all that they need, in the order in which to insert them. */
export async function moduleFiles(
  { directory, release }: GuestKernel,
  modules: readonly string[],
): Promise<readonly string[]> {
  const files = new Set<string>();
  for (const module of modules) {
    const wanted = ["-d", directory, "-S", release, "--show-depends", module];
    const { stdout } = await run("/usr/sbin/modprobe", wanted);
    for (const [, file = ""] of stdout.matchAll(/^insmod (\S+)/gm)) files.add(file);
  }
  return [...files];
}
