#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""interrupted.py LIBRARY SECONDS: does what changes frames, while a handler in LIBRARY sends; prints how often."""

import asyncio
import ctypes
import gc
import socket
import sys
import time


class Cycle:
    def __init__(self):
        self.me = self

    def __del__(self):
        self.counted = [i for i in range(3)]


def recurse(n):
    return recurse(n - 1) if n else n


def produce(n):
    try:
        for i in range(n):
            yield i
    finally:
        recurse(2)


def delegate(n):
    yield from produce(n)


def fail(n):
    try:
        if not n:
            raise KeyError(n)
        fail(n - 1)
    except KeyError:
        if n < 5:
            raise


async def wait(n):
    await asyncio.sleep(0)
    return await wait(n - 1) if n else n


async def gather():
    await asyncio.gather(*(wait(3) for _ in range(5)))


def churn(i):
    names = {}
    exec(f"def made{i % 5}(n):\n    return [n for _ in range(2)]\nmade{i % 5}(1)\n", names)
    sorted(range(4), key=lambda n: -n)


def main():
    left, right = socket.socketpair()
    library = ctypes.CDLL(sys.argv[1])
    left.send(b"first")
    library.handlers_start(left.fileno(), 120)
    end, i = time.monotonic() + float(sys.argv[2]), 0
    while time.monotonic() < end:
        i += 1
        recurse(50)
        sum(delegate(20))
        fail(5)
        Cycle()
        churn(i)
        if i % 20 == 0:
            asyncio.run(gather())
            gc.collect()
            right.recv(1 << 16)
            left.send(b"between")
    print(library.handlers_stop())


if __name__ == "__main__":
    main()
