#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""traceroundtrip export: what it writes for recordings made by hand, where to, and what it says."""

import json
import os
import pty

import harness
import profiles

SCRIPT_TOOL = harness.PROGRAMS / "unit" / "script_tool"
FORMATS = ["folded", "speedscope", "callgrind", "pprof"]

# Stacks have no modules: their frames are addresses.  The last request has no answer.
CLIENT = """
process 100 asker;one 1
connection 1 tcp socket created=1001000
addresses 1 127.0.0.1:40000 127.0.0.1:6379
connection 2 unix socket created=2001000
connected 1 1001000-1101000
addresses 2 ? /run/x.sock
lookup 10 example.org 900000-950000 0 127.0.0.1
stack 1 0x3000 0x2000 0x1000
stack 2 0x4000 0x2000 0x1000
10 send 1 2001000-2011000 100 stack=1
10 recv 1 2011000-3001000 50 stack=1
10 send 2 3001000-3002000 10 stack=2
10 recv 2 3002000-3102000 20 stack=2
10 send 1 4001000-4011000 100 stack=2
10 recv 1 4011000-9001000 50 stack=2
10 send 2 5001000-5002000 10
10 recv 2 5002000-5052000 ECONNRESET
10 send 1 9501000-9511000 7 stack=1
end 10001000
"""

SERVER = """
process 200 server 1
connection 1 tcp accept created=1001000
addresses 1 127.0.0.1:6379 127.0.0.1:40000
stack 1 0x5000
20 recv 1 2001000-2101000 100 stack=1
20 send 1 2601000-2611000 50
end 10001000
"""


