# SPDX-License-Identifier: GPL-3.0-or-later
"""What Python itself says of its stacks, for programs that are recorded: test_call_sites.py compares.

A message carries a number, mark() makes one.  In code of our own the stack is taken in the line that sends:
sock.send(mark()).  In libraries a profile function takes it where they call send(), if one of their variables
holds a message.  Runs on all versions from 3.8 on.
"""

import collections
import contextlib
import itertools
import json
import os
import re
import sys
import threading
import traceback

MARK = re.compile(rb"#(\d{8})#")
SENDING = {"send", "sendall", "sendto", "sendmsg", "write"}

stacks, known, numbers = [], {}, itertools.count()
expected = []  # (number, thread, index in stacks), in the order of each thread
kinds = collections.Counter()
kind = None


def stack_of(frame):
    """[[name, qualified name, file, line]] as traceback has them, the innermost first."""
    summary = traceback.StackSummary.extract(traceback.walk_stack(frame), lookup_lines=False)
    names = []
    while frame:
        code = frame.f_code
        names.append(getattr(code, "co_qualname", code.co_name))
        frame = frame.f_back
    return tuple((s.name, name, s.filename, s.lineno) for s, name in zip(summary, names))


def expect(number, frame):
    stack = stack_of(frame)
    if stack not in known:
        known[stack] = len(stacks)
        stacks.append(stack)
    expected.append((number, threading.get_native_id(), known[stack]))
    kinds[kind] += 1


def mark():
    """A message; its stack is the caller's."""
    number = next(numbers)
    expect(number, sys._getframe(1))
    return b"#%08d#" % number


def mark_unseen():
    """A message that the profile function will meet."""
    return b"#%08d#" % next(numbers)


def message_number(value):
    if isinstance(value, memoryview):
        value = value.tobytes()
    found = MARK.search(value) if isinstance(value, (bytes, bytearray)) else None
    return int(found[1]) if found else None


def profile(frame, event, function):
    if event != "c_call" or getattr(function, "__name__", "") not in SENDING:
        return
    if not type(getattr(function, "__self__", None)).__module__.startswith(("_socket", "socket", "_ssl", "ssl", "gevent")):
        return
    for value in list(frame.f_locals.values()):
        number = message_number(value)
        if number is not None:
            expect(number, frame)
            return


@contextlib.contextmanager
def profiled():
    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def write(folder):
    """For the test: one file a process."""
    with open(os.path.join(folder, f"expected.{os.getpid()}.json"), "w") as file:
        json.dump({"stacks": stacks, "expected": expected, "kinds": kinds, "version": sys.version}, file)
