#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles the kernel programs for every architecture: build/bpf/task-securebits.ARCH.bpf.o,
# capability-trace.ARCH.bpf.o, and capability-trace-group.ARCH.bpf.o, which follows control groups. ARCH as
# Node.js names it. Needs clang, llvm-strip and libbpf's headers.
set -eu
cd "$(dirname "$0")/.."
rm -rf build/bpf
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
  # shellcheck disable=SC2086
  compile capability-trace capability-trace $architectures
  # shellcheck disable=SC2086
  compile capability-trace capability-trace-group $architectures -DFOLLOWS_GROUPS
done
