#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""deep.py LIBRARY DEPTH ROUNDS: nanoseconds of a call that DEPTH different Python functions lead to.

One JSON object: first, the first call of all; hot, one stack again and again; cold, one stack while no cache
remembers it; new, a function that was never seen innermost.  LIBRARY is bench-calls_from.so.
"""

import ctypes
import json
import statistics
import sys

HOT_CALLS = 20000
COLD_SHOTS = 101
NEW_STACKS = 400

# Each function has as much code as functions have.
FUNCTION = "def f{n}(call):\n" + "".join(f"    a{i} = {i}\n" for i in range(38)) + "    return f{next}(call)\n"


def functions(depth):
    """The outermost of depth functions, the innermost of which makes the call."""
    names = {}
    for n in range(1, depth):
        exec(compile(FUNCTION.format(n=n, next=n - 1), f"deep{n}.py", "exec"), names)
    exec(compile("def f0(call):\n    return call()\n", "deep.py", "exec"), names)
    return names[f"f{depth - 1}"]


def newcomers(count):
    """Functions that make the call and were never on a stack."""
    for n in range(count):
        names = {}
        exec(compile(FUNCTION.format(n=n, next="").replace("f(call)", "call()"), f"new{n}.py", "exec"), names)
        yield names[f"f{n}"]


def main():
    library = ctypes.PyDLL(sys.argv[1])
    depth, rounds = int(sys.argv[2]), int(sys.argv[3])
    library.calls_ns.restype = library.calls_cold_ns.restype = ctypes.c_double
    fd = library.calls_open()
    outermost = functions(depth)
    result = {"first": outermost(lambda: library.calls_ns(fd, 1))}
    outermost(lambda: library.calls_ns(fd, HOT_CALLS))
    result["hot"] = statistics.median(outermost(lambda: library.calls_ns(fd, HOT_CALLS)) for _ in range(rounds))
    result["cold"] = outermost(lambda: library.calls_cold_ns(fd, COLD_SHOTS))
    result["new"] = statistics.median(
        outermost(lambda: new(lambda: library.calls_ns(fd, 1))) for new in list(newcomers(NEW_STACKS)))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
