# SPDX-License-Identifier: GPL-3.0-or-later
"""sockets_client.py PORT COUNT: asks COUNT times for more and more bytes; prints what it got."""

import socket
import sys


def fetch(connection, size):
    connection.sendall(b"%d\n" % size)
    missing = size
    while missing:
        missing -= len(connection.recv(min(missing, 65536)))


def main():
    port, count = map(int, sys.argv[1:])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for i in range(count):
            fetch(connection, 1 + 37 * i)
    print(count)


main()
