#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small writes that wait for a delayed acknowledgement: `slow` names them, and the library makes no more of them.

A write that is smaller than a segment is held back (Nagle's algorithm) until the peer has acknowledged the
one before, and the peer delays that for 40 ms.  Whether it does depends on microseconds between the writes.
"""

import contextlib
import math
import pathlib
import socket
import sys
import threading
import time

import harness

HERE = pathlib.Path(__file__).parent
DEBIAN_PYTHON = "/usr/bin/python3"  # the one that python3-rpyc is for
PAIRS = 12


@contextlib.contextmanager
def answering(delay_s):
    """A server for one connection, which answers 8 bytes after a delay; its port."""
    def serve(listener):
        connection, _ = listener.accept()
        with connection:
            received = 0
            while data := connection.recv(100):
                received += len(data)
                if received % 8 == 0:
                    time.sleep(delay_s)
                    connection.sendall(b"answer")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener,), daemon=True)
        server.start()
        yield listener.getsockname()[1]
        server.join()


def chance(more, fewer):
    """Of so many or more among the pairs that differ, were each as likely to be the one as the other."""
    n = more + fewer
    return sum(math.comb(n, k) for k in range(more, n + 1)) / 2**n


class Stalls(harness.TestCase):
    def slowest(self, delay_s, *options):
        with answering(delay_s) as port:
            recording, _ = self.record(sys.executable, HERE / "small_writes.py", port, *options)
        return recording, recording.json("slow")

    def test_slow_names_small_writes(self):
        recording, trips = self.slowest(0)
        # A busy machine may be later than anybody's acknowledgement: those are not named.
        stalled = [t for t in trips if t["likely_cause"] == "small_writes"]
        self.assertGreater(len(stalled), 0, trips)
        self.assertTrue(all(t["wait_ns"] > 38e6 for t in stalled))
        text = recording.text("slow")
        self.assertIn("\n     likely cause: small writes: Nagle's algorithm and a delayed acknowledgement\n        (", text)
        self.assertIn("2 writes, the last of 4 B, TCP_NODELAY not set", text)

    def test_slow_server_is_not_taken_for_one(self):
        """The same writes and the same time, but the socket sends them at once."""
        recording, trips = self.slowest(0.042, "nodelay")
        self.assertEqual({None}, {t["likely_cause"] for t in trips})
        self.assertNotIn("likely cause", recording.text("slow"))

    def test_library_adds_no_stalls(self):
        """
        RPyC's frames above 64,000 bytes, without the library and with it, in turns.  Without payload: what
        copying it beforehand takes is enough to cause some, as docs/limits.md tells.
        """
        port = harness.free_port()
        client = [DEBIAN_PYTHON, HERE / "rpyc_client.py", port]
        more = fewer = 0
        with harness.server([DEBIAN_PYTHON, HERE / "rpyc_server.py", port], ("127.0.0.1", port)):
            for _ in range(PAIRS):
                without = int(harness.run(client).stdout)
                recording, done = self.preload(*client, env={"TRACEROUNDTRIP_CAPTURE": "0"})
                self.assertEqual(0, recording.summary()["lost_events"])
                more += int(done.stdout) > without
                fewer += int(done.stdout) < without
        # How many stall differs from run to run, with the library or without: what counts is whether
        # it is more with it in nearly all pairs, which by luck happens once in a thousand times.
        self.assertGreater(chance(more, fewer), 0.001, f"more stalls with the library in {more} pairs, fewer in {fewer}")


if __name__ == "__main__":
    harness.main()
