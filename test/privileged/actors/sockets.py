# SPDX-License-Identifier: Apache-2.0
"""Opens one socket as a dictionary describes it; test/privileged/actor.ts has the type."""

import os
import socket
import struct

IP_FREEBIND = 15
SO_BINDTODEVICE = 25
SCTP_SOCKOPT_BINDX_ADD = 100
AF_XDP = 44
SOL_XDP = 283
XDP_RX_RING = 2
XDP_UMEM_REG = 4
XDP_UMEM_FILL_RING = 5
XDP_UMEM_COMPLETION_RING = 6
XDP_COPY = 2

FAMILIES = {
    "inet": socket.AF_INET,
    "inet6": socket.AF_INET6,
    "packet": socket.AF_PACKET,
    "unix": socket.AF_UNIX,
    "vsock": socket.AF_VSOCK,
    "xdp": AF_XDP,
}

TYPES = {
    "stream": socket.SOCK_STREAM,
    "dgram": socket.SOCK_DGRAM,
    "raw": socket.SOCK_RAW,
    "seqpacket": socket.SOCK_SEQPACKET,
    "dccp": 6,
}


def open_socket(spec):
    """Returns the open socket object."""
    if spec["family"] == "xdp":
        return open_xdp(spec)
    family = FAMILIES[spec["family"]]
    protocol = spec.get("protocol", 0)
    if spec["family"] == "packet":
        protocol = socket.htons(protocol)
    opened = socket.socket(family, TYPES[spec["type"]], protocol)
    set_options(opened, spec)
    if "bind" in spec:
        opened.bind(socket_address(spec, spec["bind"]))
    for address in spec.get("alsoBind", []):
        add_address(opened, socket_address(spec, address))
    if "join" in spec:
        join_group(opened, spec["join"]["group"], spec["join"]["interface"])
    if "connect" in spec:
        opened.connect(socket_address(spec, spec["connect"]))
    if spec.get("sendTo"):
        opened.sendto(b"x", socket_address(spec, spec["sendTo"]))
    if spec.get("listen", spec["type"] in ("stream", "seqpacket", "dccp") and "connect" not in spec):
        opened.listen(spec.get("backlog", 16))
    return opened


def set_options(opened, spec):
    if "v6only" in spec:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(spec["v6only"]))
    if spec.get("reuseAddress"):
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if spec.get("reusePort"):
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if spec.get("freeBind"):
        opened.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
    if "device" in spec:
        opened.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, spec["device"].encode("latin-1"))


def socket_address(spec, address):
    family = spec["family"]
    if family in ("inet", "inet6"):
        host, port = address
        found = socket.getaddrinfo(
            host, port, FAMILIES[family], socket.SOCK_DGRAM, 0, socket.AI_NUMERICHOST
        )
        return found[0][4]
    if family == "unix":
        return b"\0" + address[1:].encode() if address.startswith("@") else address
    if family == "packet":
        device, ethertype = address
        return (device, ethertype)
    cid, port = address
    return (socket.VMADDR_CID_ANY if cid == "any" else cid, port)


def add_address(opened, address):
    """sctp_bindx(3) is this socket option with a packed struct sockaddr_in."""
    host, port = address
    packed = struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host)
    opened.setsockopt(socket.IPPROTO_SCTP, SCTP_SOCKOPT_BINDX_ADD, packed + bytes(8))


def join_group(opened, group, interface):
    index = socket.if_nametoindex(interface)
    if ":" in group:
        request = socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", index)
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
        return
    request = socket.inet_aton(group) + socket.inet_aton("0.0.0.0") + struct.pack("@i", index)
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)


class DescriptorHolder:
    """An open socket that Python's own class cannot represent."""

    def __init__(self, descriptor, keep):
        self.descriptor = descriptor
        self.keep = keep

    def fileno(self):
        return self.descriptor

    def close(self):
        os.close(self.descriptor)


def open_xdp(spec):
    """Binds an AF_XDP socket in copy mode, the one that every driver has (struct xdp_umem_reg)."""
    import ctypes
    import mmap

    library = ctypes.CDLL(None, use_errno=True)
    descriptor = library.socket(AF_XDP, socket.SOCK_RAW, 0)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "socket(AF_XDP)")
    frames = mmap.mmap(-1, 16 * 4096)
    start = ctypes.addressof(ctypes.c_char.from_buffer(frames))

    def option(name, value):
        if library.setsockopt(descriptor, SOL_XDP, name, value, len(value)) != 0:
            raise OSError(ctypes.get_errno(), f"setsockopt(SOL_XDP, {name})")

    option(XDP_UMEM_REG, struct.pack("@QQIIII", start, 16 * 4096, 4096, 0, 0, 0))
    for ring in (XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING):
        option(ring, struct.pack("@i", 16))
    device, queue = spec["bind"]
    address = struct.pack("@HHIII", AF_XDP, XDP_COPY, socket.if_nametoindex(device), queue, 0)
    if library.bind(descriptor, address, len(address)) != 0:
        raise OSError(ctypes.get_errno(), "bind(AF_XDP)")
    return DescriptorHolder(descriptor, frames)


def describe(opened):
    """What the kernel itself says about the open socket: its inode, and its name if it has one."""
    fact = {"inode": os.fstat(opened.fileno()).st_ino, "fd": opened.fileno()}
    if isinstance(opened, socket.socket) and opened.family in (socket.AF_INET, socket.AF_INET6):
        fact["port"] = opened.getsockname()[1]
    return fact
