# SPDX-License-Identifier: Apache-2.0
"""What an actor does to itself after its sockets are open; each step is named in the plan."""

import ctypes
import os
import socket
import struct

import system_calls as calls

PROC_SELF_CAP = "/proc/thread-self/status"


def capability_masks():
    masks = {}
    with open(PROC_SELF_CAP, encoding="latin-1") as status:
        for line in status:
            if line.startswith("Cap"):
                name, value = line.split(":")
                masks[name] = int(value, 16)
    return masks


def clear_effective(_argument):
    masks = capability_masks()
    calls.capset(0, masks["CapPrm"], masks["CapInh"])


def keep_only(mask):
    calls.capset(mask, mask, 0)


def raise_inheritable(mask):
    masks = capability_masks()
    calls.capset(masks["CapEff"], masks["CapPrm"], masks["CapInh"] | mask)


def raise_ambient(number):
    raise_inheritable(1 << number)
    calls.prctl(calls.PR_CAP_AMBIENT, calls.PR_CAP_AMBIENT_RAISE, number)


def drop_bounding(numbers):
    for number in numbers:
        calls.prctl(calls.PR_CAPBSET_DROP, number)


def set_user_ids(ids):
    """Real, effective, saved; capabilities are kept across it when the plan kept them."""
    os.setresuid(*ids)


def set_thread_user_ids(ids):
    """Of the calling thread alone; libc's function would set them in every thread."""
    calls.raw("setresuid", *ids)


def keep_capabilities(_argument):
    calls.prctl(calls.PR_SET_KEEPCAPS, 1)


def set_filesystem_uid(uid):
    calls.library.setfsuid(ctypes.c_uint(uid))
    if calls.library.setfsuid(ctypes.c_uint(0xFFFFFFFF)) != uid:
        raise OSError(f"setfsuid({uid}) was refused")


def set_group_ids(ids):
    os.setgroups([])
    os.setresgid(*ids)


def set_name(name):
    calls.prctl(calls.PR_SET_NAME, name.encode("latin-1") + b"\0")


def no_new_privileges(_argument):
    calls.prctl(calls.PR_SET_NO_NEW_PRIVS, 1)


def add_seccomp_filters(count):
    """Each filter is one BPF instruction: return SECCOMP_RET_ALLOW."""
    program = ctypes.create_string_buffer(struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000))
    header = struct.pack("@HxxxxxxQ", 1, ctypes.addressof(program))
    buffer = ctypes.create_string_buffer(header)
    for _ in range(count):
        calls.prctl(calls.PR_SET_SECCOMP, 2, ctypes.addressof(buffer))


def not_dumpable(_argument):
    calls.prctl(calls.PR_SET_DUMPABLE, 0)


def dumpable(_argument):
    calls.prctl(calls.PR_SET_DUMPABLE, 1)


def change_root(path):
    os.chroot(path)
    os.chdir("/")


def remove_file(path):
    os.unlink(path)


def rename_file(paths):
    os.rename(*paths)


STEPS = {
    "clear-effective": clear_effective,
    "keep-only": keep_only,
    "raise-inheritable": raise_inheritable,
    "raise-ambient": raise_ambient,
    "drop-bounding": drop_bounding,
    "user-ids": set_user_ids,
    "thread-user-ids": set_thread_user_ids,
    "group-ids": set_group_ids,
    "keep-capabilities": keep_capabilities,
    "filesystem-uid": set_filesystem_uid,
    "name": set_name,
    "no-new-privileges": no_new_privileges,
    "seccomp-filters": add_seccomp_filters,
    "not-dumpable": not_dumpable,
    "dumpable": dumpable,
    "change-root": change_root,
    "remove-file": remove_file,
    "rename-file": rename_file,
}


def take_steps(steps):
    for step in steps:
        STEPS[step["do"]](step.get("with"))


def in_flight(sockets):
    """Sends the descriptors to a socket that never receives, and closes our copies."""
    unread, sender = socket.socketpair()
    socket.send_fds(sender, [b"x"], [s.fileno() for s in sockets])
    for opened in sockets:
        opened.close()
    return (unread, sender)
