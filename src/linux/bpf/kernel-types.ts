// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { failureOf, type ReadFailure } from "../procfs/read-text.ts";

/** Types of the running kernel that BPF programs can be fitted to. Requires CONFIG_DEBUG_INFO_BTF. */
export type KernelTypes =
  | {
      readonly kind: "types";
      /** Whether something, a type or a function, has that name. */
      readonly has: (name: string) => boolean;
    }
  | { readonly kind: ReadFailure };

/** Reads the names in the kernel's own BTF (some megabytes). */
export function readKernelTypes(): KernelTypes {
  try {
    const bytes = readFileSync("/sys/kernel/btf/vmlinux");
    // Strings stand between NUL bytes (struct btf_header, Documentation/bpf/btf.rst).
    return { kind: "types", has: (name) => bytes.includes(`\0${name}\0`, 0, "latin1") };
  } catch (error) {
    return { kind: failureOf(error) };
  }
}
