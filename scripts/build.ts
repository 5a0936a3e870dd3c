// SPDX-License-Identifier: Apache-2.0
import { rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { BunPlugin } from "bun";

const ROOT = join(import.meta.dir, "..");

/**
 * koffi looks for its addon in node_modules when it runs. The executable has none, so there the
 * module is the addon itself: a literal path, which Bun embeds.
 */
const embedKoffi: BunPlugin = {
  name: "embed-koffi",
  setup(build) {
    build.onResolve({ filter: /^koffi$/ }, () => ({ path: "koffi", namespace: "embedded" }));
    build.onLoad({ filter: /^koffi$/, namespace: "embedded" }, () => ({
      contents: `module.exports = require(${JSON.stringify(findKoffiAddon())});`,
      loader: "js",
    }));
  },
};

function findKoffiAddon(): string {
  const { arch } = process;
  return createRequire(import.meta.url).resolve(
    `@koromix/koffi-linux-${arch}/linux_${arch}/koffi.node`,
  );
}

/** dist/node: the npm package, one .js and one .d.ts for each source file. */
function buildPackage(): void {
  const compiler = join(ROOT, "node_modules/.bin/tsc");
  const { exitCode } = Bun.spawnSync([compiler, "-p", "tsconfig.build.json"], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (exitCode !== 0) process.exit(1);
}

/** dist/capscope: one executable, with the runtime and koffi inside. */
async function buildExecutable(): Promise<void> {
  const outfile = join(ROOT, "dist/capscope");
  await Bun.build({
    entrypoints: [join(ROOT, "src/cli/main.ts")],
    target: "bun",
    format: "esm",
    minify: true,
    bytecode: true,
    plugins: [embedKoffi],
    // A program that root runs anywhere must not run the bunfig.toml of the directory it is in.
    compile: { outfile, autoloadBunfig: false, autoloadDotenv: false },
  });
  const megabytes = Math.round(statSync(outfile).size / 1e6);
  console.error(`build: dist/node and dist/capscope (${megabytes} MB)`);
}

rmSync(join(ROOT, "dist"), { recursive: true, force: true });
buildPackage();
await buildExecutable();
