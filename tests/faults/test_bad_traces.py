#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged input through the command: a clear line each, never a crash, a hang or a lost good record."""

import os
import random
import shutil
import subprocess

import harness

VIEWS = ["report", "summary", "tree", "timeline", "slow", "endpoints", "connections", "threads", "hotspots", "trips",
         "dump", "info"]
# A view ends with 0, or with 1 if an input failed; anything else is a crash.
FINE = (0, 1)


class BadTraces(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.good, _ = self.preload(harness.program("threads"), "2", "50")
        self.bytes = self.good.files()[0].read_bytes()

    def view(self, view, path, status=None):
        done = harness.run([harness.COMMAND, view, path], status=status)
        self.assertIn(done.returncode, FINE, f"{view} {path}: {done.stderr}")
        return done

    def refused(self, path, *words):
        """All views: status 1 and one line that names the file and what is wrong with it."""
        for view in VIEWS:
            with self.subTest(view=view, words=words):
                done = self.view(view, path)
                lines = done.stderr.splitlines()
                self.assertEqual(1, done.returncode)
                self.assertEqual("", done.stdout)
                self.assertLessEqual(len(lines), 2, done.stderr)
                self.assertIn(str(path), lines[0])
                for word in words:
                    self.assertIn(word, done.stderr)

    def file(self, data, name="bad.trt"):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def test_nothing_there(self):
        self.refused(self.folder / "nowhere", "No such file")

    def test_empty_folder(self):
        (self.folder / "empty").mkdir()
        self.refused(self.folder / "empty")

    def test_empty_file(self):
        self.refused(self.file(b""))

    def test_random_bytes(self):
        self.refused(self.file(random.Random(1).randbytes(300000)))

    def test_text(self):
        self.refused(self.file(b"This is not a trace.\n" * 10000))

    def test_newer_version(self):
        data = bytearray(self.bytes)
        data[12:16] = b"\x63\0\x63\0"
        self.refused(self.file(data), "newer")

    def test_newer_version_that_old_readers_understand(self):
        data = bytearray(self.bytes)
        data[12:14] = b"\x63\0"
        self.assertEqual(200, self.trips(self.file(data)))

    def test_other_byte_order(self):
        data = bytearray(self.bytes)
        data[8:12] = data[8:12][::-1]
        self.refused(self.file(data), "byte order")

    def trips(self, path):
        return harness.Recording(path).summary()["round_trips"]

    def test_no_permission(self):
        path = self.file(self.bytes)
        path.chmod(0)
        if os.getuid() != 0:
            self.refused(path, "Permission denied")
            return
        self.folder.chmod(0o755)
        command = shutil.copy(harness.COMMAND, self.folder / "command")
        done = harness.run([command, "summary", path], status=1, user=65534, group=65534, extra_groups=[], cwd="/")
        self.assertIn("Permission denied", done.stderr)

    def test_good_files_beside_bad_ones_are_kept(self):
        folder = self.folder / "mixed"
        folder.mkdir()
        (folder / "good.trt").write_bytes(self.bytes)
        (folder / "garbage.trt").write_bytes(b"garbage" * 1000)
        (folder / "empty.trt").write_bytes(b"")
        (folder / "notes.txt").write_text("not a trace and not called one")
        done = self.view("summary", folder)
        self.assertEqual(1, done.returncode)
        self.assertEqual(2, len(done.stderr.splitlines()), done.stderr)
        self.assertIn("garbage.trt", done.stderr)
        self.assertIn("empty.trt", done.stderr)
        self.assertEqual(200, harness.Recording(folder).json("summary", status=1)["round_trips"])

    def test_truncated_anywhere(self):
        cuts = random.Random(2).sample(range(len(self.bytes)), 150)
        for cut in cuts:
            done = self.view("summary", self.file(self.bytes[:cut]))
            if done.returncode == 1:
                self.assertLessEqual(len(done.stderr.splitlines()), 2, f"cut at {cut}: {done.stderr}")

    def test_flipped_bytes(self):
        """Wrong bytes anywhere: no crash in any view.  What they show may be wrong."""
        chance = random.Random(3)
        for number in range(120):
            data = bytearray(self.bytes)
            for _ in range(chance.choice([1, 10, 1000])):
                data[chance.randrange(len(data))] = chance.randrange(256)
            self.view(VIEWS[number % len(VIEWS)], self.file(data))

    def test_file_that_is_being_written(self):
        folder = self.new_folder()
        child = subprocess.Popen([harness.program("gate"), "1000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 text=True, env={**os.environ, **harness.preload_env(folder)})
        with child:
            for turns in range(1, 6):
                child.stdin.write("go\n")
                child.stdin.flush()
                self.assertEqual("done\n", child.stdout.readline())
                self.assertEqual(2 * (1000 * turns + 1), self.trips(folder))
            child.stdin.close()

    def test_file_that_is_being_written_fast(self):
        folder = self.new_folder()
        child = subprocess.Popen([harness.program("gate"), "2000000"], stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, text=True,
                                 env={**os.environ, **harness.preload_env(folder, {"TRACEROUNDTRIP_MAX_SIZE": "4M"})})
        with child:
            child.stdin.write("go\n")
            child.stdin.flush()
            harness.wait_until(lambda: any(folder.glob("*.trt")) if folder.exists() else False, "the trace")
            for _ in range(20):
                summary = harness.Recording(folder).summary()
                self.assertEqual(0, summary["failed"])
            child.kill()


if __name__ == "__main__":
    harness.main()
