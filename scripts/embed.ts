// SPDX-License-Identifier: Apache-2.0
import { createRequire } from "node:module";
import { join } from "node:path";
import type { BunPlugin } from "bun";
import { TRACE_OBJECTS, type TraceObject } from "../src/linux/bpf/object-file.ts";

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
 * The kernel programs are files beside the module that reads them. In the executable the module
 * reads the files that Bun embeds for these imports.
 */
export const embedKernelPrograms: BunPlugin = {
  name: "embed-kernel-programs",
  setup(build) {
    build.onLoad({ filter: /\/linux\/bpf\/object-file\.ts$/ }, () => ({
      contents: `
        import { readFileSync } from "node:fs";
        ${TRACE_OBJECTS.map((object, index) => importOf(`path${index}`, object)).join("\n")}
        const PATHS = {
          ${TRACE_OBJECTS.map((object, index) => `"${object}": path${index}`).join(",\n")}
        };
        export const readTraceObject = (object) => readFileSync(PATHS[object]);`,
      loader: "js",
    }));
  },
};

/** The module that threads run, below src/. */
export const WALK_WORKER = "linux/files/walk-worker.ts";

/** In the executable it is not beside the module that names it, but at its place below the root. */
export const locateWalkWorker: BunPlugin = {
  name: "locate-walk-worker",
  setup(build) {
    build.onLoad({ filter: /\/walk-worker-location\.ts$/ }, () => ({
      contents: `export const WALK_WORKER =
        new URL("./${WALK_WORKER.replace(/ts$/, "js")}", import.meta.url);`,
      loader: "js",
    }));
  },
};

/** Embeds a file, and gives its path the name. */
function importOf(name: string, object: TraceObject): string {
  const path = join(KERNEL_PROGRAMS, `${object}.${process.arch}.bpf.o`);
  return `import ${name} from ${JSON.stringify(path)} with { type: "file" };`;
}

function findKoffiAddon(): string {
  const { arch } = process;
  return createRequire(import.meta.url).resolve(
    `@koromix/koffi-linux-${arch}/linux_${arch}/koffi.node`,
  );
}
