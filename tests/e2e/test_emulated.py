#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings of a build for another processor, made and read by emulation."""

import json
import os

import harness

EMULATOR = os.environ["TRT_EMULATOR"].split()


class Emulated(harness.TestCase):
    def record_emulated(self, *arguments):
        """(folder of the traces, what the program printed)"""
        folder = self.new_folder()
        done = harness.run([*EMULATOR, "-E", f"LD_PRELOAD={harness.LIBRARY}", "-E", f"TRACEROUNDTRIP_OUTPUT={folder}",
                            *arguments])
        self.assertEqual("", done.stderr)
        return folder, done.stdout

    def view(self, name, folder):
        text = harness.run([*EMULATOR, harness.COMMAND, name, "--json", folder]).stdout
        lines = name in ("trips", "dump")
        return [json.loads(line) for line in text.splitlines()] if lines else json.loads(text)

    def test_round_trips(self):
        folder, _ = self.record_emulated(harness.program("threads"), "3", "100")
        summary = self.view("summary", folder)
        self.assertEqual((600, 0, 7), (summary["round_trips"], summary["lost_events"], summary["threads"]))

    def test_calls(self):
        for call in ["send", "sendmsg", "write", "writev"]:
            with self.subTest(call=call):
                folder, _ = self.record_emulated(harness.program("transfer"), call, "recv", "tcp")
                self.assertEqual(["ok"] * 4, [t["status"] for t in self.view("trips", folder)])

    def check_dump(self, *arguments):
        """What a test program says of its calls is what its trace holds, in order."""
        folder, printed = self.record_emulated(*arguments)
        rows = [json.loads(line) for line in printed.splitlines()]
        expected = [row for row in rows if row.pop("view") == "dump"]
        calls = {row["call"] for row in expected}
        got = [e for e in self.view("dump", folder) if e["call"] in calls]
        keys = ["call", "result", "errno", "direction", "offset", "bytes"]
        self.assertEqual([{k: row[k] for k in keys if k in row} for row in expected],
                         [{k: event[k] for k in keys if k in row} for row, event in zip(expected, got)])
        self.assertEqual(len(expected), len(got))

    def test_system_calls_by_number(self):
        for transport in ["tcp", "unix", "socketpair"]:
            with self.subTest(transport=transport):
                self.check_dump(harness.program("more"), "by-number", transport)
        self.check_dump(harness.program("more"), "connect-by-number")

    def test_connects(self):
        for case, error in [("refused", 111), ("in-progress", 111), ("queue-full", 11), ("abstract", 111)]:
            with self.subTest(case=case):
                folder, _ = self.record_emulated(harness.program("connecting"), case)
                failed, = (c for c in self.view("connections", folder) if c["connect_error"])
                self.assertEqual((error, case.replace("-", "_")), (failed["connect_error"], failed["connect_by"]))

    def test_other_ends(self):
        folder, _ = self.record_emulated(harness.program("transfer"), "send", "recv", "tcp")
        ends = {c["connection"]: c["peer_connection"] for c in self.view("connections", folder) if c["peer_connection"]}
        self.assertEqual(2, len(ends))
        self.assertEqual(set(ends), set(ends.values()))

    def test_stacks(self):
        for case in ["plain", "thread", "recursion"]:
            with self.subTest(case=case):
                folder, printed = self.record_emulated(harness.program("stacks"), case, "10")
                expected = printed.split()
                trip = next(t for t in self.view("trips", folder) if t["role"] == "client")
                self.assertEqual(expected, trip["stack"][-len(expected):])


if __name__ == "__main__":
    harness.main()
