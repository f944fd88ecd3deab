#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks of Python programs, from recordings that were written by hand."""

import json

import harness

SCRIPT_TOOL = harness.PROGRAMS / "unit" / "script_tool"

# The interpreter, whose loop is at 0x10000, runs app.py, which calls a library that calls C and that calls back.
SCRIPT = """
process 100 python3 1
module /gone/libc.so.6 0x1000-0x2000
module /gone/python3 0x10000-0x20000
module /gone/lib-dynload/_ssl.cpython-311.so 0x30000-0x31000
module /gone/native.so 0x40000-0x41000
module /gone/_greenlet.cpython-311.so 0x50000-0x51000
runtime 0x10000-0x10100
function 1 <module> /home/jane/secret/app.py
function 2 fetch /home/jane/secret/app.py
function 3 get /usr/lib/python3/dist-packages/requests/api.py
function 4 HTTPConnection.send /usr/lib/python3.11/http/client.py
function 6 __bootstrap__ /home/jane/lib64/python311.zip/threading.py
frame 1 1 10
frame 2 2 20
frame 3 3 30
frame 4 4 40
frame 5 9 50
frame 6 6 60
connection 1 tcp socket created=1001000
addresses 1 127.0.0.1:40000 127.0.0.1:6379
connected 1 1001000-1101000
stack 1 0x30010 0x12000 0x10020 0x12000 0x40010 0x12000 0x10030 0x13000 0x14000 0x1010
stack 2 0x40020 0x12000
stack 3 0x12000 0x10020 0x50020 0x10030 0x1010
stack 4 0x12000 0x10020 0x1010
language_stack 1 4 3| 2 1|
language_stack 2 2| 1|
language_stack 3 5 6|
language_stack 4 0|
"""
CALLS = """
10 send 1 2001000-2011000 100 stack={0} language_stack={1}
10 recv 1 2011000-3001000 50 stack={0} language_stack={1}
end 10001000
"""


class Languages(harness.TestCase):
    def trace(self, stack=1, language_stack=1):
        source, folder = self.folder / "script", self.folder / f"{stack}-{language_stack}"
        folder.mkdir(exist_ok=True)
        source.write_text(SCRIPT + CALLS.format(stack, language_stack))
        harness.run([SCRIPT_TOOL, source, folder / "python.trt"])
        return folder

    def text(self, view, *options, trace=None):
        return harness.run([harness.COMMAND, view, *options, trace or self.trace()], env={"LC_ALL": "C.UTF-8"}).stdout

    def stack(self, *options, **ids):
        trip = json.loads(self.text("trips", "--json", *options, trace=self.trace(**ids)))
        return trip["stack"]

    def test_default(self):
        trip = json.loads(self.text("trips", "--json"))
        self.assertEqual(["libc.so.6+0x10", "<module>", "fetch", "native.so+0x10", "get", "HTTPConnection.send"],
                         trip["stack"])
        self.assertEqual([None, "/home/jane/secret/app.py:10", "/home/jane/secret/app.py:20", None,
                          "/usr/lib/python3/dist-packages/requests/api.py:30", "/usr/lib/python3.11/http/client.py:40"],
                         trip["stack_lines"])
        self.assertEqual([None, "python", "python", None, "python", "python"], trip["stack_languages"])

    def test_native(self):
        self.assertEqual(["libc.so.6+0x10", "python3+0x4000", "python3+0x3000", "<module>", "fetch", "python3+0x2000",
                          "native.so+0x10", "python3+0x2000", "get", "HTTPConnection.send", "python3+0x2000",
                          "_ssl.cpython-311.so+0x10"], self.stack("--native"))
        nodes = json.loads(self.text("tree", "--json", "--native"))["nodes"]
        self.assertEqual(self.stack("--native")[1:], [n["name"] for n in nodes[1:]],
                         "what the interpreter has again and again is no recursion")

    def test_python(self):
        self.assertEqual(["<module>", "fetch", "get", "HTTPConnection.send"], self.stack("--python"))
        self.assertEqual(["libc.so.6+0x10", "python3+0x20", "python3+0x2000"],
                         self.stack("--python", stack=4, language_stack=0))

    def test_my_code(self):
        self.assertEqual(["libc.so.6+0x10", "<module>", "fetch", "native.so+0x10"], self.stack("--my-code"))
        self.assertEqual(["<module>", "fetch", "get"], self.stack("--my-code", "--python"))

    def test_leftovers(self):
        self.assertEqual(["<module>", "fetch", "native.so+0x20"], self.stack(stack=2, language_stack=2),
                         "the native walk ended early")
        self.assertEqual(["<module>", "fetch"], self.stack(stack=0, language_stack=2), "no native stack")
        self.assertEqual(["libc.so.6+0x10", "python3+0x20", "python3+0x2000"], self.stack(stack=4, language_stack=4),
                         "nothing that Python would show")
        self.assertEqual(["__bootstrap__", "?"], self.stack(stack=3, language_stack=3), "a greenlet; a lost record")

    def test_marks(self):
        mark = "← your code"
        for view, options in [("tree", ["--width", "200"]), ("slow", []), ("hotspots", ["--width", "200"])]:
            lines = [line for line in self.text(view, "--python", *options).splitlines() if mark in line]
            self.assertEqual(1, len(lines), view)
            self.assertIn("fetch  app.py:20", lines[0])
        plain = self.text("slow", trace=self.trace(2, 2))
        self.assertNotIn(mark, plain, "nothing of a library is further in")

    def test_objects(self):
        node = json.loads(self.text("tree", "--json"))["nodes"]
        kinds = {n["name"]: (n["language"], n["library"], n["module"]) for n in node}
        self.assertEqual(("python", False, "app.py"), kinds["fetch"])
        self.assertEqual(("python", True, "requests"), kinds["get"])
        self.assertEqual(("python", True, "http"), kinds["HTTPConnection.send"])
        self.assertEqual((None, False, "native.so"), kinds["native.so+0x10"])
        spots = {s["name"]: (s["language"], s["library"]) for s in json.loads(self.text("hotspots", "--json"))}
        self.assertEqual(("python", True), spots["get"])
        edges = json.loads(harness.run([harness.COMMAND, "callers", "--json", "get", self.trace()]).stdout)
        self.assertEqual(("native.so+0x10", None, False),
                         tuple(edges["callers"][0][k] for k in ("name", "language", "library")))

    def test_exports(self):
        folded = self.text("export", "--format", "folded")
        self.assertIn("<module>;fetch;native.so+0x10;get;HTTPConnection.send", folded.replace(" ", ""))

    def test_archives(self):
        for command, file in [("archive", "/home/jane/secret/app.py"), ("anonymize", "app.py")]:
            packed = self.folder / f"{command}.tar.gz"
            harness.run([harness.COMMAND, command, "-o", packed, self.trace()])
            trip = json.loads(self.text("trips", "--json", trace=packed))
            self.assertEqual(["<module>", "fetch"], trip["stack"][1:3])
            self.assertEqual(f"{file}:20", trip["stack_lines"][2])
            self.assertEqual(["<module>", "fetch", "get"],
                             json.loads(self.text("trips", "--json", "--my-code", "--python", trace=packed))["stack"])


if __name__ == "__main__":
    harness.main()
