# SPDX-License-Identifier: Apache-2.0
"""Runs a command to which the kernel refuses AF_NETLINK sockets, as some sandboxes do."""

import ctypes
import os
import platform
import struct
import sys

import system_calls as calls

SOCKET = {"x86_64": 41, "aarch64": 198}[platform.machine()]
AF_NETLINK = 16
EAFNOSUPPORT = 97

# Offsets in struct seccomp_data: nr at 0, args[0] at 16.
PROGRAM = (
    (0x20, 0, 0, 0),  # load nr
    (0x15, 0, 3, SOCKET),  # not socket(2): allow
    (0x20, 0, 0, 16),  # load the address family
    (0x15, 0, 1, AF_NETLINK),  # not netlink: allow
    (0x06, 0, 0, 0x00050000 | EAFNOSUPPORT),
    (0x06, 0, 0, 0x7FFF0000),
)

program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *each) for each in PROGRAM))
header = struct.pack("@HxxxxxxQ", len(PROGRAM), ctypes.addressof(program))
buffer = ctypes.create_string_buffer(header)
calls.prctl(calls.PR_SET_SECCOMP, 2, ctypes.addressof(buffer))
os.execvp(sys.argv[1], sys.argv[1:])
