# SPDX-License-Identifier: Apache-2.0
"""Asks a server on 127.0.0.1 one question: clients.py PROTOCOL PORT QUESTION. Prints the answer."""
import ftplib
import io
import socket
import struct
import sys


def http(port, address):
    with socket.create_connection(("127.0.0.1", port), 1) as connection:
        connection.sendall(f"GET {address} HTTP/1.0\r\n\r\n".encode())
        reply = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
    head, _, body = reply.partition("\r\n\r\n")
    assert " 200 " in head.splitlines()[0], head
    return body


def dns(port, name):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    query = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    reply = ask(port, query)
    assert struct.unpack(">H", reply[6:8])[0] == 1, "no answer"
    return socket.inet_ntoa(reply[-4:])


def ntp(port, _):
    reply = ask(port, b"\x23" + bytes(47))
    assert reply[0] & 7 == 4, "not a server's answer"
    return f"stratum {reply[1]}"


def ftp(port, question):
    user, password, file = question.split(":")
    lines = io.BytesIO()
    with ftplib.FTP() as server:
        server.connect("127.0.0.1", port, 2)
        server.login(user, password)
        server.retrbinary(f"RETR {file}", lines.write)
    return lines.getvalue().decode()


def memcached(port, key):
    with socket.create_connection(("127.0.0.1", port), 1) as connection:
        connection.sendall(f"set {key} 0 0 5\r\nvalue\r\nget {key}\r\nquit\r\n".encode())
        return b"".join(iter(lambda: connection.recv(4096), b"")).decode()


def tftp(port, file):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(2)
        connection.sendto(b"\0\1" + file.encode() + b"\0octet\0", ("127.0.0.1", port))
        reply, peer = connection.recvfrom(1024)
        connection.sendto(b"\0\4" + reply[2:4], peer)
    assert reply[:2] == b"\0\3", reply
    return reply[4:].decode()


def datagram(port, text):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.sendto(text.encode(), ("127.0.0.1", port))
    return "sent"


def ask(port, query):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(1)
        connection.connect(("127.0.0.1", port))
        connection.send(query)
        return connection.recv(4096)


PROTOCOLS = (http, dns, ntp, ftp, memcached, tftp, datagram)
print({each.__name__: each for each in PROTOCOLS}[sys.argv[1]](int(sys.argv[2]), sys.argv[3]))
