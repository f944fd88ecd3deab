#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which code made the calls: views name it, and the innermost frame is the caller of libc."""

import platform
import re
import sys

import format_reader
import harness
import redis

DATA_CALLS = ("send", "sendto", "sendmsg", "write", "writev", "recv", "recvfrom", "recvmsg", "read", "readv",
              "__recv_chk", "__read_chk")


class Stacks(harness.TestCase):
    def check_chain(self, case, depth=1, limit=None, **settings):
        recording, done = self.record(harness.program("stacks"), case, str(depth), **settings)
        expected = done.stdout.split()[-limit if limit else 0:]
        trip = next(t for t in recording.lines("trips") if t["role"] == "client")
        self.assertEqual(expected, trip["stack"][-len(expected):])
        return trip["stack"], recording

    def test_known_chains(self):
        for case in ["plain", "thread", "signal", "callback"]:
            with self.subTest(case=case):
                stack, _ = self.check_chain(case)
                self.assertEqual(case != "thread", "main" in stack)
                if case == "signal":
                    self.assertIn("interrupted", stack, "what the signal interrupted")

    def test_depth(self):
        for case in ["recursion", "alloca"]:
            for depth in [1, 10, 100]:
                with self.subTest(case=case, depth=depth):
                    stack, _ = self.check_chain(case, depth)
                    self.assertEqual(depth, sum(f in ("recursion", "with_alloca") for f in stack))

    def test_stacks_that_are_cut_short(self):
        self.check_chain("recursion", 1000, limit=50)
        self.check_chain("recursion", 1000, limit=7, env={"TRACEROUNDTRIP_STACK_DEPTH": "8"})

    def test_remembered_or_not(self):
        for memo in ["0", "1", "check"]:
            with self.subTest(memo=memo):
                self.check_chain("recursion", 20, env={"TRACEROUNDTRIP_STACK_MEMO": memo})

    def check_program(self, recording, innermost, within):
        """Views name the functions; our library is in no stack; callers are callers."""
        trips = [t for t in recording.lines("trips") if t["transport"] == "tcp" and t["role"] == "client"]
        self.assertTrue(trips)
        for trip in trips:
            self.assertRegex(trip["stack"][-1], f"^({innermost})$")
        for name in within:
            self.assertIn(name, harness.function_names(trips))
        for view, options in [("tree", ["--min-share", "0"]), ("slow", ["--full", "--top", "1000"]),
                              ("hotspots", ["--top", "1000"])]:
            text = recording.text(view, "--width", "400", *options)
            for name in within:
                self.assertIn(name, text, view)
            self.assertRegex(text, innermost)
            self.assertNotIn("libtraceroundtrip", text)
        self.assertIn(trips[0]["remote"], recording.text("timeline"))
        for path in recording.files():
            self.check_addresses(format_reader.Trace(path))

    def check_addresses(self, trace):
        library = next(m for m in trace.modules if m["path"].endswith("/libtraceroundtrip.so"))
        for stack in trace.stacks.values():
            for address in stack:
                self.assertFalse(library["start"] <= address < library["end"], "a frame of our own")
        if platform.machine() != "x86_64":
            return
        callers = {(e["call"], trace.stacks[e["stack"]][0]) for e in trace.events if e["call"] in DATA_CALLS}
        self.assertTrue(callers)
        for call, address in callers:
            module = next(m for m in trace.modules if m["start"] <= address < m["end"])
            self.assertTrue(self.is_behind_call(module["path"], address - module["load_bias"], call),
                            f"{module['path']}+{address - module['load_bias']:#x} is not behind a call of {call}")

    def is_behind_call(self, path, offset, call):
        """Whether the instruction that ends at offset calls that function, through the PLT or the GOT."""
        for length in (5, 6):
            text = harness.run(["objdump", "-d", f"--start-address={offset - length:#x}",
                                f"--stop-address={offset:#x}", path]).stdout
            if re.search(rf"(call|bnd call) .*<{call}@", text):
                return True
        return False

    def test_redis_benchmark(self):
        with redis.running(self.folder) as server:
            recording, _ = self.record("redis-benchmark", "-p", server.port, "-t", "get,lpush", "-n", "500", "-q")
        self.check_program(recording, "redisNetWrite", ["main", "aeMain"])

    def http(self, *client, env=None):
        port = harness.free_port()
        with harness.server([sys.executable, "-m", "http.server", port, "--bind", "127.0.0.1", "--directory",
                             self.folder], ("127.0.0.1", port)):
            recording, _ = self.record(*client, f"http://127.0.0.1:{port}/", env=env)
        return recording

    def test_curl(self):
        recording = self.http("curl", "-s", "-o", "/dev/null")
        self.check_program(recording, r"libcurl\.so\.4\+0x[0-9a-f]+|Curl_\w+|cf_socket_send|send_plain",
                           ["curl_multi_perform", "curl_easy_perform"])

    def test_wrk(self):
        self.check_program(self.http("wrk", "-t", "1", "-c", "2", "-d", "1s"), "sock_write",
                           ["aeMain", "aeProcessEvents"])

    def test_python(self):
        recording = self.http(sys.executable, "-c",
                              "import sys, urllib.request as u; u.urlopen(sys.argv[1]).read()",
                              env={"TRACEROUNDTRIP_PYTHON": "0"})
        self.check_program(recording, r"python3\S*\+0x[0-9a-f]+|sock_\w+(\.\w+)*", ["Py_RunMain", "_PyEval_EvalFrameDefault"])


if __name__ == "__main__":
    harness.main()