class Export(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.data = self.folder / "data"
        self.data.mkdir()
        self.write("client", CLIENT)
        self.path = self.folder / "exported"

    def write(self, name, script):
        source = self.folder / "script"
        source.write_text(script)
        harness.run([SCRIPT_TOOL, source, self.data / (name + ".trt")])

    def run_export(self, form, *options, status=0, **rest):
        return harness.run([harness.COMMAND, "export", "-f", form, *options, self.data], status=status, **rest)

    def folded(self, *options):
        return set(self.run_export("folded", *options).stdout.splitlines())

    def exported(self, form, *options):
        self.run_export(form, "-o", self.path, *options)
        return self.path

    # What is written

    def test_folded(self):
        self.assertEqual({"0x1000;0x2000;0x3000 1000000", "0x1000;0x2000;0x4000 5101000"}, self.folded())
        self.assertEqual({"0x1000;0x2000;0x3000 2", "0x1000;0x2000;0x4000 2", "(stack not known) 1"},
                         self.folded("--weight", "trips"))
        self.assertEqual({"0x1000;0x2000;0x3000 157", "0x1000;0x2000;0x4000 180", "(stack not known) 10"},
                         self.folded("--weight", "bytes"))
        self.assertEqual({"(stack not known) 1"}, self.folded("--weight", "errors"))

    def test_heaviest_first(self):
        lines = self.run_export("folded").stdout.splitlines()
        self.assertIn("0x4000", lines[0])

    def test_peers(self):
        self.assertEqual({"0x1000;0x2000;0x3000;example.org:6379 2", "0x1000;0x2000;0x4000;example.org:6379 1",
                          "0x1000;0x2000;0x4000;/run/x.sock 1", "(stack not known);/run/x.sock 1"},
                         self.folded("--weight", "trips", "--with-peer"))
        self.write("server", SERVER)
        self.assertIn("server;0x5000;127.0.0.1:6379 1", self.folded("--weight", "trips", "--with-peer"))
        labels = profiles.Pprof(self.exported("pprof", "--with-peer")).labels
        self.assertEqual({("program", "asker;one"), ("program", "server"), ("peer", "example.org:6379"),
                          ("peer", "/run/x.sock"), ("peer", "127.0.0.1:6379")}, labels)

    def test_several_programs(self):
        self.write("server", SERVER)
        self.assertEqual({"asker:one;0x1000;0x2000;0x3000 2", "asker:one;0x1000;0x2000;0x4000 2",
                          "asker:one;(stack not known) 1", "server;0x5000 1"}, self.folded("--weight", "trips"))
        document = json.loads(self.run_export("speedscope", "--weight", "trips").stdout)
        self.assertEqual({"asker;one": 5, "server": 1}, {p["name"]: p["endValue"] for p in document["profiles"]})
        profile = profiles.Callgrind(self.exported("callgrind"))
        self.assertEqual(5, profile.inclusive[("???", "???", "asker;one"), "RoundTrips"])

    def test_units(self):
        for weight, unit in [("time", "nanoseconds"), ("trips", "none"), ("bytes", "bytes"), ("errors", "none")]:
            document = json.loads(self.run_export("speedscope", "--weight", weight).stdout)
            self.assertEqual(unit, document["profiles"][0]["unit"])

    def test_filters(self):
        self.assertEqual({"0x1000;0x2000;0x4000 1"}, self.folded("--weight", "trips", "--min-duration", "2ms"))
        self.assertEqual({"0x1000;0x2000;0x4000 1", "(stack not known) 1"},
                         self.folded("--weight", "trips", "--peer", "/run/*"))

    def test_pprof_times(self):
        message = dict(profiles.fields(profiles.gzip.open(self.exported("pprof")).read()))
        process, = json.loads(harness.run([harness.COMMAND, "info", "--json", self.data]).stdout)
        self.assertEqual(10_000_000, message[10])
        self.assertGreater(message[9], 10**18, process)

    def peak_bytes(self, form, events):
        """The most memory that exporting a trace with so many events takes."""
        trace = self.folder / "large.trt"
        harness.run([harness.PROGRAMS / "unit" / "make_trace", "--events", events, "--connections", 50, trace])
        child = os.posix_spawn(harness.COMMAND, [harness.COMMAND, "export", "-f", form, "-o", "/dev/null", trace], os.environ)
        _, status, usage = os.wait4(child, 0)
        self.assertEqual(0, status)
        return usage.ru_maxrss * 1024

    def test_memory_does_not_grow_with_events(self):
        """The same stacks, fifty times the events: 44 MB more of a trace."""
        for form in FORMATS:
            with self.subTest(form=form):
                few, many = (self.peak_bytes(form, events) for events in (10_000, 500_000))
                self.assertLess(many - few, 4 << 20)

    def test_hostile_names(self):
        """Quotes, separators and escapes of a program and of a name that was looked up."""
        hostile = CLIENT.replace("asker;one", 'a"b\\c;\033[31m').replace("example.org", 'ev"il;\033.org')
        self.write("client", hostile)
        self.write("server", SERVER)
        shown = 'a"b\\c;\\x1b[31m'
        path = self.exported("folded", "--weight", "trips", "--with-peer")
        stacks = profiles.folded_stacks(path)
        self.assertEqual(2, stacks[shown.replace(";", ":"), "0x1000", "0x2000", "0x3000", 'ev"il:\\x1b.org:6379'])
        document = json.loads(self.exported("speedscope", "--weight", "trips", "--with-peer").read_text())
        self.assertIn(shown, [p["name"] for p in document["profiles"]])
        profile = profiles.Callgrind(self.exported("callgrind", "--with-peer"))
        self.assertEqual(5, profile.inclusive[("???", "???", shown), "RoundTrips"])
        self.assertIn(("program", shown), profiles.Pprof(self.exported("pprof", "--with-peer")).labels)

    # Where to, and what is said

    def test_same_on_standard_output(self):
        for form in FORMATS:
            with self.subTest(form=form):
                with open(self.folder / "piped", "wb") as piped:
                    self.run_export(form, stdout=piped)
                self.assertEqual(self.exported(form).read_bytes(), (self.folder / "piped").read_bytes())

    def test_round_trips_without_time(self):
        self.assertIn("2 round trips without an answer have no time", self.run_export("folded").stderr)
        self.assertEqual("", self.run_export("folded", "--weight", "trips").stderr)

    def test_losses_are_told_beside(self):
        self.write("lossy", SERVER + "lost 3\n")
        done = self.run_export("folded")
        self.assertIn("3 calls missing", done.stderr)
        self.assertNotIn("missing", done.stdout)

    def test_cannot_be_written(self):
        for form in FORMATS:
            with self.subTest(form=form):
                for path in (self.folder, self.folder / "none" / "file"):
                    done = self.run_export(form, "--weight", "trips", "-o", path, status=1)
                    self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)
                    self.assertIn(str(path), done.stderr)

    def test_full_disk(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        for form in FORMATS:
            with self.subTest(form=form):
                done = self.run_export(form, "--weight", "trips", "-o", "/dev/full", status=1)
                self.assertIn("No space left", done.stderr)
                self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)
                with open("/dev/full", "wb") as full:
                    done = self.run_export(form, "--weight", "trips", status=1, stdout=full)
                self.assertIn("No space left", done.stderr)
                self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)

    def test_nothing_to_export(self):
        self.path.write_text("of another day")
        done = self.run_export("folded", "-o", self.path, "--min-duration", "1h", status=1)
        self.assertEqual(("", 1), (done.stdout, len(done.stderr.splitlines())))
        self.assertEqual("of another day", self.path.read_text())

    def test_usage(self):
        for options, words in [(["-f", "svg"], "speedscope"), (["--weight", "x"], "errors"), ([], "which format")]:
            done = harness.run([harness.COMMAND, "export", *options, self.data], status=2)
            self.assertIn(words, done.stderr)

    def test_nothing_binary_for_a_terminal(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execl(harness.COMMAND, harness.COMMAND, "export", "-f", "pprof", str(self.data))
        text = b""
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            text += piece
        os.close(terminal)
        self.assertEqual(2, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        self.assertIn(b"nothing for a terminal", text)


if __name__ == "__main__":
    harness.main()
