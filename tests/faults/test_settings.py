#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""TRACEROUNDTRIP_* in the environment: what they do, and that bad values do nothing but complain."""

import harness
import format_reader

BAD = {
    "MAX_SIZE": ["", "lots", "-1", "12X", "0", "1e99", "5 M", "nan"],
    "CAPTURE": ["all", "-5", "9999999999"],
    "DETAIL": ["extreme", "2", "MEDIUM "],
    "STACK_DEPTH": ["deep", "-1", "1.5.2", "100000"],
    "SLOW": ["100", "fast", "-1ms", "1 hour"],
}


class Settings(harness.TestCase):
    def run_with(self, **settings):
        env = {"TRACEROUNDTRIP_" + name: value for name, value in settings.items()}
        recording, done = self.preload(harness.program("exits"), "return", env=env)
        return recording, done.stderr

    def trace(self, **settings):
        recording, errors = self.run_with(**settings)
        self.assertEqual("", errors)
        return format_reader.Trace(recording.files()[0])

    def test_bad_values(self):
        default = self.trace().header
        for name, values in BAD.items():
            for value in values:
                with self.subTest(name=name, value=value):
                    recording, errors = self.run_with(**{name: value})
                    if value:
                        self.assertEqual(1, errors.count("\n"), errors)
                        self.assertIn(f"TRACEROUNDTRIP_{name}", errors)
                        self.assertIn(value, errors)
                    else:
                        self.assertEqual("", errors)
                    header = format_reader.Trace(recording.files()[0]).header
                    for key in ("limit_bytes", "capture_bytes", "detail", "stack_depth"):
                        self.assertEqual(default[key], header[key], key)
                    self.assertEqual(6, recording.summary()["round_trips"])

    def test_several_bad_values_are_one_line(self):
        _, errors = self.run_with(MAX_SIZE="x", CAPTURE="y", DETAIL="z")
        self.assertEqual(1, errors.count("\n"), errors)

    def test_quiet(self):
        _, errors = self.run_with(MAX_SIZE="x", QUIET="1")
        self.assertEqual("", errors)

    def test_disable(self):
        for value, traced in {"1": False, "yes": False, "0": True, "": True}.items():
            with self.subTest(value=value):
                recording, errors = self.run_with(DISABLE=value)
                self.assertEqual("", errors)
                self.assertEqual(traced, bool(recording.files()))

    def test_detail(self):
        coarse, medium = self.trace(DETAIL="coarse"), self.trace(DETAIL="medium")
        self.assertEqual((1, 0, 0), (coarse.header["detail"], len(coarse.stacks), coarse.header["capture_bytes"]))
        self.assertTrue(all(e["stack"] == 0 and not e["head"] for e in coarse.events))
        self.assertTrue(all(e["stack"] in medium.stacks for e in medium.events if e["call"] in ("send", "recv")))
        self.assertTrue(all(e["head"] for e in medium.events if e["call"] in ("send", "recv")))

    def test_stack_depth(self):
        self.assertEqual(2, max(len(s) for s in self.trace(STACK_DEPTH="2").stacks.values()))
        self.assertEqual({}, self.trace(STACK_DEPTH="0").stacks)

    def test_capture(self):
        trace = self.trace(CAPTURE="2")
        heads = {e["head"] + e["tail"] for e in trace.events if e["call"] == "send"}
        self.assertEqual({b"as", b"te"}, {h[:2] for h in heads})
        self.assertLessEqual(max(len(h) for h in heads), 4)

    def test_slow_round_trips_are_told_while_the_program_runs(self):
        """100 ms of waiting is slow above 50 ms and not above 1000 s."""
        recording, done = self.preload(harness.program("waits"), "poll", env={"TRACEROUNDTRIP_SLOW": "50ms"})
        lines = done.stderr.splitlines()
        self.assertGreaterEqual(len(lines), 1)
        self.assertLessEqual(len(lines), 2)
        self.assertIn("127.0.0.1:", done.stderr)
        _, done = self.preload(harness.program("waits"), "poll", env={"TRACEROUNDTRIP_SLOW": "1000s"})
        self.assertEqual("", done.stderr)
        _, done = self.preload(harness.program("waits"), "poll",
                               env={"TRACEROUNDTRIP_SLOW": "50ms", "TRACEROUNDTRIP_QUIET": "1"})
        self.assertEqual("", done.stderr)


if __name__ == "__main__":
    harness.main()
