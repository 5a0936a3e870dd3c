// SPDX-License-Identifier: Apache-2.0
import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { UserFrame } from "../bpf/observation.ts";
import { decodeText, encodeText } from "../bytes.ts";
import { type ExecutableMapping, readExecutableMappings } from "../procfs/memory-maps.ts";
import { readLink, textOrNull } from "../procfs/read-text.ts";
import { comparableBuildId } from "./build-id.ts";
import { tryTo } from "./byte-source.ts";
import { byBuildId, CodeFile, type SymbolBudget } from "./code-file.ts";
import { type LibraryCache, readLibraryCache } from "./library-cache.ts";
import { interpreterOf, linkedFiles } from "./linked-files.ts";
import { noteFile, type ObservedFile } from "./observed-files.ts";

/** A place in a program, as far as its symbols tell. */
export interface NamedFunction {
  /** "[jit]" for code that no file holds, "[unknown]" where no symbol covers it. */
  readonly name: string;
  /** Path of the program or shared object; null where none is known. */
  readonly file: string | null;
  /** Hexadecimal. */
  readonly buildId: string | null;
  /** Of the return address in the file. */
  readonly offset: number | null;
}

/** The program that a stack is of. */
export interface StackOwner {
  readonly pid: number;
  /** As it was executed; null where that is not known. */
  readonly exe: string | null;
}

/** What a process executed when it was last looked at. */
interface Snapshot {
  readonly exe: string | null;
  readonly mappings: readonly ExecutableMapping[];
  /** The files behind the mappings. */
  readonly files: readonly ObservedFile[];
}

type FilesByBuildId = ReadonlyMap<string, CodeFile>;

/** `wild` is a place where there is no code: what was read there is no stack. */
type Naming = NamedFunction | "wild";

const UNKNOWN: NamedFunction = { name: "[unknown]", file: null, buildId: null, offset: null };
const JIT: NamedFunction = { ...UNKNOWN, name: "[jit]" };
const MAX_SYMBOL_BYTES = 256 * 2 ** 20;
const MAX_PROCESSES = 4096;
const MAX_PROGRAMS = 16;
const MAX_FILES = 8192;
const MAX_MAPPINGS_WITH_FILES = 1024;
/** The lowest address that can be mapped by default (vm.mmap_min_addr), and what no user has. */
const LOWEST_ADDRESS = 0x10000n;
const ADDRESS_LIMIT = 1n << 56n;
/** Files that only live in memory: what a process wrote there is not found anywhere else. */
const MEMORY_FILE = /^\/(memfd:|dev\/zero$|SYSV|anon_hugepage)/;

/**
 * Names the functions of user-space stacks. A file is taken for the one that the kernel means
 * when its build id is the same, wherever it was found. Symbols take a limited amount of memory;
 * what is beyond it has no names.
 */
export class UserSymbols {
  readonly #budget: SymbolBudget = { bytes: MAX_SYMBOL_BYTES };
  readonly #processes = new Map<number, readonly Snapshot[]>();
  readonly #observed = new Map<string, ObservedFile>();
  readonly #byPath = new Map<string, CodeFile | null>();
  readonly #runningPaths = new Map<string, string | null>();
  readonly #ofSnapshot = new WeakMap<Snapshot, FilesByBuildId>();
  readonly #ofProgram = new Map<string, FilesByBuildId>();
  /** Of all that was observed; null when something was observed since. */
  #ofAll: FilesByBuildId | null = null;
  #cache: LibraryCache | null = null;

