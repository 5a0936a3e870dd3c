// SPDX-License-Identifier: Apache-2.0
import { readTypeTable } from "../btf/kernel-types.ts";
import { reduceTypes } from "../btf/reduce-types.ts";
import { findTypes, KIND, type TypeTable } from "../btf/type-table.ts";
import type { Libc } from "../ffi/libc.ts";
import { ATTACH_TYPE, type TypedTarget } from "../ffi/libbpf-targets.ts";
import { READ_TYPES, REPORT_FUNCTIONS, REPORT_PLACEHOLDER, TARGETS } from "./program-table.ts";

/**
 * What the programs need to know of the running kernel's types. libbpf finds it by itself, but reads
 * and searches all 130,000 types for it, again and again.
 */
export interface KernelFit {
  /** BTF of the types that the programs read. */
  readonly types: Uint8Array;
  /** Numbers of what the programs are attached to; those that this kernel has. */
  readonly targets: ReadonlyMap<TypedTarget, number>;
  /** Number of the function by which a task is asked for a report; null before Linux 6.18. */
  readonly reportFunction: number | null;
}

const NAMES = [...READ_TYPES, ...Object.values(TARGETS).map(nameOfType), ...REPORT_FUNCTIONS];

let known: KernelFit | null | undefined;

/** Reads it once. Null where the kernel's types are not as they are expected. */
export function readKernelFit(libc: Libc): KernelFit | null {
  if (known === undefined) known = tryToRead(libc);
  return known;
}

function tryToRead(libc: Libc): KernelFit | null {
  try {
    const table = readTypeTable(libc, NAMES);
    return table === null ? null : fitOf(table);
  } catch (error) {
    // Types that contain themselves: libbpf may say what is wrong with them.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function fitOf(table: TypeTable): KernelFit | null {
  const types = reduceTypes(table, READ_TYPES);
  if (types === null) return null;
  const targets = Object.values(TARGETS).flatMap((target) => {
    const id = targetId(table, target);
    return id === null ? [] : [[target, id] as const];
  });
  return { types, targets: new Map(targets), reportFunction: reportFunction(table) };
}

function targetId(table: TypeTable, target: TypedTarget): number | null {
  const isFunction = target.attachType === ATTACH_TYPE.functionExit;
  const kind = isFunction ? KIND.function : KIND.typedef;
  return findTypes(table, nameOfType(target), [kind])[0] ?? null;
}

/** As the kernel and libbpf name them: include/trace/bpf_probe.h of Linux 6.18. */
function nameOfType({ attachType, name }: TypedTarget): string {
  return attachType === ATTACH_TYPE.functionExit ? name : `btf_trace_${name}`;
}

function reportFunction(table: TypeTable): number | null {
  for (const name of REPORT_FUNCTIONS) {
    const [id] = findTypes(table, name, [KIND.function]);
    if (id !== undefined) return id;
  }
  return null;
}

/** struct bpf_insn: the operation, the registers in one byte, an offset, a number; <linux/bpf.h> */
const CALL = 0x85;
const PSEUDO_KFUNC_CALL = 0x20;

/**
 * The object file with the function of that number in the kernel's types called where its placeholder
 * is called in it.
 */
export function callReportFunction(file: Uint8Array, id: number): Uint8Array {
  const wanted = callOf(0, REPORT_PLACEHOLDER);
  const called = callOf(PSEUDO_KFUNC_CALL, id);
  const changed = Buffer.from(file);
  for (let at = changed.indexOf(wanted); at !== -1; at = changed.indexOf(wanted, at)) {
    changed.set(called, at);
  }
  return changed;
}

function callOf(registers: number, number: number): Buffer {
  const instruction = Buffer.of(CALL, registers, 0, 0, 0, 0, 0, 0);
  instruction.writeInt32LE(number, 4);
  return instruction;
}
