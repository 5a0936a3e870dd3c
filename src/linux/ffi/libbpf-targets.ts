// SPDX-License-Identifier: Apache-2.0
import type { loadKoffi } from "./libc.ts";
import type { BpfLink, BpfProgram } from "./libbpf.ts";

/** How a program is attached that knows the types of what it is called with; enum bpf_attach_type. */
export const ATTACH_TYPE = { tracepoint: 23, functionExit: 25 } as const;

/** What such a program is attached to. */
export interface TypedTarget {
  readonly attachType: (typeof ATTACH_TYPE)[keyof typeof ATTACH_TYPE];
  /** Of a function or a tracepoint. */
  readonly name: string;
}

/**
 * Programs of the sections "typed/..." are attached to what they are told to. libbpf would find it
 * by its name, in all types of the kernel, which it reads for that.
 */
export interface TargetCalls {
  /** Before the load. Without `id`, the number of its type in the kernel, libbpf looks for it. */
  setTarget(program: BpfProgram, target: TypedTarget, id: number | null): number;
  attachTyped(program: BpfProgram): BpfLink | null;
}

type Koffi = Awaited<ReturnType<typeof loadKoffi>>;
type NumberCall = (...values: unknown[]) => number;

const SECTION = "typed/";
const PROG_TYPE_RAW_TRACEPOINT = 17;
const PROG_TYPE_TRACING = 26;
const EINVAL = 22;

/** struct bpf_prog_load_opts of libbpf 0.6, where the number goes. */
const ATTACH_BTF_ID = 32;
const LOAD_OPTIONS_SIZE = 36;

export function targetCalls(koffi: Koffi, library: ReturnType<Koffi["load"]>): TargetCalls {
  const bind = (prototype: string): NumberCall => library.func(prototype) as unknown as NumberCall;
  const setType = bind("int bpf_program__set_type(void *, int)");
  const setAttachType = bind("int bpf_program__set_expected_attach_type(void *, int)");
  const findTarget = bind("int bpf_program__set_attach_target(void *, int, const char *)");
  /** By the address of the program. */
  const ids = new Map<bigint, number>();
  const prepareLoad = (program: unknown, options: unknown): number => {
    const id = ids.get(koffi.address(program));
    // One that libbpf has found the target of.
    if (id === undefined) return 0;
    ids.delete(koffi.address(program));
    if (Number(koffi.decode(options, "size_t")) < LOAD_OPTIONS_SIZE) return -EINVAL;
    koffi.encode(options, ATTACH_BTF_ID, "uint32_t", id);
    return setType(program, PROG_TYPE_TRACING);
  };
  const isPrepared = registerHandler(koffi, library, prepareLoad);
  return {
    setTarget(program, { attachType, name }, id) {
      setAttachType(program, attachType);
      ids.delete(koffi.address(program));
      if (id === null) {
        setType(program, PROG_TYPE_TRACING);
        return findTarget(program, 0, name);
      }
      if (!isPrepared) return -EINVAL;
      ids.set(koffi.address(program), id);
      return 0;
    },
    attachTyped: library.func(
      "void *bpf_program__attach_trace(const void *)",
    ) as unknown as TargetCalls["attachTyped"],
  };
}

/**
 * Has libbpf take the programs of the sections for ones that need no type of the kernel, until they
 * are loaded. It holds for the process; the handler is never taken back, as programs refer to it.
 */
function registerHandler(
  koffi: Koffi,
  library: ReturnType<Koffi["load"]>,
  prepareLoad: (program: unknown, options: unknown) => number,
): boolean {
  const callback = koffi.pointer(koffi.proto("int (void *, void *, long)"));
  const options = koffi.struct({
    sz: "size_t",
    cookie: "long",
    prog_setup_fn: "void *",
    prog_prepare_load_fn: callback,
    prog_attach_fn: "void *",
  });
  const register = library.func("libbpf_register_prog_handler", "int", [
    "const char *",
    "int",
    "int",
    koffi.pointer(options),
  ]) as unknown as NumberCall;
  const handler = register(SECTION, PROG_TYPE_RAW_TRACEPOINT, 0, {
    sz: koffi.sizeof(options),
    prog_prepare_load_fn: koffi.register(prepareLoad, callback),
  });
  return handler >= 0;
}