  /** Remembers what a process executes now. One that is gone adds nothing. */
  observe(pid: number): void {
    const mappings = readExecutableMappings(pid);
    if (mappings === null || mappings.length === 0) return;
    const exe = textOrNull(readLink(`/proc/${pid}/exe`))?.replace(/ \(deleted\)$/, "") ?? null;
    const files = mappings
      .slice(0, MAX_MAPPINGS_WITH_FILES)
      .map((mapping) => this.#note(pid, mapping))
      .filter((file) => file !== null);
    const others = (this.#processes.get(pid) ?? []).filter((each) => each.exe !== exe);
    this.#processes.delete(pid);
    this.#processes.set(pid, [{ exe, mappings, files }, ...others].slice(0, MAX_PROGRAMS));
    if (this.#processes.size > MAX_PROCESSES) this.#forgetOldest();
  }

  /**
   * Names return addresses, innermost first. The stack ends where an address leads to no code:
   * programs that keep no frame pointers leave anything there.
   */
  name(frames: readonly UserFrame[], owner: StackOwner): readonly NamedFunction[] {
    const snapshot = this.#snapshotOf(owner);
    const named: NamedFunction[] = [];
    for (const frame of frames) {
      const naming =
        frame.kind === "file"
          ? this.#nameInFile(frame.buildId, Number(frame.offset), owner.exe, snapshot)
          : this.#nameAddress(frame.address, snapshot);
      // The first one is the instruction pointer itself, not something found on the stack.
      if (naming === "wild" && named.length > 0) break;
      named.push(naming === "wild" ? UNKNOWN : naming);
    }
    return snapshot === null ? withoutUnknownEnd(named) : named;
  }

  #note(pid: number, mapping: ExecutableMapping): ObservedFile | null {
    const { content } = mapping;
    if (content.kind !== "file") return null;
    const key = keyOf(content);
    const known = this.#observed.get(key);
    if (known !== undefined) return known;
    if (this.#observed.size >= MAX_FILES) return null;
    const file = noteFile(pid, mapping, content, this.#budget);
    this.#observed.set(key, file);
    this.#ofAll = null;
    return file;
  }

  #forgetOldest(): void {
    const [oldest] = this.#processes.keys();
    if (oldest !== undefined) this.#processes.delete(oldest);
  }

  #snapshotOf({ pid, exe }: StackOwner): Snapshot | null {
    const snapshots = this.#processes.get(pid) ?? [];
    const path = exe === null || snapshots.length === 0 ? null : this.#runningPath(exe);
    const match = snapshots.find((each) => each.exe !== null && [exe, path].includes(each.exe));
    // What is not found from here cannot be compared: it is in another mount namespace, or gone.
    const isAlone = path === null && snapshots.length === 1;
    return match ?? (isAlone ? (snapshots[0] ?? null) : null);
  }

  /** What /proc/PID/exe leads to for a program; null where it is not found from here. */
  #runningPath(exe: string): string | null {
    const known = this.#runningPaths.get(exe);
    if (known !== undefined) return known;
    const path = realPath(interpreterOf(resolve(exe)));
    this.#runningPaths.set(exe, path);
    return path;
  }

  #nameInFile(
    buildId: string,
    offset: number,
    exe: string | null,
    snapshot: Snapshot | null,
  ): Naming {
    const key = comparableBuildId(buildId);
    // The process's own files come first: another could have one with a false build id.
    const file =
      (snapshot === null ? undefined : this.#filesOfSnapshot(snapshot).get(key)) ??
      (exe === null ? undefined : this.#filesOfProgram(exe).get(key)) ??
      this.#allFiles().get(key);
    return file === undefined ? { ...UNKNOWN, buildId, offset } : nameIn(file, offset);
  }

  #filesOfSnapshot(snapshot: Snapshot): FilesByBuildId {
    const known = this.#ofSnapshot.get(snapshot);
    if (known !== undefined) return known;
    const files = byBuildId(snapshot.files.map(({ open }) => open()));
    this.#ofSnapshot.set(snapshot, files);
    return files;
  }

  #filesOfProgram(exe: string): FilesByBuildId {
    const known = this.#ofProgram.get(exe);
    if (known !== undefined) return known;
    this.#cache ??= readLibraryCache();
    const open = (path: string): CodeFile | null => this.#openPath(path);
    const files = byBuildId(linkedFiles(resolve(exe), open, this.#cache));
    this.#ofProgram.set(exe, files);
    return files;
  }

  #allFiles(): FilesByBuildId {
    this.#ofAll ??= byBuildId([...this.#observed.values()].map(({ open }) => open()));
    return this.#ofAll;
  }

  #openPath(path: string): CodeFile | null {
    const real = realPath(path);
    if (real === null) return null;
    const known = this.#byPath.get(real);
    if (known !== undefined) return known;
    const file = CodeFile.open(real, real, this.#budget);
    this.#byPath.set(real, file);
    return file;
  }

  #nameAddress(address: bigint, snapshot: Snapshot | null): Naming {
    if (address < LOWEST_ADDRESS || address >= ADDRESS_LIMIT) return "wild";
    if (snapshot === null) return UNKNOWN;
    const place = address - 1n;
    const mapping = snapshot.mappings.find(({ start, end }) => place >= start && place < end);
    if (mapping === undefined) return "wild";
    const { content } = mapping;
    if (content.kind === "anonymous") return JIT;
    if (content.kind === "special") return { ...UNKNOWN, name: content.name };
    const offset = Number(address - mapping.start + mapping.offset);
    const file = this.#observed.get(keyOf(content))?.open() ?? null;
    if (file !== null) return nameIn(file, offset);
    return MEMORY_FILE.test(content.path) ? JIT : { ...UNKNOWN, file: content.path, offset };
  }
}

function nameIn(file: CodeFile, offset: number): Naming {
  // A return address may lie behind the end of a function that ends with a call.
  const place = file.functionAt(offset - 1);
  if (place.kind === "outside") return "wild";
  const name = place.kind === "function" ? place.name : UNKNOWN.name;
  return { name, file: file.path, buildId: file.buildId, offset };
}

/**
 * Of a process that was never looked at, no address can be told from garbage. Below the last
 * function of a file, garbage is what there usually is.
 */
function withoutUnknownEnd(named: readonly NamedFunction[]): readonly NamedFunction[] {
  const last = named.findLastIndex(({ buildId }) => buildId !== null);
  return named.slice(0, Math.max(last + 1, 1));
}

function keyOf(content: Extract<ExecutableMapping["content"], { kind: "file" }>): string {
  return `${content.device} ${content.inode} ${content.deleted ? "-" : ""}${content.path}`;
}

function realPath(path: string): string | null {
  return tryTo(() => decodeText(realpathSync.native(encodeText(path), "buffer")));
}
