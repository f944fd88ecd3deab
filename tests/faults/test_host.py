#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The library must not be noticed: symbols, results, errno, C++ exceptions, other preloads."""

import os
import pathlib
import re
import shutil
import sys

import harness

CALLS = pathlib.Path(__file__).resolve().parents[2] / "preload" / "calls.def"


class Host(harness.TestCase):
    def test_library_defines_the_intercepted_names_and_nothing_else(self):
        table = set(re.findall(r"^(?:TLS_)?CALL\(\d+, (\w+),", CALLS.read_text(), re.M))
        self.assertGreater(len(table), 20)
        lines = harness.run(["nm", "-D", "--defined-only", harness.LIBRARY]).stdout.splitlines()
        defined = {line.split()[-1].split("@")[0] for line in lines}
        self.assertEqual(table, defined)

    def test_library_needs_libc_alone(self):
        needed = re.findall(r"NEEDED.*\[(.*)\]", harness.run(["readelf", "-d", harness.LIBRARY]).stdout)
        self.assertEqual({"libc.so.6"}, {n for n in needed if not n.startswith("ld-linux")})

    def test_bad_arguments_give_the_same_results(self):
        plain = harness.run([harness.program("bad_arguments")])
        for detail in ["coarse", "medium", "fine"]:
            with self.subTest(detail=detail):
                folder = self.new_folder()
                traced = harness.run([harness.program("bad_arguments")],
                                     env=harness.preload_env(folder, {"TRACEROUNDTRIP_DETAIL": detail}))
                self.assertEqual(plain.stdout.splitlines(), traced.stdout.splitlines())
                self.assertEqual("", traced.stderr)
                self.assertGreater(len(harness.Recording(folder).calls()), 100)

    def test_exceptions(self):
        program = harness.program("throws")
        if not os.path.exists(program):
            self.skipTest("built without a C++ compiler")
        plain = harness.run([program])
        self.assertIn("cancelled: 1", plain.stdout)
        recording, traced = self.preload(program)
        self.assertEqual(plain.stdout, traced.stdout)
        self.assertEqual("", traced.stderr)
        self.assertEqual(1 + 2 + 3 + 2, len(recording.calls("send")))

    def test_plugin_that_throws_is_loaded_late(self):
        plugin = harness.program("plugin.so")
        if not os.path.exists(plugin):
            self.skipTest("built without a C++ compiler")
        plain = harness.run([harness.program("late_plugin"), plugin])
        self.assertIn("_Unwind_RaiseException: libgcc_s.so.1", plain.stdout)
        recording, traced = self.preload(harness.program("late_plugin"), plugin)
        self.assertEqual(plain.stdout, traced.stdout)
        self.assertEqual(102, len(recording.calls("send")))

    def test_beside_another_preloaded_library(self):
        other = harness.program("other_preload.so")
        for order in [[harness.LIBRARY, other], [other, harness.LIBRARY]]:
            for separator in [" ", ":"]:
                with self.subTest(order=[os.path.basename(o) for o in order], separator=separator):
                    folder = self.new_folder()
                    done = harness.run([harness.program("exits"), "return"],
                                       env=harness.preload_env(folder, {"LD_PRELOAD": separator.join(order)}))
                    self.assertEqual("other_preload: 6\n", done.stderr)
                    self.assertEqual(6, harness.Recording(folder).summary()["round_trips"])

    def test_record_keeps_a_preload_that_is_there(self):
        other = harness.program("other_preload.so")
        recording, done = self.record(harness.program("exits"), "return", env={"LD_PRELOAD": other})
        self.assertIn("other_preload: 6\n", done.stderr)
        self.assertEqual(6, recording.summary()["round_trips"])

    def test_descriptors_are_those_of_the_program(self):
        listing = [sys.executable, "-c", "import os; print(sorted(os.listdir('/proc/self/fd')))"]
        plain = harness.run(listing)
        _, traced = self.record(*listing)
        self.assertEqual(plain.stdout, traced.stdout, "under record")
        _, traced = self.preload(*listing)
        self.assertEqual(plain.stdout, traced.stdout, "under a bare LD_PRELOAD")

    def test_loaded_twice(self):
        """Once by its name and once by a copy's: the second one must not hurt."""
        copy = self.folder / "copy.so"
        shutil.copy(harness.LIBRARY, copy)
        folder = self.new_folder()
        harness.run([harness.program("exits"), "return"],
                    env=harness.preload_env(folder, {"LD_PRELOAD": f"{harness.LIBRARY} {copy}"}))
        self.assertGreaterEqual(harness.Recording(folder).summary()["round_trips"], 6)

    def test_sandbox(self):
        """A filter that kills for any system call but the program's own: it lives, and the trace says where it ends."""
        for how, trips in [("prctl", 1), ("seccomp", 2), ("strict", 1)]:
            with self.subTest(how=how):
                harness.run([harness.program("sandbox"), how])
                recording, _ = self.preload(harness.program("sandbox"), how)
                summary = recording.summary()
                self.assertEqual(trips * 2, summary["round_trips"], "each is seen from both ends")
                self.assertEqual(["went into a sandbox (seccomp): its calls from there on are not seen"],
                                 summary["blind_spots"])

    def test_cycle_counter_is_forbidden(self):
        """What reads the counter dies of it (PR_SET_TSC): we tell the time without."""
        plain = harness.run([harness.program("counter")])
        if plain.stdout:
            self.skipTest(plain.stdout.strip())
        recording, _ = self.preload(harness.program("counter"))
        self.assertEqual(4, recording.summary()["round_trips"])

    def test_remembered_stacks_are_the_true_ones(self):
        """In its checking mode the library compares each remembered stack with a fresh one."""
        recording, done = self.preload(harness.program("threads"), "4", "2000",
                                       env={"TRACEROUNDTRIP_STACK_MEMO": "check"})
        self.assertNotIn("stack", done.stderr)
        self.assertEqual(16000, recording.summary()["round_trips"])


if __name__ == "__main__":
    harness.main()
