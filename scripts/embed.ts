// SPDX-License-Identifier: Apache-2.0
import { createRequire } from "node:module";
import { join } from "node:path";
import type { BunPlugin } from "bun";

/** Where scripts/build-bpf.sh puts the compiled kernel programs. */
export const KERNEL_PROGRAMS = join(import.meta.dir, "../build/bpf");

/**
 * koffi looks for its addon in node_modules when it runs. The executable has none, so there the
 * module is the addon itself: a literal path, which Bun embeds.
 */
export const embedKoffi: BunPlugin = {
  name: "embed-koffi",
  setup(build) {
    build.onResolve({ filter: /^koffi$/ }, () => ({ path: "koffi", namespace: "embedded" }));
    build.onLoad({ filter: /^koffi$/, namespace: "embedded" }, () => ({
      contents: `module.exports = require(${JSON.stringify(findKoffiAddon())});`,
      loader: "js",
    }));
  },
};

/**
 * The kernel programs are a file beside the module that reads it. In the executable the module
 * reads the file that Bun embeds for this import.
 */
export const embedKernelPrograms: BunPlugin = {
  name: "embed-kernel-programs",
  setup(build) {
    build.onLoad({ filter: /\/linux\/bpf\/object-file\.ts$/ }, () => ({
      contents: `
        import { readFileSync } from "node:fs";
        import path from ${JSON.stringify(join(KERNEL_PROGRAMS, traceObject()))} with { type: "file" };
        export const readTraceObject = () => readFileSync(path);`,
      loader: "js",
    }));
  },
};

function traceObject(): string {
  return `capability-trace.${process.arch}.bpf.o`;
}

function findKoffiAddon(): string {
  const { arch } = process;
  return createRequire(import.meta.url).resolve(
    `@koromix/koffi-linux-${arch}/linux_${arch}/koffi.node`,
  );
}
