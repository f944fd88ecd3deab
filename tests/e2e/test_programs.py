#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test programs print what the trace of their calls must hold; this compares.

Lines of view "dump" must be all the events of the calls that they name, and of
every call that moves bytes or connects, in this order; keys that a line lacks are
not compared.  Connections have names of the program's own, one for each.
"""

import itertools
import json
import unittest

import format_reader
import harness

SENDING = ["send", "sendto", "sendmsg", "write", "writev", "sendmmsg", "sendfile", "sendfile64", "splice", "pwritev2",
           "pwritev64v2"]
RECEIVING = ["recv", "recvfrom", "recvmsg", "read", "readv", "recvmmsg", "preadv2", "preadv64v2"]
CHECKED = ["__recv_chk", "__recvfrom_chk", "__read_chk"]
TRANSPORTS = ["tcp", "tcp6", "unix", "udp", "socketpair", "socketpair-datagram"]
ALWAYS = {"connect", *SENDING, *RECEIVING, *CHECKED}


class Comparison(harness.TestCase):
    """What a test program prints against its recording."""

    def check(self, name, *arguments, options=(), ordered=True, **rest):
        """Records a test program and compares all that it printed."""
        recording, done = self.record(harness.program(name), *arguments, options=options, **rest)
        expected = {}
        for line in done.stdout.splitlines():
            row = json.loads(line)
            expected.setdefault(row.pop("view"), []).append(row)
        self.names = {}
        if ordered:
            self.compare_dump(recording, expected.get("dump", []))
        self.compare_trips(recording, expected.get("trips", []))
        for row in expected.get("summary", []):
            summary = recording.summary()
            self.assertEqual(row, {key: summary[key] for key in row}, "summary")
        summary = recording.summary()
        self.assertEqual(0, summary["lost_events"], "lost events")
        self.compare_connections(recording, summary)
        return recording, expected

    def compare_connections(self, recording, summary):
        """`connections` and `summary` add up what `dump` lists."""
        sums = {}
        events = recording.calls()
        for event in events:
            counts = sums.setdefault(event["connection"], {"bytes_sent": 0, "bytes_received": 0})
            if event["direction"]:
                counts["bytes_" + event["direction"]] += event["bytes"]
        rows = recording.json("connections")
        for row in rows:
            for key, value in sums.get(row["connection"], {}).items():
                self.assertEqual(value, row[key], f"{key} of {row}")
        self.assertEqual(len(rows), summary["connections"])
        calls = [e for e in events if e["connection"] and "continued" not in e]
        self.assertEqual(len(calls), summary["calls"])
        for key in ("bytes_sent", "bytes_received", "round_trips", "failed", "pending"):
            self.assertEqual(sum(row[key] for row in rows), summary[key], key)

    def connection(self, name, number, what):
        """The program's name for a connection stands for one number, and the other way round."""
        self.assertEqual(name, self.names.setdefault(number, name), f"connection of {what}")
        self.assertEqual(number, next(n for n, t in self.names.items() if t == name), f"connection of {what}")

    def compare_dump(self, recording, expected):
        calls = ALWAYS | {row["call"] for row in expected}
        got = recording.calls(*calls)
        for row, event in itertools.zip_longest(expected, got):
            self.assertIsNotNone(row, f"event too many: {event}")
            self.assertIsNotNone(event, f"event missing: {row}")
            for key, value in row.items():
                if key == "connection":
                    self.connection(value, event["connection"], row)
                else:
                    self.assertEqual(value, event[key], f"{key} of {row}; got {event}")

    def compare_trips(self, recording, expected):
        if not expected:
            return
        got = recording.lines("trips")
        self.assertEqual(len(expected), len(got), f"round trips: {got}")
        for row, trip in zip(expected, got):
            for key, value in row.items():
                if key == "connection":
                    self.connection(value, trip["connection"], row)
                else:
                    self.assertEqual(value, trip[key], f"{key} of {row}; got {trip}")


