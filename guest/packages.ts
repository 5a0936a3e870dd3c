// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What Debian offers, beside what apt of this machine is set up for. */
export type Suite = keyof typeof SUITES;
const SUITES = {
  release: "http://deb.debian.org/debian bookworm main",
  // What Debian 12 has, with its later kernels.
  oldstable: "http://deb.debian.org/debian-security bookworm-security main",
  // The newest kernel that a release of Debian can be run with.
  backports: "http://deb.debian.org/debian trixie-backports main",
} as const;

/** Kept between runs: not for Git, not for the package. */
const CACHE = fileURLToPath(new URL("../build/guest/", import.meta.url));
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const UPDATE_TIMEOUT_MS = 120_000;
const DOWNLOAD_TIMEOUT_MS = 300_000;
const UNPACK_TIMEOUT_MS = 120_000;

/** A package, downloaded and unpacked, not installed. */
export interface UnpackedPackage {
  readonly name: string;
  readonly directory: string;
}

export interface WantedPackage {
  readonly suite: Suite;
  readonly pattern: RegExp;
  /** Those that it was split into, where the suite has them; they are unpacked with it. */
  readonly parts?: (name: string) => readonly string[];
  /** Run once, on the unpacked files. */
  readonly prepare?: (unpacked: UnpackedPackage) => Promise<void>;
}

/**
 * The newest package with such a name that is unpacked already, else the newest one of the suite.
 * What apt of this machine is set up for is not used, nor is anything written outside the cache.
 */
export async function preparePackage(
  wanted: WantedPackage,
  signal: AbortSignal,
): Promise<UnpackedPackage> {
  await mkdir(CACHE, { recursive: true });
  const present = newest(wanted.pattern, await readdir(CACHE));
  if (present !== null) return { name: present, directory: join(CACHE, present) };
  const scratch = await mkdtemp(join(CACHE, "unpacking-"));
  try {
    const unpacked = await download(wanted, scratch, signal);
    await wanted.prepare?.(unpacked);
    const directory = join(CACHE, unpacked.name);
    await rename(unpacked.directory, directory);
    return { name: unpacked.name, directory };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function download(
  { suite, pattern, parts }: WantedPackage,
  scratch: string,
  signal: AbortSignal,
): Promise<UnpackedPackage> {
  const apt = await ownApt(suite, scratch);
  const options = { cwd: scratch, signal, env: { ...process.env, LC_ALL: "C" } };
  await run("apt-get", [...apt, "--quiet", "--error-on=any", "update"], {
    ...options,
    timeout: UPDATE_TIMEOUT_MS,
  });
  const known = await run("apt-cache", [...apt, "search", "--names-only", "."], {
    ...options,
    maxBuffer: 1 << 26,
  });
  const names = known.stdout.split("\n").map((line) => line.split(" ")[0] ?? "");
  const name = newest(pattern, names);
  if (name === null) throw new Error(`no package ${pattern.source} in ${SUITES[suite]}`);
  const wanted = [name, ...(parts?.(name) ?? []).filter((part) => names.includes(part))];
  await run("apt-get", [...apt, "download", ...wanted], {
    ...options,
    timeout: DOWNLOAD_TIMEOUT_MS,
  });
  const directory = join(scratch, "root");
  for (const archive of (await readdir(scratch)).filter((file) => file.endsWith(".deb"))) {
    await run("dpkg-deb", ["-x", archive, directory], { ...options, timeout: UNPACK_TIMEOUT_MS });
  }
  return { name, directory };
}

/** Options that give apt lists of its own, in the directory; the machine's proxies stay in force. */
async function ownApt(suite: Suite, directory: string): Promise<readonly string[]> {
  await mkdir(join(directory, "state/lists/partial"), { recursive: true });
  await mkdir(join(directory, "cache/archives/partial"), { recursive: true });
  const sources = join(directory, "sources.list");
  await writeFile(sources, `deb [arch=amd64 signed-by=${KEYRING}] ${SUITES[suite]}\n`);
  return [
    `Dir::Etc::sourcelist=${sources}`,
    "Dir::Etc::sourceparts=/dev/null",
    "Dir::Etc::preferencesparts=/dev/null",
    `Dir::State=${join(directory, "state")}`,
    `Dir::Cache=${join(directory, "cache")}`,
    "Acquire::Languages=none",
    // As the user of this process: apt's own one may not write here.
    "APT::Sandbox::User=root",
  ].flatMap((setting) => ["-o", setting]);
}

function newest(pattern: RegExp, names: readonly string[]): string | null {
  const order = new Intl.Collator("en", { numeric: true });
  const candidates = names.filter((name) => pattern.test(name));
  return candidates.sort((left, right) => order.compare(left, right)).at(-1) ?? null;
}
