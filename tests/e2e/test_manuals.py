#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manual pages are without fault, and tell what --help, the settings and the list of calls tell."""

import os
import pathlib
import re
import shutil

import harness

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = pathlib.Path(os.environ["TRT_MANUALS"])


def commands():
    """The commands that `traceroundtrip --help` lists: {name: what it does}."""
    text = harness.run([harness.COMMAND, "--help"]).stdout.split("Commands:\n")[1].split("\n\n")[0]
    return dict(re.findall(r"^  (\w+) +(.*)$", text, re.M))


def help_options(text):
    """{(short or None, long, argument or None)} of a --help text."""
    found = re.findall(r"^ {2}(?:-(\w), |    )--([\w-]+)(?: ([A-Z]+))?(?=$| )", text, re.M)
    return {(short or None, long, argument or None) for short, long, argument in found}


def page_options(text):
    """The same of a manual page."""
    options = set()
    for line in re.findall(r"^\.It (Fl .*)$", text, re.M):
        match = re.fullmatch(r"(?:Fl (\w) , )?Fl Fl ([\w-]+)(?: Ar ([A-Z]+))?", line)
        options.add((match[1], match[2], match[3]) if match else line)
    return options


class Manuals(harness.TestCase):
    def pages(self):
        pages = sorted(PAGES.glob("*.[0-9]"))
        self.assertGreater(len(pages), 15)
        return pages

    def test_pages_are_without_fault(self):
        for tool in (["mandoc", "-T", "lint", "-W", "warning"], ["man", "--warnings", "-l", "-Tutf8"]):
            if not shutil.which(tool[0]):
                self.skipTest(f"{tool[0]} is not installed")
            for page in self.pages():
                with self.subTest(tool=tool[0], page=page.name):
                    done = harness.run([*tool, page], env={"MANROFFSEQ": "", "MANWIDTH": "80", "MANPAGER": "cat"},
                                       status=None)
                    complaints = done.stderr + (done.stdout if tool[0] == "mandoc" else "")
                    self.assertEqual("", complaints)
                    self.assertEqual(0, done.returncode)

    def test_no_fragment_is_left_out(self):
        for page in self.pages():
            self.assertNotRegex(page.read_text(), "@[A-Z]+@", page.name)

    def test_every_command_has_a_page(self):
        pages = {p.name for p in self.pages()}
        self.assertEqual({f"traceroundtrip-{name}.1" for name in commands()},
                         {p for p in pages if re.fullmatch(r"traceroundtrip-\w+\.1", p)})
        overview = (PAGES / "traceroundtrip.1").read_text()
        listed = dict(re.findall(r"^\.It Xr traceroundtrip-(\w+) 1\n(.*)$", overview, re.M))
        self.assertEqual(commands(), listed)

    def test_options_are_those_of_help(self):
        for name in commands():
            with self.subTest(command=name):
                told = help_options(harness.run([harness.COMMAND, name, "--help"]).stdout)
                self.assertIn(("h", "help", None), told)
                self.assertEqual(told, page_options((PAGES / f"traceroundtrip-{name}.1").read_text()))

    def test_json_keys_are_in_the_page(self):
        recording, _ = self.record(harness.program("threads"), "2", "5")
        for name in commands():
            if name in ("record", "report", "export", "archive", "anonymize", "messages"):
                continue
            with self.subTest(command=name):
                where = ["--json", *(["ask"] if name in ("annotate", "callers", "callees") else [])]
                text = recording.text(name, *where)
                if name == "timeline":
                    text += recording.text(name, "--by", "thread", *where)
                keys = set(re.findall(r'"(\w+)":', text))
                words = set(re.findall(r"\w+", (PAGES / f"traceroundtrip-{name}.1").read_text()))
                if name == "slow":
                    words |= set(re.findall(r"\w+", (PAGES / "traceroundtrip-trips.1").read_text()))
                self.assertEqual(set(), keys - words)

    def test_settings_are_those_of_the_library(self):
        source = (ROOT / "preload" / "config.c").read_text()
        names = set(re.findall(r'(?:setting|read_\w+)\("([A-Z_]+)"', source))
        page = (PAGES / "libtraceroundtrip.7").read_text()
        self.assertEqual(names, set(re.findall(r"^\.It Ev TRACEROUNDTRIP_([A-Z_]+)$", page, re.M)))

    def test_intercepted_functions_are_those_of_the_list(self):
        calls = set(re.findall(r"^(?:TLS_)?CALL\(\d+, (\w+),", (ROOT / "preload" / "calls.def").read_text(), re.M))
        page = (PAGES / "libtraceroundtrip.7").read_text()
        section = page.split(".Ss Intercepted functions")[1].split(".El")[0]
        text = re.sub(r"^\..*$", "", section, flags=re.M)
        named = set(re.findall(r"\w+", text)) - {"and", "what", "programs", "built", "with", "call", "instead"}
        self.assertEqual(calls, named)


if __name__ == "__main__":
    harness.main()