class Programs(Comparison):
    def test_transfers(self):
        pairs = [(s, "recv", t) for s in SENDING for t in TRANSPORTS]
        pairs += [("send", r, t) for r in RECEIVING[1:] for t in TRANSPORTS]
        pairs += [("send", "splice", t) for t in ["tcp", "tcp6", "unix", "socketpair"]]
        for send, receive, transport in pairs:
            with self.subTest(send=send, receive=receive, transport=transport):
                self.check("transfer", send, receive, transport)

    def test_fortified_transfers(self):
        symbols = harness.run(["nm", "-D", harness.program("transfer-fortified")]).stdout
        for receive in CHECKED:
            for transport in TRANSPORTS:
                with self.subTest(receive=receive, transport=transport):
                    self.assertIn(f" U {receive}@", symbols, "the program does not use it")
                    self.check("transfer-fortified", "send", receive, transport)

    def test_failures(self):
        cases = ["broken-pipe", "reset-by-peer", "closed-by-peer", "not-connected", "cannot-open"]
        for case in cases:
            with self.subTest(case=case):
                self.check("failures", case)
        for transport in ["tcp", "tcp6", "unix"]:
            with self.subTest(case="refused", transport=transport):
                recording, _ = self.check("failures", "refused", transport)
                self.assertEqual([None, 111], [c["connect_error"] for c in recording.json("connections")])
                self.assertEqual(1, recording.summary()["connect_ns"]["count"])

    def test_not_a_socket(self):
        recording, _ = self.record(harness.program("failures"), "no-socket")
        self.assertEqual([], recording.files(), "a trace, though no call was on a socket")

    def test_connect_nonblocking(self):
        for transport in ["tcp", "tcp6"]:
            with self.subTest(transport=transport):
                self.check_connected("connect", transport)
        with self.subTest(transport="tcp", refused=True):
            self.check_connected("refused")

    def test_connect_that_is_asked_again_how_it_ended(self):
        recording, _ = self.check("nonblocking", "again")
        connects = recording.summary()["connect_ns"]
        self.assertEqual(1, connects["count"])
        self.assertGreater(connects["min"], 5_000_000)

    def check_connected(self, *arguments):
        recording, expected = self.check("nonblocking", *arguments)
        trace = format_reader.Trace(recording.files()[0])
        errors = [row["error"] for row in expected["connected"]]
        self.assertEqual(errors, [c["error"] for c in trace.connected])
        self.assertEqual(1, recording.summary()["connect_ns"]["count"])

    def test_failed_tries_are_folded(self):
        recording, expected = self.check("nonblocking", "tries")
        trace = format_reader.Trace(recording.files()[0])
        for row in expected["tries"]:
            event = next(e for e in trace.events if e["call"] == row["call"] and e["fd"] == row["fd"])
            self.assertEqual(row["tries"], event["tries"])
            self.assertLess(event["first_try_ns"], event["start_ns"])

    def test_failed_tries_are_told_at_detail_fine(self):
        recording, _ = self.record(harness.program("nonblocking"), "tries", options=["--detail", "fine"])
        failed = [e for e in recording.calls("read") if e["errno"] == 11]
        self.assertEqual(3, len(failed))

    def test_partial_writes(self):
        self.check("nonblocking", "partial")

    def test_waits(self):
        cases = [("waits", c) for c in ["poll", "ppoll", "select", "pselect", "epoll_wait", "epoll_pwait",
                                        "epoll_pwait2"]]
        cases += [("waits-fortified", c) for c in ["__poll_chk", "__ppoll_chk"]]
        for name, call in cases:
            with self.subTest(call=call, program=name):
                if name == "waits-fortified":
                    symbols = harness.run(["nm", "-D", harness.program(name)]).stdout
                    self.assertIn(f" U {call}@", symbols, "the program does not use it")
                recording, expected = self.check(name, call, ordered=False)
                self.assertEqual([], recording.calls(call), "a waiting call, though detail is medium")
                waited = expected["waited"][0]
                trip = next(t for t in recording.lines("trips") if t["role"] == "client")
                self.assertGreater(trip["wait_ns"], waited["at_least_ns"])
                self.assertGreater(trip["blocked_ns"], waited["at_least_ns"])
                fine, _ = self.record(harness.program(name), call, options=["--detail", "fine"])
                events = fine.calls(call)
                self.assertEqual([(1, 0)], [(e["result"], e["errno"]) for e in events])
                self.assertGreater(events[0]["duration_ns"], waited["at_least_ns"])

    def test_peeks_carry_no_bytes(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                self.check("messages", "peek", transport)

    def test_calls_without_bytes_are_no_round_trip(self):
        self.check("messages", "zero")

    def test_payload_is_head_and_tail_of_the_data(self):
        for call in ["send", "sendmsg", "writev"]:
            with self.subTest(call=call):
                recording, expected = self.check("messages", "payload", call)
                trace = format_reader.Trace(recording.files()[0])
                self.compare_payload(trace, expected["payload"])

    def compare_payload(self, trace, expected):
        events = [e for e in trace.events if e["result"] == 6000]
        self.assertEqual(len(expected), len(events))
        seen = {}
        for row, event in zip(expected, events):
            number = seen[row["call"]] = seen.get(row["call"], 0) + 1
            size = 1024 if number <= 2 else 256
            self.assertEqual(row["data"][:size], event["head"].decode(), f"head of {row['call']} {number}")
            self.assertEqual(row["data"][-16:], event["tail"].decode(), f"tail of {row['call']} {number}")

    def test_payload_can_be_switched_off(self):
        for options in [["--capture", "0"], ["--detail", "coarse"]]:
            with self.subTest(options=options):
                recording, _ = self.check("messages", "payload", "send", options=options)
                for trace in recording.files():
                    self.assertNotIn(b"0123456789abc", trace.read_bytes())

    def test_life_of_descriptors(self):
        for case in ["accept4", "shutdown", "dup", "dup2", "dup3", "fcntl", "fcntl64", "replaced", "reuse"]:
            with self.subTest(case=case):
                self.check("sockets", case)

    def test_inherited_socket(self):
        import socket
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(b"abcde")
            self.check("sockets", "inherited", stdin=theirs)
            self.assertEqual(b"hello", ours.recv(64))

    def test_udp_peers(self):
        for clients in [1, 2, 7]:
            with self.subTest(clients=clients):
                recording, expected = self.check("udp_peers", str(clients), ordered=False)
                trips = recording.lines("trips")
                for row in expected["roles"]:
                    for role in ["client", "server"]:
                        self.assertEqual(row[role], sum(t["role"] == role for t in trips), role)
                    self.assertEqual(row["remotes"], len({t["remote"] for t in trips}))

    def test_threads(self):
        for clients, trips in [(1, 100), (8, 2000)]:
            with self.subTest(clients=clients):
                self.check("threads", str(clients), str(trips), ordered=False)


if __name__ == "__main__":
    harness.main()
