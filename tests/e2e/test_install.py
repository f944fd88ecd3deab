#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`meson install` puts everything in its place, from where it works, also when moved."""

import os
import pathlib
import shutil

import harness

BUILD = os.environ["TRT_BUILD"]


class Install(harness.TestCase):
    def install(self):
        """The installed prefix."""
        destination = self.folder / "destination"
        harness.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", destination])
        command, = destination.rglob("bin/traceroundtrip")
        return command.parent.parent

    def records(self, prefix):
        """The installed command records with the installed library."""
        data = self.new_folder()
        harness.run([prefix / "bin" / "traceroundtrip", "record", "-o", data, harness.program("exits"), "return"])
        recording = harness.Recording(data)
        self.assertEqual(6, recording.summary()["round_trips"])
        paths = {module["path"] for process in recording.json("info") for module in process["modules"]}
        library, = (p for p in paths if p.endswith("/libtraceroundtrip.so"))
        self.assertTrue(pathlib.Path(library).is_relative_to(prefix), library)

    def test_files(self):
        prefix = self.install()
        files = {str(p.relative_to(prefix)) for p in prefix.rglob("*") if p.is_file()}
        names = {os.path.basename(f) for f in files}
        self.assertTrue(any(f.startswith("lib") and f.endswith("/libtraceroundtrip.so") for f in files), files)
        self.assertEqual({p.name for p in pathlib.Path(os.environ["TRT_MANUALS"]).glob("*.[0-9]")},
                         {n.removesuffix(".gz") for n in names if "/man/" not in n and n.split(".")[-1] in "157"})
        self.assertIn("share/bash-completion/completions/traceroundtrip", files)
        self.assertTrue(any(f.endswith("/_traceroundtrip") for f in files), "completions for zsh")
        for file in files:
            if "/man" in file:
                self.assertIn(f"share/man/man{file.removesuffix('.gz')[-1]}/", file)

    def test_installed_prefix(self):
        self.records(self.install())

    def test_relocated_prefix(self):
        moved = self.folder / "somewhere" / "else"
        moved.parent.mkdir()
        shutil.move(self.install(), moved)
        self.records(moved)

    def test_prefix_with_a_space(self):
        """The dynamic linker cannot load from there: that is said before anything runs."""
        moved = self.folder / "some where"
        shutil.move(self.install(), moved)
        done = harness.run([moved / "bin" / "traceroundtrip", "record", "-o", self.folder / "data", "touch",
                            self.folder / "ran"], status=1)
        self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)
        self.assertIn("LD_PRELOAD", done.stderr)
        self.assertFalse((self.folder / "ran").exists())

    def test_through_a_link(self):
        prefix = self.install()
        link = self.folder / "traceroundtrip"
        link.symlink_to(prefix / "bin" / "traceroundtrip")
        harness.run([link, "record", "-o", self.folder / "data", harness.program("exits"), "return"])
        self.assertEqual(6, harness.Recording(self.folder / "data").summary()["round_trips"])


if __name__ == "__main__":
    harness.main()
