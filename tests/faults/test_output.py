#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where traces go, and what happens when they cannot go there: the program runs all the same."""

import os
import shutil
import stat
import subprocess

import format_reader
import harness

NOBODY = 65534
TURNS = 20000


class Output(harness.TestCase):
    def run_program(self, output, **options):
        env = harness.preload_env(output, options.pop("env", None))
        return harness.run([harness.program("exits"), "return"], env=env, **options)

    def trips(self, folder):
        return harness.Recording(folder).summary()["round_trips"]

    def test_default_folder(self):
        done = subprocess.run([harness.program("exits"), "return"], cwd=self.folder,
                              env={"LD_PRELOAD": harness.LIBRARY}, capture_output=True, text=True, check=True)
        self.assertEqual("", done.stderr)
        self.assertEqual(6, self.trips(self.folder / "traceroundtrip.data"))
        summary = harness.run([harness.COMMAND, "summary", "--json"], cwd=self.folder).stdout
        self.assertIn('"round_trips"', summary)

    def test_paths(self):
        (self.folder / "here").mkdir()
        for output in [self.folder / "new", self.folder / "here", f"{self.folder}/with space", f"{self.folder}/ü",
                       f"{self.folder}/new2/"]:
            with self.subTest(output=str(output)):
                self.run_program(output)
                self.assertEqual(6, self.trips(output))

    def test_relative_path_means_the_folder_at_start(self):
        self.run_program("relative", cwd=self.folder)
        self.assertEqual(6, self.trips(self.folder / "relative"))

    def test_two_recordings_in_one_folder(self):
        for _ in range(2):
            self.run_program(self.folder / "both")
        self.assertEqual(2, len(harness.Recording(self.folder / "both").files()))
        self.assertEqual(12, self.trips(self.folder / "both"))

    def test_record_keeps_the_last_recording(self):
        folder = self.folder / "data"
        for _ in range(3):
            harness.run([harness.COMMAND, "record", "-o", folder, harness.program("exits"), "return"])
        self.assertEqual(6, self.trips(folder))
        self.assertEqual(6, self.trips(self.folder / "data.old"))

    def test_traces_are_private(self):
        old = os.umask(0)
        try:
            self.run_program(self.folder / "private")
        finally:
            os.umask(old)
        for file in harness.Recording(self.folder / "private").files():
            self.assertEqual(0o600, stat.S_IMODE(file.stat().st_mode))

    def one_line(self, done, *words):
        lines = done.stderr.splitlines()
        self.assertEqual(1, len(lines), done.stderr)
        for word in words:
            self.assertIn(word, lines[0])

    def test_output_is_a_file(self):
        file = self.folder / "file"
        file.write_text("precious")
        self.one_line(self.run_program(file), str(file))
        self.assertEqual("precious", file.read_text())
        self.assertEqual("", self.run_program(file, env={"TRACEROUNDTRIP_QUIET": "1"}).stderr)

    def test_record_into_a_file(self):
        file = self.folder / "file"
        file.write_text("precious")
        done = harness.run([harness.COMMAND, "record", "-o", file, harness.program("exits"), "return"], status=None)
        self.assertIn(str(file), done.stderr)
        self.assertEqual("precious", file.read_text())

    def test_output_cannot_be_made(self):
        self.one_line(self.run_program("/proc/no/such/folder"), "/proc/no/such/folder")

    def test_folder_without_write_permission(self):
        folder = self.folder / "readonly"
        folder.mkdir(mode=0o555)
        self.folder.chmod(0o755)
        tools = self.folder / "tools"
        tools.mkdir()
        library, program = (shutil.copy(p, tools) for p in (harness.LIBRARY, harness.program("exits")))
        options = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        done = harness.run([program, "return"], env=harness.preload_env(folder, {"LD_PRELOAD": library}), cwd="/",
                           **options)
        self.one_line(done, str(folder))
        self.assertEqual([], list(folder.iterdir()))

    def test_path_that_is_too_long(self):
        self.one_line(self.run_program("/tmp/" + "x" * 4000), "TRACEROUNDTRIP_OUTPUT")

    def small_disk(self, size):
        """A file system of that size, or the test is skipped."""
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", disk], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("cannot mount a small file system here")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        return disk

    def test_small_disk(self):
        """At most half of what is free; older events make room."""
        disk = self.small_disk("8m")
        done = harness.run([harness.program("gate"), TURNS], env=harness.preload_env(disk / "data"), input="go\n",
                           stdin=None)
        self.assertEqual("done\n", done.stdout)
        trace = format_reader.Trace(harness.Recording(disk / "data").files()[0])
        used = sum(f.stat().st_blocks * 512 for f in (disk / "data").iterdir())
        self.assertLessEqual(used, 4 << 20)
        calls = sum(e["call"] in ("send", "recv") for e in trace.events)
        self.assertEqual(4 * (TURNS + 1) + 1, len(trace.events) + trace.header["overwritten_events"] +
                         trace.header["lost_events"])
        self.assertGreater(calls, 1000)
        self.assertGreater(trace.header["overwritten_events"], 0)

    def test_disk_that_fills_up(self):
        """Another program takes the rest of the disk while this one runs: losses are counted."""
        disk = self.small_disk("32m")
        child = subprocess.Popen([harness.program("gate"), str(TURNS)], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                 env={**os.environ, **harness.preload_env(disk / "data")})
        with child:
            harness.wait_until(lambda: any((disk / "data").glob("*.trt")) if (disk / "data").exists() else False,
                               "the trace")
            child.stdin.write("go\n")
            child.stdin.flush()
            self.assertEqual("done\n", child.stdout.readline())
            with open(disk / "filler", "wb", buffering=0) as filler:
                try:
                    while filler.write(b"f" * 65536):
                        pass
                except OSError:
                    pass
            child.stdin.write("go\n")
            child.stdin.flush()
            self.assertEqual("done\n", child.stdout.readline())
            child.stdin.close()
            self.assertEqual(0, child.wait(harness.PATIENCE_S))
            self.assertLessEqual(len(child.stderr.read().splitlines()), 1)
        recording = harness.Recording(disk / "data")
        trace = format_reader.Trace(recording.files()[0])
        self.assertEqual(4 * (2 * TURNS + 1) + 1, len(trace.events) + trace.header["lost_events"] +
                         trace.header["overwritten_events"])
        summary = recording.summary()
        self.assertGreater(summary["lost_events"] + summary["overwritten_events"], 0)
        self.assertEqual(trace.header["lost_events"], summary["lost_events"])

    def test_limits_of_the_process(self):
        """RLIMIT_FSIZE below what the trace wants must not end the program by SIGXFSZ."""
        import resource
        limit = 2 << 20
        done = harness.run([harness.program("exits"), "return"], env=harness.preload_env(self.folder / "data"),
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.assertEqual("", done.stdout)
        for limit in (1024, 0):
            done = harness.run([harness.program("exits"), "return"], env=harness.preload_env(self.folder / "none"),
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
            self.assertLessEqual(len(done.stderr.splitlines()), 1)

    def test_bounded_size(self):
        recording, _ = self.preload(harness.program("gate"), "100000", input="go\n", stdin=None,
                                    env={"TRACEROUNDTRIP_MAX_SIZE": "4M"})
        file, = recording.files()
        trace = format_reader.Trace(file)
        # Dictionary chunks are on top; they are few.
        self.assertLessEqual(file.stat().st_size, 6 << 20)
        self.assertEqual(4 * 100001 + 1, len(trace.events) + trace.header["overwritten_events"])
        summary = recording.summary()
        self.assertEqual(trace.header["overwritten_events"], summary["overwritten_events"])
        self.assertEqual(0, summary["lost_events"])


if __name__ == "__main__":
    harness.main()
