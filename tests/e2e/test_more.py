#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways in which sockets come, go and move bytes that are easily missed; what the kernel says."""

import harness
from test_programs import Comparison


class More(Comparison):
    def more(self, *arguments, **rest):
        return self.check("more", *arguments, **rest)

    def connection_of(self, recording, number):
        return next(c for c in recording.json("connections") if c["connection"] == number)

    def test_several_messages_of_one_call(self):
        for transport in ["udp", "socketpair-datagram"]:
            with self.subTest(transport=transport):
                recording, _ = self.more("several", transport)
                for call in ["sendmmsg", "recvmmsg"]:
                    events = recording.calls(call)
                    self.assertEqual([False, True, True], ["continued" in e for e in events])
                    self.assertEqual([1, 2, 3], [e["bytes"] for e in events])

    def test_failures(self):
        recording, _ = self.more("failing")
        self.assertEqual(0, sum(p["damaged_chunks"] for p in recording.json("info")))

    def test_closes_without_an_event(self):
        for way in ["close_range", "close_range-cloexec", "closefrom", "freopen", "freopen64", "syscall", "raw"]:
            with self.subTest(way=way):
                recording, expected = self.more("closed-by", way)
                trip = next(t for t in recording.lines("trips") if t["role"] == "client")
                closed = self.connection_of(recording, trip["connection"])
                self.assertEqual(expected["closed"][0]["sent"], closed["bytes_sent"])
                if way != "raw":
                    self.assertIsNotNone(closed["closed_ns"])

    def test_streams_of_stdio(self):
        recording, expected = self.more("stream")
        self.check_unseen(recording, expected)
        self.assertIn("stdio", " ".join(recording.summary()["blind_spots"]))
        self.assertIn("stdio", recording.text("info"))

    def check_unseen(self, recording, expected):
        row = expected["unseen"][0]
        self.assertEqual(row["bytes"], recording.summary()["unseen_bytes"])
        self.assertEqual([0, row["bytes"]], sorted(c["unseen_bytes"] for c in recording.json("connections")
                                                   if c["remote"] and c["role"]))
        self.assertIn("went round libc", recording.text("summary"))

    def test_bytes_that_no_library_sees(self):
        recording, expected = self.more("unseen")
        self.check_unseen(recording, expected)
        self.assertRegex(recording.text("summary"), r"28\.3 KiB of 29\.3 KiB on connection #\d+ .* went round libc")

    def test_io_uring(self):
        recording, _ = self.more("ring")
        self.assertEqual(["uses io_uring: its transfers are not seen"], recording.summary()["blind_spots"])
        for view in ["summary", "info"]:
            self.assertIn("uses io_uring", recording.text(view))

    def test_all_bytes_are_seen(self):
        recording, _ = self.check("transfer", "send", "recv", "tcp")
        self.assertEqual(0, recording.summary()["unseen_bytes"])
        self.assertNotIn("went round", recording.text("summary"))

    def test_sockets_in_messages(self):
        for stale in ["fresh", "stale"]:
            with self.subTest(number=stale):
                recording, _ = self.more("passed", stale)
                self.assertNotIn("found", [c["origin"] for c in recording.json("connections")])
                self.assertEqual(0, recording.summary()["unseen_bytes"])

    def test_sockets_passed_to_another_process(self):
        recording, _ = self.record("python3", "-c", PASS)
        rows = [c for c in recording.json("connections") if c["transport"] == "tcp" and c["remote"]]
        moved = sorted((c["origin"], c["bytes_sent"], c["bytes_received"], c["unseen_bytes"]) for c in rows)
        self.assertEqual([("accept", 7000, 5100, 0), ("found", 5000, 7000, None), ("socket", 100, 0, None)], moved,
                         "a shared socket is not compared")

    def test_system_calls_by_number(self):
        for transport in ["tcp", "unix", "socketpair"]:
            with self.subTest(transport=transport):
                self.more("by-number", transport)
        self.more("connect-by-number")

    def test_options(self):
        recording, _ = self.more("options")
        options = [(e["option_name"], e["option_value"]) for e in recording.calls("setsockopt", "fcntl64")]
        self.assertEqual([("TCP_NODELAY", 1), ("SO_RCVTIMEO", 5), ("F_SETFL", 2)], options)
        self.assertIn("setsockopt(", recording.text("dump"))
        self.assertIn("TCP_NODELAY=1", recording.text("dump"))

    def test_when_a_response_was_there(self):
        for wait in ["poll", "epoll"]:
            with self.subTest(wait=wait):
                recording, _ = self.record(harness.program("more"), "arrival", wait)
                client, server = sorted(recording.lines("trips"), key=lambda t: t["role"])
                self.assertGreaterEqual(client["wait_ns"], 60_000_000)
                self.assertGreaterEqual(client["receive_ns"], 40_000_000)
                self.assertLess(client["wait_ns"] + client["receive_ns"], client["latency_ns"] + 1)
                self.assertGreaterEqual(server["queue_ns"], 60_000_000)
                self.assertIsNone(client["queue_ns"])
                self.assertIn("queued", recording.text("slow"))

    def test_network_round_trip_time(self):
        recording, _ = self.record(harness.program("more"), "arrival", "poll")
        trip = next(t for t in recording.json("slow") if t["role"] == "client")
        row = self.connection_of(recording, trip["connection"])
        self.assertGreater(row["rtt_us"], 0)
        self.assertGreaterEqual(row["rtt_us"], row["min_rtt_us"])
        self.assertEqual(0, row["retransmits"])
        self.assertRegex(recording.text("slow"), r"waited [\d.]+ms; network RTT [\d.]+(us|ms) .*: the time was the peer's")
        self.assertIn("RTT", recording.text("connections", "--width", "200"))
        unix, _ = self.check("transfer", "send", "recv", "unix")
        self.assertEqual({None}, {c["rtt_us"] for c in unix.json("connections")})

    def test_processor_and_memory(self):
        recording, _ = self.record("python3", "-c", BUSY)
        summary = recording.summary()
        self.assertGreater(summary["cpu_ns"], 100_000_000)
        self.assertGreater(summary["resident_bytes_max"], 64 << 20)
        text = recording.text("summary")
        self.assertRegex(text, r"cpu +mean [\d.]+%, max [\d.]+% of one processor")
        self.assertRegex(text, r"memory +mean [\d.]+ MiB, max [\d.]+ MiB resident")
        timeline = recording.json("timeline")
        self.assertTrue(any(share is not None and share > 0.5 for share in timeline["cpu"]))
        self.assertGreater(max(b for b in timeline["resident_bytes"] if b is not None), 64 << 20)
        self.assertIn("cpu, up to", recording.text("timeline"))

    def test_refused(self):
        recording, _ = self.check("failures", "refused", "tcp")
        row = next(c for c in recording.json("connections") if c["connect_error"])
        self.assertEqual("Connection refused", row["connect_outcome"])
        self.assertEqual("refused", row["connect_by"])
        self.assertRegex(recording.text("connections"), r": Connection refused after \S+, by refused")


# 64 MiB, then work for more than two samples, with calls on a socket in between.
BUSY = """
import socket, time
memory = bytearray(64 << 20)
a, b = socket.socketpair()
end = time.monotonic() + 0.5
while time.monotonic() < end:
    a.send(b'x'); b.recv(1); b.send(b'y'); a.recv(1)
    sum(range(20000))
"""

# A connection that one process made and another one goes on with.
PASS = """
import os, socket
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()
here, there = socket.socketpair()
if os.fork() == 0:
    for s in (listener, client, server, here):
        s.close()
    passed = socket.socket(fileno=socket.recv_fds(there, 1, 1)[1][0])
    passed.sendall(b"q" * 5000)
    passed.recv(7000, socket.MSG_WAITALL)
    passed.close()
    os._exit(0)
client.sendall(b"p" * 100)
socket.send_fds(here, [b"x"], [client.fileno()])
server.recv(5100, socket.MSG_WAITALL)
server.sendall(b"r" * 7000)
os.wait()
client.close()
server.close()
"""

if __name__ == "__main__":
    harness.main()
