#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks of Python programs as the command shows them: Python's half is that of its own tracebacks, and stands where
the interpreter ran it."""

import collections
import json
import pathlib
import re

import harness
import interpreters

LOOP = "_PyEval_EvalFrameDefault"
KINDS_MIN = 13


def asked(recording, tids, *options):
    """The round trips that asked, of each thread in order."""
    trips = collections.defaultdict(list)
    for trip in recording.lines("trips", *options):
        if trip["role"] == "client" and trip["tid"] in tids:
            trips[trip["tid"]].append(trip)
    return trips


def frames(trip, language):
    return [[name, line] for name, line, of in zip(trip["stack"], trip["stack_lines"], trip["stack_languages"])
            if of == language]


class Merged(harness.TestCase):
    def record_sites(self, python):
        expected = self.folder / "expected.json"
        recording, _ = self.preload(python, pathlib.Path(__file__).with_name("merged_sites.py"), expected,
                                    env={"TRACEROUNDTRIP_STACK_DEPTH": "256"})
        told = collections.defaultdict(list)
        for kind, tid, stack in json.loads(expected.read_text()):
            told[tid].append((kind, stack))
        return recording, told

    def check(self, python):
        recording, told = self.record_sites(python)
        count, kinds = 0, set()
        views = [asked(recording, told, *options) for options in ((), ("--native", "--full-stacks"), ("--python",))]
        for tid, wanted in told.items():
            for view in views:
                self.assertEqual(len(wanted), len(view[tid]))
            for (kind, stack), trip, native, python_only in zip(wanted, *(view[tid] for view in views)):
                what = f"{kind} of {python}"
                self.assertEqual(stack, frames(trip, "python"), what)
                self.assertEqual(stack, frames(native, "python"), what)
                self.assertEqual([name for name, _ in stack], python_only["stack"], what)
                self.check_native(what, kind, trip, native)
                kinds.add(kind)
                count += 1
        print(f"# {python}: {count} stacks of {len(kinds)} kinds", flush=True)
        self.assertGreaterEqual(len(kinds), KINDS_MIN)

    def check_native(self, what, kind, trip, native):
        """Each activation of the loop gave way to its frames: none is left, and none was missed."""
        self.assertNotIn(LOOP, native["stack"], what)
        if kind != "greenlets":
            self.assertIsNone(native["stack_languages"][0], what)
        self.assertIsNone(native["stack_languages"][-1], what + ": the interpreter's own socket code")
        self.assertEqual("python", trip["stack_languages"][-1], what)
        useful = [name for name, _ in frames(trip, None) if not name.startswith(("__libc_start", "libc.so"))]
        if kind == "qsort":
            callback = next(i for i, name in enumerate(trip["stack"]) if name.endswith("compare") and trip["stack_languages"][i])
            self.assertIsNone(trip["stack_languages"][callback - 1], what)
        elif kind not in ("thread", "greenlets"):
            self.assertEqual([], useful, what)

    def test_extensions(self):
        """A library that an extension brought is shown below the Python frame that called it."""
        code = ("import ssl, socket; a, b = socket.socketpair(); print(ssl.OPENSSL_VERSION)\n"
                "def wrap():\n    c = ssl._create_unverified_context()\n    a.settimeout(0.1)\n"
                "    try: c.wrap_socket(a)\n    except OSError: pass\nwrap()")
        recording, _ = self.record("/usr/bin/python3", "-c", code)
        trip = recording.lines("trips")[0]
        self.assertIn("wrap", trip["stack"])
        self.assertTrue(trip["stack"].index("wrap") < trip["stack"].index("SSLSocket.do_handshake"), trip["stack"])
        self.assertFalse([name for name in trip["stack"] if name.startswith(("_ssl", "Py", "_Py"))], trip["stack"])


def add_test(python):
    def test(self):
        self.check(python)
    setattr(Merged, "test_" + re.sub(r"\W", "_", interpreters.version(python)), test)


for path in interpreters.found():
    add_test(path)

if __name__ == "__main__":
    harness.main()
