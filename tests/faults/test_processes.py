#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What processes do to a library in them: fork, exec, threads, signals, ends of all kinds."""

import signal

import format_reader
import harness

# Events of one turn: two sends, two receives.  Its round trips: the client's and the server's.
CALLS_A_TURN = 4
TRIPS_A_TURN = 2


def transfers(trace):
    return [e for e in trace.events if e["call"] in ("send", "recv")]


class Processes(harness.TestCase):
    def traces(self, recording):
        return [format_reader.Trace(path) for path in recording.files()]

    def test_ends(self):
        ends = {"return": 0, "_exit": 0, "exit_group": 0, "quick_exit": 0, "pthread_exit": 0,
                "abort": -signal.SIGABRT, "fault": -signal.SIGSEGV, "terminated": -signal.SIGTERM}
        for how, status in ends.items():
            with self.subTest(how=how):
                recording, _ = self.preload(harness.program("exits"), how, status=status)
                self.assertEqual(3 * TRIPS_A_TURN, recording.summary()["round_trips"])

    def test_exec(self):
        """The same process, another image: a trace for each."""
        recording, _ = self.preload(harness.program("exits"), "exec")
        self.assertEqual(2, len(recording.files()))
        self.assertEqual(6 * TRIPS_A_TURN, recording.summary()["round_trips"])
        self.assertEqual(1, len({t.header["pid"] for t in self.traces(recording)}))

    def test_exit_status_through_record(self):
        """By the same signal, so that a shell shows the program's end as ever."""
        for how, status in {"return": 0, "abort": -signal.SIGABRT, "terminated": -signal.SIGTERM}.items():
            with self.subTest(how=how):
                self.record(harness.program("exits"), how, status=status)

    def test_forks_while_threads_send(self):
        children = 40
        for how in ["fork", "exec", "clone"]:
            with self.subTest(how=how):
                recording, done = self.preload(harness.program("forks"), how, children)
                turns = int(done.stdout)
                traces = self.traces(recording)
                parents = [t for t in traces if len(transfers(t)) != 5 * CALLS_A_TURN]
                self.assertEqual(1, len(parents), "traces that are not a child's")
                parent = parents[0]
                self.assertEqual(0, parent.header["lost_events"])
                self.assertEqual(turns * CALLS_A_TURN, len(transfers(parent)))
                own = [t for t in traces if t is not parent and transfers(t)]
                self.assertEqual(children, len(own))
                for trace in own:
                    self.assertEqual(parent.header["pid"], trace.header["parent_pid"])
                self.assertEqual(children, len({t.header["pid"] for t in own}))
                self.assertEqual((turns + 5 * children) * TRIPS_A_TURN, recording.summary()["round_trips"])

    def test_children_that_share_our_memory(self):
        """A vfork child closes our numbers in its own table: our connections stay what they are."""
        for how in ["vfork", "posix_spawn", "system"]:
            with self.subTest(how=how):
                recording, _ = self.preload(harness.program("vforks"), how)
                trace, = self.traces(recording)
                connections = {e["connection"] for e in transfers(trace)}
                self.assertEqual(2, len(connections))
                last = max((e for e in trace.events if e["call"] == "recv" and e["result"] == 4),
                           key=lambda e: e["start_ns"])
                self.assertEqual(20 * 4, last["offset"])
                self.assertEqual(21 * TRIPS_A_TURN, recording.summary()["round_trips"])

    def test_short_threads(self):
        """2,000 threads, eight at a time, hand their chunks on: the file stays small."""
        recording, _ = self.preload(harness.program("short_threads"), 2000, 8)
        trace, = self.traces(recording)
        self.assertEqual(2000 * CALLS_A_TURN, len(transfers(trace)))
        self.assertEqual(0, trace.header["lost_events"])
        self.assertEqual(2000, len({e["tid"] for e in transfers(trace)}))
        self.assertEqual(2000 * TRIPS_A_TURN, recording.summary()["round_trips"])
        # 2,000 threads make a few MB of events and connections; a chunk each would be 125 MiB.
        self.assertLess(trace.header["chunks"] * 65536, 16 << 20)

    def test_signal_handlers_that_send(self):
        recording, done = self.preload(harness.program("signals"), 400000)
        program, handler = map(int, done.stdout.split())
        self.assertGreater(handler, 20, "the handler hardly ran")
        trace, = self.traces(recording)
        events = [e for e in trace.events if e["call"] in ("send", "recv", "read")]
        self.assertEqual(program + handler, len(events) + trace.header["lost_events"])
        self.assertLessEqual(trace.header["lost_events"], handler, "more lost than handlers could cost")
        offsets = {}
        for event in events:
            key = event["connection"], event["call"]
            self.assertGreaterEqual(event["offset"], offsets.get(key, 0), "offsets go back")
            offsets[key] = event["offset"]

    def test_calls_that_never_return(self):
        for how in ["longjmp", "cancel"]:
            with self.subTest(how=how):
                recording, _ = self.preload(harness.program("escapes"), how, 200)
                trace, = self.traces(recording)
                self.assertEqual(10 * CALLS_A_TURN, sum(e["result"] > 0 for e in transfers(trace)))
                self.assertEqual(0, trace.header["lost_events"])

    def test_programs_that_close_every_descriptor(self):
        recording, _ = self.preload(harness.program("closes_all"))
        trace, = self.traces(recording)
        self.assertEqual(6 * CALLS_A_TURN, len(transfers(trace)))
        self.assertEqual(6 * TRIPS_A_TURN, recording.summary()["round_trips"])
        self.assertEqual([], [e for e in trace.events if e["call"] == "write"], "a write to a file")

    def test_code_without_unwind_tables(self):
        """An unwinder that tries addresses through a pipe of its own must not meet the program's descriptors."""
        harness.run([harness.program("no_tables")])
        for memo in ["0", "1"]:
            with self.subTest(memo=memo):
                recording, _ = self.preload(harness.program("no_tables"), env={"TRACEROUNDTRIP_STACK_MEMO": memo})
                self.assertEqual(0, recording.summary()["lost_events"])


if __name__ == "__main__":
    harness.main()
