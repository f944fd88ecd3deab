#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A few calls from a few functions."""

import socket


def inner(a, b):
    for _ in range(3):
        a.send(b"x")
        b.recv(1)


def outer():
    inner(*socket.socketpair())
    sorted([1], key=lambda _: inner(*socket.socketpair()))


outer()
