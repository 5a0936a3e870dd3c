# SPDX-License-Identifier: Apache-2.0
"""Opens the descriptors of the load: listeners, and what else daemons usually have open."""

import os
import select
import socket

# (family, type, where, v6only); the number of kinds has no factor in common with the usual five
# listeners of a process, so that processes differ from each other.
KINDS = (
    (socket.AF_INET, socket.SOCK_STREAM, "wildcard", None),
    (socket.AF_INET6, socket.SOCK_STREAM, "wildcard", False),
    (socket.AF_INET, socket.SOCK_DGRAM, "wildcard", None),
    (socket.AF_INET, socket.SOCK_STREAM, "specific", None),
    (socket.AF_INET6, socket.SOCK_DGRAM, "specific", True),
    (socket.AF_INET6, socket.SOCK_STREAM, "wildcard", True),
    (socket.AF_INET, socket.SOCK_STREAM, "loopback", None),
    (socket.AF_INET6, socket.SOCK_DGRAM, "wildcard", False),
)

FIRST_PORT = 1025
# A UDP socket on a port of the ephemeral range could be taken for a client.
LAST_PORT = 32767


class Listeners:
    """Opens listeners of all kinds in turn, each on a port of its own except SO_REUSEPORT pairs."""

    def __init__(self, ipv4, ipv6):
        self.specific = {socket.AF_INET: ipv4 or ["127.0.0.1"], socket.AF_INET6: ipv6 or ["::1"]}
        self.opened = 0
        self.next_port = {socket.SOCK_STREAM: FIRST_PORT, socket.SOCK_DGRAM: FIRST_PORT}
        self.group_port = None

    def open(self):
        family, kind, where, v6only = KINDS[self.opened % len(KINDS)]
        turn = self.opened // len(KINDS)
        self.opened += 1
        # Of the first kind, two of four are one SO_REUSEPORT group in two processes.
        grouped = (family, kind, where) == KINDS[0][:3] and turn % 4 >= 2
        listener = socket.socket(family, kind)
        if v6only is not None:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
        if grouped:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        port = self._group(turn) if grouped else self._port(kind)
        listener.bind((self._address(family, where, turn), port))
        if kind == socket.SOCK_STREAM:
            listener.listen(16)
        return listener.detach()

    def _port(self, kind):
        port = self.next_port[kind]
        if port > LAST_PORT:
            raise SystemExit("load: no port left for so many listeners")
        self.next_port[kind] = port + 1
        return port

    def _group(self, turn):
        if turn % 4 == 2:
            self.group_port = self._port(socket.SOCK_STREAM)
        return self.group_port

    def _address(self, family, where, turn):
        if where == "loopback":
            return "127.0.0.1"
        choices = self.specific[family]
        return choices[turn % len(choices)] if where == "specific" else ""


class Fillers:
    """Opens everything that is not a listener, in a fixed mix."""

    def __init__(self):
        self.hub = socket.create_server(("127.0.0.1", FIRST_PORT - 1), backlog=16)
        folder = os.path.dirname(os.__file__)
        names = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
        self.files = [os.path.join(folder, name) for name in names[:64]]
        self.opened = 0

    def open(self, count):
        """Opens exactly `count` descriptors."""
        mix = (
            self._file, self._unix_pair, self._pipe, self._file, self._event, self._file,
            self._connection, self._epoll, self._file, self._unix_pair, self._file,
        )  # fmt: skip
        descriptors = []
        turn = 0
        while len(descriptors) < count:
            pair_fits = count - len(descriptors) >= 2
            descriptors += mix[turn % len(mix)]() if pair_fits else self._file()
            turn += 1
        return descriptors

    def _file(self):
        self.opened += 1
        return [os.open(self.files[self.opened % len(self.files)], os.O_RDONLY)]

    def _unix_pair(self):
        return [end.detach() for end in socket.socketpair()]

    def _pipe(self):
        return os.pipe()

    def _event(self):
        return [os.eventfd(0)]

    def _epoll(self):
        epoll = select.epoll()
        # The object closes its descriptor when it goes.
        descriptor = os.dup(epoll.fileno())
        epoll.close()
        return [descriptor]

    def _connection(self):
        client = socket.create_connection(self.hub.getsockname())
        server, _ = self.hub.accept()
        return [client.detach(), server.detach()]
