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
        return [json.loads(line) for line in text.splitlines()] if name == "trips" else json.loads(text)

    def test_round_trips(self):
        folder, _ = self.record_emulated(harness.program("threads"), "3", "100")
        summary = self.view("summary", folder)
        self.assertEqual((600, 0, 7), (summary["round_trips"], summary["lost_events"], summary["threads"]))

    def test_calls(self):
        for call in ["send", "sendmsg", "write", "writev"]:
            with self.subTest(call=call):
                folder, _ = self.record_emulated(harness.program("transfer"), call, "recv", "tcp")
                self.assertEqual(["ok"] * 4, [t["status"] for t in self.view("trips", folder)])

    def test_stacks(self):
        for case in ["plain", "thread", "recursion"]:
            with self.subTest(case=case):
                folder, printed = self.record_emulated(harness.program("stacks"), case, "10")
                expected = printed.split()
                trip = next(t for t in self.view("trips", folder) if t["role"] == "client")
                self.assertEqual(expected, trip["stack"][-len(expected):])


if __name__ == "__main__":
    harness.main()
