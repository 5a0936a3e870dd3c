# SPDX-License-Identifier: Apache-2.0
"""System calls that Python 3.9 to 3.13 have no function for in all of these versions."""

import ctypes
import os
import platform

library = ctypes.CDLL(None, use_errno=True)

# arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h
NUMBERS = {
    "x86_64": {"exit": 60, "capset": 126, "setresuid": 117, "setresgid": 119, "gettid": 186},
    "aarch64": {"exit": 93, "capset": 91, "setresuid": 147, "setresgid": 149, "gettid": 178},
}

CLONE_FILES = 0x400
CLONE_NEWNET = 0x40000000

PR_SET_DUMPABLE = 4
PR_SET_NAME = 15
PR_SET_SECCOMP = 22
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2

LINUX_CAPABILITY_VERSION_3 = 0x20080522


def checked(result, what):
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def raw(name, *arguments):
    """The system call itself: libc's wrapper would change the ids of all threads."""
    number = NUMBERS[platform.machine()][name]
    return checked(library.syscall(number, *map(ctypes.c_long, arguments)), name)


def prctl(option, *arguments):
    values = [a if isinstance(a, bytes) else ctypes.c_ulong(a) for a in arguments]
    values += [ctypes.c_ulong(0)] * (4 - len(values))
    return checked(library.prctl(option, *values), f"prctl({option})")


def unshare(flags):
    return checked(library.unshare(flags), "unshare")


def capset(effective, permitted, inheritable):
    """Sets the calling thread's three sets (masks of 64 bits)."""
    header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
    words = []
    for shift in (0, 32):
        words += [(mask >> shift) & 0xFFFFFFFF for mask in (effective, permitted, inheritable)]
    data = (ctypes.c_uint32 * 6)(*words)
    number = NUMBERS[platform.machine()]["capset"]
    checked(library.syscall(number, header, data), "capset")


def die_with_parent():
    prctl(PR_SET_PDEATHSIG, 9)
