# SPDX-License-Identifier: Apache-2.0
"""Interfaces and addresses of the load's own network namespace."""

import subprocess


def create_interfaces(count):
    """Gives the namespace `count` addresses besides those of lo; returns (IPv4, IPv6) lists.

    An interface has at most one address of each family. Interfaces come as veth pairs, both ends
    in this namespace, because every kernel with namespaces has veth.
    """
    addresses = [_address(index) for index in range(count)]
    names = [f"bench{index}" for index in range((count + 1) // 2)]
    batch = ["link set lo up"]
    for left, right in zip(names[::2], _peers(names), strict=True):
        batch.append(f"link add {left} type veth peer name {right}")
        for name in (left, right):
            # No automatic link-local address: the number of addresses is part of the load's shape.
            batch += [f"link set {name} addrgenmode none", f"link set {name} up"]
    for index, (family, address) in enumerate(addresses):
        # nodad: a tentative address cannot be bound yet.
        suffix = "/24" if family == 4 else "/64 nodad"
        batch.append(f"addr add {address}{suffix} dev {names[index // 2]}")
    subprocess.run(["ip", "-batch", "-"], input="\n".join(batch), text=True, check=True)
    return tuple([text for family, text in addresses if family == wanted] for wanted in (4, 6))


def _peers(names):
    """The other end of each pair; the last one has no address when the number is odd."""
    peers = names[1::2]
    return peers if len(names) % 2 == 0 else [*peers, f"bench{len(names)}"]


def _address(index):
    number = index // 2
    return (4, f"10.77.{number}.1") if index % 2 == 0 else (6, f"fd77:0:0:{number:x}::1")
