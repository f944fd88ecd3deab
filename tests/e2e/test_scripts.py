#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts of the README do what it says."""

import os
import pathlib
import re

import harness

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
BUILD = os.environ["TRT_BUILD"]


class Scripts(harness.TestCase):
    def test_demo(self):
        """Ends with the report, and leaves neither files nor a server."""
        done = harness.run([SCRIPTS / "demo", BUILD], env={"TMPDIR": str(self.folder)})
        for part in ["round trips", "Call tree", "redisNetWrite", "Slowest round trips", "Timeline", "nothing lost"]:
            self.assertIn(part, done.stdout + done.stderr)
        self.assertEqual([], list(self.folder.iterdir()))
        for process in pathlib.Path("/proc").glob("[0-9]*/cwd"):
            try:
                self.assertNotIn(str(self.folder), os.readlink(process))
            except OSError:
                pass  # it ended, or is not ours

    def test_gallery(self):
        """The page has a recording and a tree of each program, and no path of this machine."""
        page = self.folder / "gallery.md"
        done = harness.run([SCRIPTS / "gallery", "--build", BUILD, "--output", page], status=None)
        if "missing:" in done.stderr:
            self.skipTest(done.stderr.strip())
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        text = page.read_text()
        sections = re.split(r"^## (.*)$", text, flags=re.M)
        self.assertEqual(["curl", "redis-benchmark", "nginx", "psql", "With debug information"], sections[1::2])
        for section in sections[2::2]:
            self.assertIn("$ traceroundtrip tree", section)
            self.assertRegex(section, r"(?m)^ +[\d,]+ +[\d.]+.?s +[\d.]+%.* (main|\S+\+0x\w+)")
        self.assertIn("client.c:12", sections[-1])
        self.assertNotIn("/tmp", text)
        shown = (SCRIPTS.parent / "docs" / "gallery.md").read_text()
        self.assertEqual(sections[1::2], re.findall(r"^## (.*)$", shown, re.M))

    def test_bench(self):
        """Measures; of the figures only a size is looked at: no busy machine changes it."""
        done = harness.run([SCRIPTS / "bench", "--quick", "--repeat", "1", "--build", BUILD, "bytes", "startup"])
        table = done.stdout.split("| what | measured | target | met |\n|---|---|---|---|\n")[1]
        self.assertEqual(4, len(table.splitlines()))
        size = re.search(r"chunk heads included \| ([\d.]+) \| ≤ 48 \|", table)
        self.assertAlmostEqual(48.5, float(size[1]), delta=0.5, msg="48 bytes an event and some for chunk heads")

    def test_bench_usage(self):
        self.assertIn("no section", harness.run([SCRIPTS / "bench", "nonsense"], status=1).stderr)
        self.assertIn("--write", harness.run([SCRIPTS / "bench", "--write", "hook"], status=1).stderr)

    def setup_with(self, *arguments, status, **options):
        """scripts/setup on a machine that has no package at all; apt-get only says what it was told."""
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        for name, text in [("dpkg-query", "exit 0"), ("apt-get", 'echo "apt-get $*"')]:
            (tools / name).write_text(f"#!/bin/sh\n{text}\n")
            (tools / name).chmod(0o755)
        self.folder.chmod(0o755)
        return harness.run(["bash", "-s", *arguments], status=status, stdin=None,
                           input=(SCRIPTS / "setup").read_text(),
                           env={"PATH": f"{tools}:{os.environ['PATH']}"}, **options)

    def test_setup_without_rights(self):
        nobody = {"user": 65534, "group": 65534, "extra_groups": [], "cwd": "/"} if os.getuid() == 0 else {}
        done = self.setup_with("build", status=1, **nobody)
        self.assertIn("sudo apt-get install", done.stderr)
        self.assertIn(" meson ", done.stderr)
        self.assertNotIn("redis", done.stderr)
        self.assertEqual("", done.stdout)

    def test_setup_purposes(self):
        if os.getuid() != 0:
            self.skipTest("only root gets as far as to install")
        build = self.setup_with("build", status=0).stderr
        test = self.setup_with("test", status=0).stderr
        self.assertIn("installing gcc", build)
        self.assertIn("nginx", test)
        self.assertIn(" meson ", test)
        self.assertEqual(2, self.setup_with("nonsense", status=2).returncode)

    def test_shell_scripts_are_sound(self):
        for script in SCRIPTS.rglob("*"):
            if script.is_file() and script.read_bytes().startswith(b"#!/bin/bash"):
                with self.subTest(script=script.name):
                    harness.run(["bash", "-n", script])


if __name__ == "__main__":
    harness.main()
