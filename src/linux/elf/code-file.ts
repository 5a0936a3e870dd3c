// SPDX-License-Identifier: Apache-2.0
import { comparableBuildId, readBuildId } from "./build-id.ts";
import { type ByteSource, openRegularFile } from "./byte-source.ts";
import { type FunctionTable, readFunctions } from "./function-table.ts";
import { type ElfLayout, decodeLayout, executableAddress } from "./layout.ts";
import { type Linkage, readLinkage } from "./linkage.ts";

/** Memory that symbols may still take. */
export interface SymbolBudget {
  bytes: number;
}

/** `outside` is an offset at which the file has no code. */
export type CodePlace =
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "unnamed" }
  | { readonly kind: "outside" };

interface Symbols {
  readonly table: FunctionTable | null;
  readonly isComplete: boolean;
}

const DEBUG_FOLDER = "/usr/lib/debug/.build-id";
const NO_LINKAGE: Linkage = { interpreter: null, needed: [], folders: [] };

/**
 * An ELF file. Its headers are read when it is opened, its symbols when the first function is
 * asked for: by then it may be gone or be another one, and nothing has a name.
 */
export class CodeFile {
  /** As a user knows it, which need not be where it was found. */
  readonly path: string;
  /** Hexadecimal; null when it has none. */
  readonly buildId: string | null;
  readonly #place: string;
  /** That of the file when it was opened; see `OpenFile`. */
  readonly identity: string;
  readonly #layout: ElfLayout;
  readonly #budget: SymbolBudget;
  readonly #places = new Map<number, CodePlace>();
  #symbols: Symbols | null = null;
  #debugTable: FunctionTable | null | undefined;

  private constructor(
    path: string,
    place: string,
    identity: string,
    source: ByteSource,
    layout: ElfLayout,
    budget: SymbolBudget,
  ) {
    this.path = path;
    this.buildId = readBuildId(source, layout);
    this.#place = place;
    this.identity = identity;
    this.#layout = layout;
    this.#budget = budget;
  }

  /** Opens the file at `place`; null when there is no ELF file. */
  static open(path: string, place: string, budget: SymbolBudget): CodeFile | null {
    using file = openRegularFile(place);
    const layout = file === null ? null : decodeLayout(file);
    if (file === null || layout === null) return null;
    return new CodeFile(path, place, file.identity, file, layout, budget);
  }

  get machine(): number {
    return this.#layout.machine;
  }

  /** Reads the symbols now, while the file is there. */
  loadSymbols(): void {
    this.#symbols ??= this.#read((source) => this.#readSymbols(source)) ?? {
      table: null,
      isComplete: false,
    };
  }

  readLinkage(): Linkage {
    return this.#read((source) => readLinkage(source, this.#layout)) ?? NO_LINKAGE;
  }

  /** The function that the byte at this offset of the file belongs to. */
  functionAt(offset: number): CodePlace {
    const known = this.#places.get(offset);
    if (known !== undefined) return known;
    const address = executableAddress(this.#layout, offset);
    const place: CodePlace = address === null ? { kind: "outside" } : this.#nameAddress(address);
    this.#places.set(offset, place);
    return place;
  }

  #nameAddress(address: number): CodePlace {
    this.loadSymbols();
    const name = this.#symbols?.table?.functionAt(address) ?? this.#debugName(address);
    return name === null ? { kind: "unnamed" } : { kind: "function", name };
  }

  #debugName(address: number): string | null {
    if (this.#symbols?.isComplete === true) return null;
    if (this.#debugTable === undefined) this.#debugTable = this.#readDebugTable();
    return this.#debugTable?.functionAt(address) ?? null;
  }

  #readSymbols(source: ByteSource): Symbols {
    const all = this.#charge(readFunctions(source, this.#layout, "symtab", this.#budget.bytes));
    if (all !== null) return { table: all, isComplete: true };
    const some = this.#charge(readFunctions(source, this.#layout, "dynsym", this.#budget.bytes));
    return { table: some, isComplete: false };
  }

  /** The symbols that a distribution ships apart from a stripped file. */
  #readDebugTable(): FunctionTable | null {
    if (this.buildId === null) return null;
    const { buildId } = this;
    const place = `${DEBUG_FOLDER}/${buildId.slice(0, 2)}/${buildId.slice(2)}.debug`;
    using file = openRegularFile(place);
    const layout = file === null ? null : decodeLayout(file);
    if (file === null || layout === null) return null;
    if (readBuildId(file, layout) !== buildId) return null;
    return this.#charge(readFunctions(file, layout, "symtab", this.#budget.bytes));
  }

  #charge(table: FunctionTable | null): FunctionTable | null {
    this.#budget.bytes -= table?.sizeBytes ?? 0;
    return table;
  }

  #read<Result>(step: (source: ByteSource) => Result): Result | null {
    using file = openRegularFile(this.#place);
    return file === null || file.identity !== this.identity ? null : step(file);
  }
}

/** The files that have one, by build id in the form of `comparableBuildId`. */
export function byBuildId(files: Iterable<CodeFile | null>): ReadonlyMap<string, CodeFile> {
  const found = new Map<string, CodeFile>();
  for (const file of files) {
    if (file === null || file.buildId === null) continue;
    const key = comparableBuildId(file.buildId);
    if (!found.has(key)) found.set(key, file);
  }
  return found;
}
