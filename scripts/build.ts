// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  embedKernelPrograms,
  embedKoffi,
  KERNEL_PROGRAMS,
  locateWalkWorker,
  WALK_WORKER,
} from "./embed.ts";

const ROOT = join(import.meta.dir, "..");

/** build/bpf: what runs inside the kernel, for each architecture. */
function buildKernelPrograms(): void {
  run(join(ROOT, "scripts/build-bpf.sh"));
}

/**
 * dist/node: the npm package, one .js and one .d.ts for each source file, and the kernel programs
 * beside the module that reads them.
 */
function buildPackage(): void {
  run(join(ROOT, "node_modules/.bin/tsc"), "-p", "tsconfig.build.json");
  for (const name of readdirSync(KERNEL_PROGRAMS).filter((each) => each.endsWith(".bpf.o"))) {
    copyFileSync(join(KERNEL_PROGRAMS, name), join(ROOT, "dist/node/linux/bpf", name));
  }
}

function run(...command: string[]): void {
  const { exitCode } = Bun.spawnSync(command, {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (exitCode !== 0) process.exit(1);
}

/** dist/capscope: one executable, with the runtime and koffi inside. */
async function buildExecutable(): Promise<void> {
  const outfile = join(ROOT, "dist/capscope");
  await Bun.build({
    // A thread starts at a module of its own.
    entrypoints: [join(ROOT, "src/cli/main.ts"), join(ROOT, "src", WALK_WORKER)],
    root: join(ROOT, "src"),
    target: "bun",
    format: "esm",
    minify: true,
    bytecode: true,
    // What a command does not use is not read.
    splitting: true,
    plugins: [embedKoffi, embedKernelPrograms, locateWalkWorker],
    // A program that root runs anywhere must not run the bunfig.toml of the directory it is in.
    compile: { outfile, autoloadBunfig: false, autoloadDotenv: false },
  });
  const megabytes = Math.round(statSync(outfile).size / 1e6);
  console.error(`build: dist/node and dist/capscope (${megabytes} MB)`);
}

rmSync(join(ROOT, "dist"), { recursive: true, force: true });
buildKernelPrograms();
buildPackage();
await buildExecutable();
