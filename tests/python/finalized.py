#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends while daemon threads send, receive and wait, and sends from what runs at the end."""

import atexit
import socket
import sys
import threading


def echo(a, b):
    while True:
        a.send(b"x")
        b.recv(1)


class Last:
    def __init__(self):
        self.sockets = socket.socketpair()

    def __del__(self):
        self.sockets[0].send(b"last")


def main():
    for _ in range(6):
        sockets.append(socket.socketpair())
        threading.Thread(target=echo, args=sockets[-1], daemon=True).start()
    for _ in range(3):
        sockets.append(socket.socketpair())
        threading.Thread(target=sockets[-1][0].recv, args=(1,), daemon=True).start()
    atexit.register(lambda: left.send(b"exit"))
    sys.last = Last()
    for _ in range(50):
        left.send(b"x")
        right.recv(1)
    sys.exit(7)


sockets = []
left, right = socket.socketpair()
main()
