#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we export opens in the programs it is for, and they show our numbers."""

import collections
import glob
import json
import re
import shutil

import harness
import recordings
import speedscope

# One with a single process, so that speedscope has a single profile, and much recursion.
SEED = 3
FILE_NAMES = {"folded": "profile.folded", "speedscope": "profile.speedscope.json",
              "callgrind": "callgrind.out.profile", "pprof": "profile.pb.gz"}


def number(text):
    return int(text.replace(",", ""))


class Viewers(harness.TestCase):
    def setUp(self):
        super().setUp()
        made = self.folder / "made"
        recordings.write(made, SEED)
        real, _ = self.record(harness.program("stacks"), "recursion", "5")
        self.real = real
        self.subjects = [harness.Recording(made), real]

    def export(self, recording, form, *options):
        path = self.folder / FILE_NAMES[form]
        harness.run([harness.COMMAND, "export", "-f", form, *options, "-o", path, recording.folder])
        return path

    def trips(self, recording):
        """{function: (round trips at or below it, its own)}"""
        found = {row["name"]: (row["round_trips"], row["self_round_trips"]) for row in recording.json("hotspots")}
        self.assertGreater(len(found), 2)
        return found

    def test_speedscope(self):
        missing = speedscope.why_not()
        if missing:
            self.skipTest(missing)
        viewer = speedscope.Speedscope(self.folder)
        self.addCleanup(viewer.close)
        for recording in self.subjects:
            for form in FILE_NAMES:
                with self.subTest(form=form, recording=recording.folder.name):
                    # A graph without a root, as random stacks are, it does not make a tree of.
                    if form == "callgrind" and recording is not self.real:
                        continue
                    path = self.export(recording, form, "--weight", "trips", "--group", "function")
                    self.assertEqual(self.trips(recording), viewer.open(path))

    def test_speedscope_schema(self):
        schema = speedscope.FOLDER / "file-format-schema.json"
        if not schema.exists():
            self.skipTest(speedscope.why_not())
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no python3-jsonschema")
        for recording in self.subjects:
            for options in ([], ["--weight", "trips"], ["--weight", "bytes", "--group", "line", "--with-peer"]):
                document = json.loads(self.export(recording, "speedscope", *options).read_text())
                jsonschema.validate(document, json.loads(schema.read_text()))

    def test_callgrind_annotate(self):
        if not shutil.which("callgrind_annotate"):
            self.skipTest("valgrind is not installed")
        for recording in self.subjects:
            path = self.export(recording, "callgrind", "--weight", "trips")
            done = harness.run(["callgrind_annotate", "--auto=no", "--threshold=100", "--show=RoundTrips", path])
            self.assertEqual("", done.stderr)
            total = re.search(r"^ *([\d,]+) .*PROGRAM TOTALS", done.stdout, re.M)
            self.assertEqual(recording.summary()["round_trips"], number(total[1]))
            shown = collections.Counter()
            for own, name in re.findall(r"^ *([\d,]+) \([ \d.]+%\)  [^:\n]*:(.*?)(?: \[.*\])?$", done.stdout, re.M):
                shown[name] += number(own)
            self.assertEqual({k: own for k, (_, own) in self.trips(recording).items() if own}, dict(shown))

    def test_callgrind_annotate_lines(self):
        """The lines of a file have the figures that annotate has."""
        if not shutil.which("callgrind_annotate"):
            self.skipTest("valgrind is not installed")
        recording = self.real
        path = self.export(recording, "callgrind", "--weight", "trips")
        text = harness.run(["callgrind_annotate", "--auto=yes", "--threshold=100", "--show=RoundTrips", path]).stdout
        file, = (f for f in recording.json("annotate", "stacks.c"))
        own = {line["text"].strip(): line["self_round_trips"] for line in file["lines"] if line["self_round_trips"]}
        self.assertTrue(own)
        for line, trips in own.items():
            self.assertRegex(text, rf"(?m)^ *{trips} \([ \d.]+%\)\s+{re.escape(line)}$")

    def pprof(self, *arguments):
        programs = sorted(glob.glob("/usr/lib/go-*/pkg/tool/*/pprof"))
        if not programs:
            self.skipTest("golang-1.19-go is not installed")
        done = harness.run([programs[-1], *arguments], env={"HOME": str(self.folder)})
        self.assertEqual("", done.stderr)
        return done.stdout

    def test_pprof(self):
        for recording in self.subjects:
            path = self.export(recording, "pprof")
            text = self.pprof("-top", "-nodecount=0", "-nodefraction=0", "-sample_index=round_trips", path)
            shown = {}
            for own, total, name in re.findall(r"^ *(\d+) +[\d.]+% +[\d.]+% +(\d+) +[\d.]+%  (.*)$", text, re.M):
                shown[name.removesuffix(" (inline)")] = (int(total), int(own))
            self.assertEqual(self.trips(recording), shown)

    def test_pprof_totals(self):
        for recording in self.subjects:
            path = self.export(recording, "pprof", "--with-peer")
            trips = recording.lines("trips")
            sums = {"time": sum(t["latency_ns"] or 0 for t in trips), "round_trips": len(trips),
                    "bytes_sent": sum(t["bytes_sent"] for t in trips),
                    "bytes_received": sum(t["bytes_received"] for t in trips)}
            text = self.pprof("-raw", path)
            names = re.search(r"^Samples:\n(.*)$", text, re.M)[1].replace("[dflt]", "").split()
            shown = collections.Counter()
            for values in re.findall(r"^((?: +\d+)+): [\d ]+$", text, re.M):
                shown.update(dict(zip((n.split("/")[0] for n in names), map(int, values.split()))))
            self.assertEqual(sums, {k: shown[k] for k in sums})
            self.assertIn("peer", self.pprof("-tags", path))

    def test_pprof_lines(self):
        recording = self.real
        text = self.pprof("-top", "-lines", "-sample_index=round_trips", self.export(recording, "pprof"))
        for row in recording.json("hotspots", "--group", "line"):
            self.assertRegex(text, rf"(?m) {row['name']} .*stacks\.c:{row['line']}$")


if __name__ == "__main__":
    harness.main()
