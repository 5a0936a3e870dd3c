// SPDX-License-Identifier: Apache-2.0
import { UnsupportedError } from "../../errors.ts";
import { errorName } from "../errno.ts";
import { loadKoffi } from "./libc.ts";
import { targetCalls, type TargetCalls } from "./libbpf-targets.ts";

declare const HANDLE: unique symbol;
type Handle<Name extends string> = { readonly [HANDLE]: Name };

export type BpfObject = Handle<"object">;
export type BpfProgram = Handle<"program">;
export type BpfLink = Handle<"link">;
export type BpfMap = Handle<"map">;

/**
 * The calls of libbpf 1 that are used. What returns a number returns a negative errno on failure;
 * what returns a handle returns null, and then `errorName()` says why, until the next call.
 */
export interface Libbpf extends TargetCalls {
  /**
   * Parses an object file; nothing is in the kernel yet. It will be fitted to the types in a file of
   * BTF, or to those of the kernel where that is null, all of which libbpf then reads.
   */
  openObject(bytes: Uint8Array, typesFile: string | null): BpfObject | null;
  /** In a thread of its own, which needs this one now and then: it takes a while. */
  load(object: BpfObject): Promise<number>;
  /** Unloads what no link holds, and frees the object with its programs and maps. */
  close(object: BpfObject): void;
  findProgram(object: BpfObject, name: string): BpfProgram | null;
  setAutoload(program: BpfProgram, load: boolean): number;
  /** As the object file has them, and after the load as the kernel got them. */
  instructions(program: BpfProgram): Uint8Array;
  /** Attaches to what the program's section names. */
  attach(program: BpfProgram): BpfLink | null;
  /** Descriptor to read what an attached iterator writes, from its beginning. */
  openIterator(link: BpfLink): number;
  /** Detaches. */
  destroyLink(link: BpfLink): void;
  programFd(program: BpfProgram): number;
  /** Fills in a struct bpf_prog_info, as far as `info` is long. */
  readProgramInfo(fd: number, info: Uint8Array): number;
  /** Runs a program of the section "syscall", once, without a context. */
  run(fd: number): number;
  /** Of a section too, such as ".bss". */
  findMap(object: BpfObject, name: string): BpfMap | null;
  /** Before the load. */
  setInitialValue(map: BpfMap, value: Uint8Array): number;
  /** Before the load: whether the map is made at all. */
  setAutocreate(map: BpfMap, create: boolean): number;
  mapFd(map: BpfMap): number;
  /** Before the load: has a map be one that is there; its descriptor stays the caller's. */
  reuseMap(map: BpfMap, fd: number): number;
  lookup(fd: number, key: Uint8Array, value: Uint8Array): number;
  update(fd: number, key: Uint8Array, value: Uint8Array, flags: number): number;
  delete(fd: number, key: Uint8Array): number;
  /** Deletes by keys that lie behind each other; `count` says how many, and then how many it did. */
  deleteBatch(fd: number, keys: Uint8Array, count: Uint32Array): number;
  /**
   * Copies the next entries; `count` says how many fit, and then how many there were. The cursors
   * are 4 bytes each; without `from` it begins. -ENOENT together with the last entries.
   */
  lookupBatch(
    fd: number,
    from: Uint8Array | null,
    next: Uint8Array,
    keys: Uint8Array,
    values: Uint8Array,
    count: Uint32Array,
  ): number;
  /** "v1.1". */
  version(): string;
  errorName(): string;
}

type Call = (...values: unknown[]) => unknown;
type NumberCall = (...values: unknown[]) => number;

let opened: Promise<Libbpf> | undefined;

/** Binds libbpf once. Rejects with UnsupportedError when the library is not installed. */
export function openLibbpf(): Promise<Libbpf> {
  opened ??= bindLibbpf();
  return opened;
}

