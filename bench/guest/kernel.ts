// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A Debian kernel package, unpacked. */
export interface GuestKernel {
  /** As uname(1) gives it. */
  readonly release: string;
  /** What QEMU boots. */
  readonly image: string;
  /** The directory that has lib/modules. */
  readonly directory: string;
}

/** A line of Debian's kernels, and the packages' names. */
export type KernelLine = keyof typeof PACKAGES;
export const PACKAGES = {
  "6.1": /^linux-image-(?<release>6\.1\.0-[0-9]+-amd64)$/,
  "6.12": /^linux-image-(?<release>6\.12\.[0-9]+\+deb12-amd64)$/,
} as const;

/** Kept between runs: not for Git, not for the package. */
const CACHE = fileURLToPath(new URL("../../build/guest/", import.meta.url));
const DOWNLOAD_TIMEOUT_MS = 300_000;
const UNPACK_TIMEOUT_MS = 120_000;

/**
 * The newest kernel of the line that is unpacked already, else the newest one that apt knows,
 * downloaded and unpacked, not installed.
 */
export async function prepareKernel(line: KernelLine, signal: AbortSignal): Promise<GuestKernel> {
  await mkdir(CACHE, { recursive: true });
  const present = newest(line, await readdir(CACHE));
  const name = present ?? (await download(line, signal));
  const release = name.slice("linux-image-".length);
  const directory = join(CACHE, name);
  return { release, directory, image: join(directory, "boot", `vmlinuz-${release}`) };
}

async function download(line: KernelLine, signal: AbortSignal): Promise<string> {
  const known = await run("apt-cache", ["pkgnames", "linux-image-"], { signal });
  const name = newest(line, known.stdout.split("\n"));
  if (name === null) throw new Error(`apt knows no kernel ${line} for amd64`);
  const directory = await mkdtemp(join(CACHE, "unpacking-"));
  try {
    const options = { cwd: directory, signal, timeout: DOWNLOAD_TIMEOUT_MS };
    // As the user of this process: apt's own one may not write here.
    await run("apt-get", ["download", "-o", "APT::Sandbox::User=root", name], options);
    const [archive = ""] = await readdir(directory);
    const root = join(directory, "root");
    await run("dpkg-deb", ["-x", archive, root], { ...options, timeout: UNPACK_TIMEOUT_MS });
    const release = name.slice("linux-image-".length);
    await run("/usr/sbin/depmod", ["-b", root, release], options);
    await rename(root, join(CACHE, name));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return name;
}

function newest(line: KernelLine, names: readonly string[]): string | null {
  const order = new Intl.Collator("en", { numeric: true });
  const candidates = names.filter((name) => PACKAGES[line].test(name));
  return candidates.sort((left, right) => order.compare(left, right)).at(-1) ?? null;
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
