#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python frames in a recording are those of Python's own tracebacks: of every interpreter that is here, from all
kinds of places in code, file, line and name of every frame."""

import collections
import json
import os
import pathlib
import re

import format_reader
import harness
import interpreters

MARK = re.compile(rb"#(\d{8})#")
SENDING = {"send", "sendto", "sendmsg", "write", "SSL_write", "SSL_write_ex"}
LIMIT = 256
STACKS_MIN, KINDS_MIN = 10000, 32
LONG = "TRT_PYTHON_LONG" in os.environ


class CallSites(harness.TestCase):
    def record_sites(self, python, *options, **settings):
        env = {"TRACEROUNDTRIP_" + name: value for name, value in settings.items()}
        env["TRACEROUNDTRIP_STACK_DEPTH"] = str(LIMIT)
        folder = self.folder / "sites"
        folder.mkdir()
        recording, _ = self.preload(python, *options, pathlib.Path(__file__).with_name("call_sites.py"), folder, env=env)
        return recording, [json.loads(file.read_text()) for file in folder.glob("expected.*.json")]

    def recorded(self, trace, tls):
        """{(number, thread): [stack of each call that sent it]}"""
        sent = collections.defaultdict(list)
        for event in trace.events:
            number = MARK.search(event["head"])
            if number and event["call"] in SENDING and event["call"].startswith("SSL") == tls:
                stack = event["language_stack"]
                sent[int(number[1]), event["tid"]].append(trace.frames(stack) if stack else None)
        return sent

    def check(self, frames, stack):
        """Why recorded frames are not what Python said of them; None if they are."""
        if frames is None:
            return "no stack"
        qualified = any(name != short for short, name, _, _ in stack)
        cut_short = len(frames) < len(stack) and len(frames) > LIMIT * 0.9
        wanted = [(name if qualified else short, file.encode(errors="surrogateescape")[:4096], line)
                  for short, name, file, line in stack]
        found = [(name, file.encode(errors="replace"), line) for name, file, line in frames]
        wanted = [(name, file.decode(errors="replace").encode(), line) for name, file, line in wanted]
        if found != (wanted[:len(found)] if cut_short else wanted):
            return f"recorded {found}\n    Python {wanted}"
        return None

    def compare(self, recording, told):
        count, wrong, kinds = 0, [], collections.Counter()
        traces = [format_reader.Trace(path) for path in recording.files()]
        sent = collections.defaultdict(list)
        for trace in traces:
            for tls in (False, True):
                for key, stacks in self.recorded(trace, tls).items():
                    sent[key] += stacks
        for process in told:
            stacks = [[tuple(frame) for frame in stack] for stack in process["stacks"]]
            expected = collections.defaultdict(list)
            for number, tid, index in process["expected"]:
                expected[number, tid].append(stacks[index])
            kinds.update(process["kinds"])
            for key, wanted in expected.items():
                found = sent.get(key, [])
                if len(found) != len(wanted):
                    wrong.append(f"{key}: {len(found)} calls of {len(wanted)}: {wanted[0][:2]}")
                for frames, stack in zip(found, wanted):
                    count += 1
                    reason = self.check(frames, stack)
                    if reason:
                        wrong.append(f"{key}: {reason}")
        self.assertEqual([], wrong[:3], f"{len(wrong)} of {count}")
        return count, kinds

    def check_interpreter(self, python, *options, **settings):
        recording, told = self.record_sites(python, *options, **settings)
        count, kinds = self.compare(recording, told)
        print("# " + f"{python} {' '.join(options)}: {count} stacks of {len(kinds)} kinds", flush=True)
        self.assertGreaterEqual(count, STACKS_MIN)
        self.assertGreaterEqual(len(kinds), KINDS_MIN)
        states = {format_reader.Trace(path).runtimes[1]["state"] for path in recording.files()}
        self.assertEqual({2}, states)


def add_test(python, *options):
    def test(self):
        self.check_interpreter(python, *options)
    name = re.sub(r"\W+", "_", " ".join([interpreters.version(python), *options]))
    setattr(CallSites, f"test_{name}", test)


for path in interpreters.found():
    add_test(path)
for some_options in [("-X", "dev"), ("-OO",)] + [("-X", "no_debug_ranges"), ("-X", "frozen_modules=off")] * LONG:
    add_test(interpreters.found()[0], *some_options)

if __name__ == "__main__":
    harness.main()
