# SPDX-License-Identifier: Apache-2.0
"""Asks a server on 127.0.0.1 one question: clients.py http|dns|ntp QUESTION. Prints the answer."""
import socket
import struct
import sys


def http(path):
    with socket.create_connection(("127.0.0.1", 80), 1) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        reply = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
    head, _, body = reply.partition("\r\n\r\n")
    assert " 200 " in head.splitlines()[0], head
    return body


def dns(name):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    query = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    reply = ask(53, query)
    assert struct.unpack(">H", reply[6:8])[0] == 1, "no answer"
    return socket.inet_ntoa(reply[-4:])


def ntp(_):
    reply = ask(123, b"\x23" + bytes(47))
    assert reply[0] & 7 == 4, "not a server's answer"
    return f"stratum {reply[1]}"


def ask(port, query):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(1)
        connection.connect(("127.0.0.1", port))
        connection.send(query)
        return connection.recv(4096)


print({"http": http, "dns": dns, "ntp": ntp}[sys.argv[1]](sys.argv[2]))
