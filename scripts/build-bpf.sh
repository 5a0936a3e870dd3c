#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles the kernel programs for every architecture: build/bpf/capability-trace.ARCH.bpf.o,
# ARCH as Node.js names it. Needs clang, llvm-strip and libbpf's headers.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build/bpf

compile() { # architecture as Node.js names it, as libbpf's headers name it
  object=build/bpf/capability-trace.$1.bpf.o
  clang -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter \
    "-D__TARGET_ARCH_$2" -I bpf -c bpf/capability-trace.bpf.c -o "$object"
  # The DWARF alone: the BTF stays.
  llvm-strip -g "$object"
}

compile x64 x86
compile arm64 arm64
