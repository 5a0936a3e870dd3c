// SPDX-License-Identifier: Apache-2.0
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import type { Libc } from "../ffi/libc.ts";
import { failureOf, type ReadFailure } from "../procfs/read-text.ts";
import { parseTypes, type TypeTable } from "./type-table.ts";

/** Types of the running kernel that BPF programs can be fitted to. Requires CONFIG_DEBUG_INFO_BTF. */
export type KernelTypes =
  | {
      readonly kind: "types";
      /** Whether something, a type or a function, has that name. */
      readonly has: (name: string) => boolean;
    }
  | { readonly kind: ReadFailure };

export const KERNEL_TYPES = "/sys/kernel/btf/vmlinux";

/** Reads the names in the kernel's own BTF (some megabytes). */
export function readKernelTypes(): KernelTypes {
  try {
    const bytes = readFileSync(KERNEL_TYPES);
    // Strings stand between NUL bytes (struct btf_header, Documentation/bpf/btf.rst).
    return { kind: "types", has: (name) => bytes.includes(`\0${name}\0`, 0, "latin1") };
  } catch (error) {
    return { kind: failureOf(error) };
  }
}

/** The kernel's types; null where they cannot be read, or not be understood. */
export function readTypeTable(libc: Libc, names: readonly string[]): TypeTable | null {
  try {
    const fd = openSync(KERNEL_TYPES, "r");
    try {
      // Without a copy since Linux 6.16.
      const bytes = libc.mapFile(fd, fstatSync(fd).size) ?? readFileSync(fd);
      return parseTypes(bytes, names);
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}
