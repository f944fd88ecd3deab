#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""merged_sites.py FILE: round trips from Python code that C code called; writes what each stack was."""

import asyncio
import contextlib
import ctypes
import functools
import json
import os
import re
import socket
import sys
import threading
import traceback

left, right = socket.socketpair()
send, receive = left.send, left.recv
expected = []  # [kind, thread, [[function, file:line], ...]], outermost first
kind = None


def mark():
    """The stack of the caller, as traceback tells it."""
    frame, stack = sys._getframe(1), []
    for place in traceback.walk_stack(frame):
        code = place[0].f_code
        stack.append([getattr(code, "co_qualname", code.co_name), f"{code.co_filename}:{place[1]}"])
    expected.append([kind, threading.get_native_id(), stack[::-1]])
    return b"?"


def ask(*arguments):
    send(mark())
    return len(receive(1))


def echo():
    while True:
        data = right.recv(1)
        if not data:
            return
        right.send(data)


def plain():
    ask()


def sorted_key():
    sorted([3, 1, 2], key=lambda n: ask() + n)


def qsort():
    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    def compare(a, b):
        ask()
        return 0
    ctypes.CDLL(None).qsort((ctypes.c_int * 2)(2, 1), 2, 4, compare)


def substitution():
    re.sub("a", lambda match: "b" * ask(), "aa")


def mapping():
    list(map(ask, [1, 2]))


def generators():
    def inner():
        yield ask()

    def outer():
        yield from inner()
    sum(outer())


class Thing:
    def __init__(self, depth):
        if depth:
            Thing(depth - 1)
        else:
            ask()

    def __del__(self):
        ask()

    def __add__(self, other):
        return ask()

    @property
    def name(self):
        return ask()


def methods():
    thing = Thing(2)
    return thing + 1, thing.name


@contextlib.contextmanager
def asking():
    ask()
    yield
    ask()


def with_statement():
    with asking():
        ask()


def partials():
    functools.partial(functools.lru_cache()(ask), 1)()


def recursion(depth=12):
    if depth:
        return max([depth], key=lambda n: recursion(depth - 1))
    return ask()


def executed():
    exec(compile("def f():\n    ask()\n\nf()\n", "<made>", "exec"), {"ask": ask})


def thread():
    t = threading.Thread(target=plain)
    t.start()
    t.join()


def coroutines():
    async def inner():
        await asyncio.sleep(0)
        return ask()

    async def outer():
        return await inner()

    async def main():
        await asyncio.gather(outer(), outer())
    asyncio.run(main())


def greenlets():
    greenlet = __import__("greenlet").greenlet

    def run():
        ask()
        sorted([1, 2], key=ask)
    greenlet(run).switch()


def main():
    global kind
    cases = [plain, sorted_key, qsort, substitution, mapping, generators, methods, with_statement, partials, recursion,
             executed, thread, coroutines]
    with contextlib.suppress(ImportError):
        import greenlet  # noqa: F401
        cases.append(greenlets)
    threading.Thread(target=echo, daemon=True).start()
    for _ in range(3):
        for case in cases:
            kind = case.__name__
            case()
    with open(sys.argv[1], "w") as file:
        json.dump(expected, file)
    left.close()
    os._exit(0)


main()
