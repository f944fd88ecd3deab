#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""pingpong.py PORT TRIPS: as bench-pingpong client: round trips of 64 bytes; prints the nanoseconds they took."""

import socket
import sys
import time


def trip(connection, message):
    connection.sendall(message)
    return connection.recv(len(message))


def main():
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        message = b"x" * 64
        start = time.perf_counter_ns()
        for _ in range(int(sys.argv[2])):
            trip(connection, message)
        print(time.perf_counter_ns() - start)


main()
