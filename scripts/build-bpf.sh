#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles the kernel programs for every architecture: build/bpf/task-securebits.ARCH.bpf.o,
# capability-trace.ARCH.bpf.o, and capability-trace-group.ARCH.bpf.o, which follows control groups; and both with -6.18 and -7.0 in their
# names, for kernels from those on. ARCH as Node.js names it. What is not needed is not there, because the
# loader looks every type up. Needs clang, llvm-strip and libbpf's headers.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build/bpf

compile() { # source, name, architecture as Node.js names it, as libbpf's headers name it, definitions
  source=bpf/$1.bpf.c
  object=build/bpf/$2.$3.bpf.o
  arch=$4
  shift 4
  clang -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter \
    "-D__TARGET_ARCH_$arch" "$@" -I bpf -c "$source" -o "$object"
  # The DWARF alone: the BTF stays.
  llvm-strip -g "$object"
}

for architectures in 'x64 x86' 'arm64 arm64'; do
  # shellcheck disable=SC2086 # two words
  compile task-securebits task-securebits $architectures
  for kernels in '' -6.18 -7.0; do
    definitions=${kernels:+-DREPORTS_SINCE_$(echo "${kernels#-}" | tr . _)}
    # shellcheck disable=SC2086 # two words; one or none
    compile capability-trace "capability-trace$kernels" $architectures $definitions
    # shellcheck disable=SC2086
    compile capability-trace "capability-trace-group$kernels" $architectures -DFOLLOWS_GROUPS $definitions
  done
done
