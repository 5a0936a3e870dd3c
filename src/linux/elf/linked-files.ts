// SPDX-License-Identifier: Apache-2.0
import { dirname, join, normalize } from "node:path";
import { decodeTerminatedText } from "../bytes.ts";
import { openRegularFile } from "./byte-source.ts";
import type { CodeFile } from "./code-file.ts";
import type { LibraryCache } from "./library-cache.ts";

/** Opens a file once, however often it is asked for; null when it is no ELF file. */
export type OpenCodeFile = (path: string) => CodeFile | null;

/** By EM_*: the folders of Debian's multiarch, and what `$PLATFORM` means. */
const MACHINES: Readonly<Record<number, { readonly folder: string; readonly platform: string }>> = {
  3: { folder: "i386-linux-gnu", platform: "i686" },
  21: { folder: "powerpc64le-linux-gnu", platform: "power8" },
  40: { folder: "arm-linux-gnueabihf", platform: "v7l" },
  62: { folder: "x86_64-linux-gnu", platform: "x86_64" },
  183: { folder: "aarch64-linux-gnu", platform: "aarch64" },
  243: { folder: "riscv64-linux-gnu", platform: "riscv64" },
  258: { folder: "loongarch64-linux-gnu", platform: "loongarch64" },
};
const FOLDERS = ["/lib", "/usr/lib", "/lib64", "/usr/lib64", "/lib32", "/usr/lib32"];
const LOCAL_FOLDERS = ["/usr/local/lib", "/usr/local/lib64"];
const MAX_FILES = 512;
const MAX_FOLDERS = 256;
const MAX_SCRIPTS = 4;
const SHEBANG_BYTES = 256;

/**
 * The files that a program is made of when it starts: itself, its dynamic linker, and what these
 * need, wherever the linker may find it (man 8 ld.so). Which of several files of one name it
 * takes is not decided, and what a program loads later is not among them.
 */
export function* linkedFiles(
  program: string,
  open: OpenCodeFile,
  cache: LibraryCache,
): Generator<CodeFile> {
  const first = open(interpreterOf(program));
  if (first === null) return;
  const seen = new Set([first]);
  // DT_RPATH of a file is good for all that it needs; so is that of a program.
  const folders = new Set<string>();
  for (const file of seen) {
    yield file;
    const { interpreter, needed, folders: own } = file.readLinkage();
    for (const folder of own.slice(0, MAX_FOLDERS - folders.size)) {
      for (const each of expand(folder, file)) folders.add(each);
    }
    const paths = needed.flatMap((name) => pathsOf(name, file, folders, cache));
    for (const path of interpreter === null ? paths : [interpreter, ...paths]) {
      const found = seen.size < MAX_FILES ? open(path) : null;
      if (found !== null && found.machine === first.machine) seen.add(found);
    }
  }
}

function pathsOf(
  name: string,
  file: CodeFile,
  folders: ReadonlySet<string>,
  cache: LibraryCache,
): readonly string[] {
  if (name.includes("/")) return expand(name, file).filter((path) => path.startsWith("/"));
  const machine = MACHINES[file.machine];
  const usual =
    machine === undefined
      ? FOLDERS
      : [`/lib/${machine.folder}`, `/usr/lib/${machine.folder}`, ...FOLDERS];
  const inFolder = (folder: string): string => join(folder, name);
  return [
    ...new Set([
      ...[...folders].map(inFolder),
      ...(cache.get(name) ?? []),
      ...[...usual, ...LOCAL_FOLDERS].map(inFolder),
    ]),
  ];
}

/** A folder that is not absolute is one of the program's own current directory: not known. */
function expand(folder: string, file: CodeFile): readonly string[] {
  const machine = MACHINES[file.machine];
  const paths = ["lib", "lib64", `lib/${machine?.folder ?? ""}`].map((library) =>
    folder
      .replaceAll(/\$(ORIGIN\b|\{ORIGIN\})/g, () => dirname(file.path))
      .replaceAll(/\$(LIB\b|\{LIB\})/g, () => library)
      .replaceAll(/\$(PLATFORM\b|\{PLATFORM\})/g, () => machine?.platform ?? ""),
  );
  return [...new Set(paths.filter((path) => path.startsWith("/")).map(normalize))];
}

/** What runs a script: the path after "#!" in its first line (man 2 execve). */
export function interpreterOf(program: string): string {
  let path = program;
  for (let depth = 0; depth < MAX_SCRIPTS; depth++) {
    using file = openRegularFile(path);
    const head = file === null ? "" : decodeTerminatedText(file.read(0, SHEBANG_BYTES));
    const next = /^#![ \t]*(\/[^\s]+)/.exec(head)?.[1];
    if (next === undefined) break;
    path = next;
  }
  return path;
}