async function bindLibbpf(): Promise<Libbpf> {
  const koffi = await loadKoffi();
  const library = loadLibrary(koffi);
  const bind = (prototype: string): Call => library.func(prototype) as Call;
  const number = (prototype: string): NumberCall => bind(prototype) as NumberCall;
  const handle = <T>(prototype: string): ((...values: unknown[]) => T | null) =>
    bind(prototype) as (...values: unknown[]) => T | null;
  // It writes to standard error by itself: what fails is told by its return value.
  bind("void *libbpf_set_print(void *)")(null);
  const setValue = number("int bpf_map__set_initial_value(void *, const uint8_t *, size_t)");
  const readInfo = number("int bpf_obj_get_info_by_fd(int, uint8_t *, uint32_t *)");
  const linkFd = number("int bpf_link__fd(const void *)");
  const createIterator = number("int bpf_iter_create(int)");
  const instructions = bind("const void *bpf_program__insns(const void *)");
  const countInstructions = number("size_t bpf_program__insn_cnt(const void *)");
  const testRun = number("int bpf_prog_test_run_opts(int, uint8_t *)");
  return {
    ...targetCalls(koffi, library),
    ...entryCalls(number),
    openObject: openCall(koffi, library),
    load: inThread(bind("int bpf_object__load(void *)")),
    close: bind("void bpf_object__close(void *)"),
    findProgram: handle("void *bpf_object__find_program_by_name(const void *, const char *)"),
    setAutoload: number("int bpf_program__set_autoload(void *, bool)"),
    instructions: (program) => {
      const length = countInstructions(program) * INSTRUCTION_SIZE;
      return new Uint8Array(koffi.view(instructions(program), length));
    },
    attach: handle("void *bpf_program__attach(const void *)"),
    openIterator: (link) => createIterator(linkFd(link)),
    destroyLink: bind("int bpf_link__destroy(void *)"),
    programFd: number("int bpf_program__fd(const void *)"),
    readProgramInfo: (fd, info) => readInfo(fd, info, new Uint32Array([info.length])),
    run: (fd) => testRun(fd, runOptions()),
    findMap: handle("void *bpf_object__find_map_by_name(const void *, const char *)"),
    setInitialValue: (map, value) => setValue(map, value, value.length),
    setAutocreate: number("int bpf_map__set_autocreate(void *, bool)"),
    mapFd: number("int bpf_map__fd(const void *)"),
    reuseMap: number("int bpf_map__reuse_fd(void *, int)"),
    version: bind("const char *libbpf_version_string()") as () => string,
    errorName: () => errorName(koffi.errno()),
  };
}

/** struct bpf_object_open_opts of libbpf 1.0. */
function openCall(koffi: Koffi, library: Library): Libbpf["openObject"] {
  const options = koffi.struct({
    sz: "size_t",
    object_name: "const char *",
    relaxed_maps: "bool",
    pin_root_path: "const char *",
    reserved: "uint32_t",
    kconfig: "const char *",
    btf_custom_path: "const char *",
  });
  const open = library.func("bpf_object__open_mem", "void *", [
    "const uint8_t *",
    "size_t",
    koffi.pointer(options),
  ]) as unknown as (...values: unknown[]) => BpfObject | null;
  const sz = koffi.sizeof(options);
  return (bytes, typesFile) =>
    open(bytes, bytes.length, typesFile === null ? null : { sz, btf_custom_path: typesFile });
}

type EntryCalls = "lookup" | "update" | "delete" | "deleteBatch" | "lookupBatch";

function entryCalls(number: (prototype: string) => NumberCall): Pick<Libbpf, EntryCalls> {
  const update = number("int bpf_map_update_elem(int, const uint8_t *, const uint8_t *, uint64_t)");
  const lookupBatch = number(
    "int bpf_map_lookup_batch(int, uint8_t *, uint8_t *, uint8_t *, uint8_t *, uint32_t *, void *)",
  );
  const deleteBatch = number("int bpf_map_delete_batch(int, const uint8_t *, uint32_t *, void *)");
  return {
    lookup: number("int bpf_map_lookup_elem(int, const uint8_t *, uint8_t *)"),
    update: (fd, key, value, flags) => update(fd, key, value, flags),
    delete: number("int bpf_map_delete_elem(int, const uint8_t *)"),
    deleteBatch: (fd, keys, count) => deleteBatch(fd, keys, count, null),
    lookupBatch: (fd, from, next, keys, values, count) =>
      lookupBatch(fd, from, next, keys, values, count, null),
  };
}

/** struct bpf_insn */
const INSTRUCTION_SIZE = 8;

/** The same call in a thread of its own. */
function inThread(call: Call): (...values: unknown[]) => Promise<number> {
  const start = (call as Call & { readonly async: Call }).async;
  return (...values) =>
    new Promise((resolve, reject) => {
      start(...values, (error: Error | null, result: number) => {
        if (error === null) resolve(result);
        else reject(error);
      });
    });
}

/** struct bpf_test_run_opts of libbpf 1.0: its own size, and nothing else. */
function runOptions(): Uint8Array {
  const options = new Uint8Array(80);
  new DataView(options.buffer).setBigUint64(0, BigInt(options.length), true);
  return options;
}

type Koffi = Awaited<ReturnType<typeof loadKoffi>>;
type Library = ReturnType<Koffi["load"]>;

function loadLibrary(koffi: Koffi): Library {
  try {
    return koffi.load("libbpf.so.1");
  } catch (cause) {
    throw new UnsupportedError("loading libbpf.so.1 failed", {
      hint: "install libbpf 1.0 or newer (the package libbpf1 on Debian, libbpf on others)",
      cause,
    });
  }
}
