# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks ten times, each time in two writes: small_writes.py PORT [nodelay]."""

import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    if "nodelay" in sys.argv:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(10):
        connection.sendall(b"head")
        connection.sendall(b"body")
        if connection.recv(100) != b"answer":
            sys.exit("no answer")
