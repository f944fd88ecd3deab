#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A python3 client and server, both recorded, into one folder: two views of the same round trips."""

import pathlib
import sys

import harness

HERE = pathlib.Path(__file__).parent
COUNT = 200


class Sockets(harness.TestCase):
    def both(self):
        """Records both ends into one folder; returns the recording."""
        data = self.new_folder()
        port = harness.free_port()
        environment = harness.preload_env(data)
        server = [sys.executable, HERE / "sockets_server.py", port]
        with harness.server(server, ("127.0.0.1", port), env=environment) as child:
            done = harness.run([sys.executable, HERE / "sockets_client.py", port, COUNT], env=environment)
            child.wait(harness.PATIENCE_S)
        self.assertEqual(f"{COUNT}\n", done.stdout)
        return harness.Recording(data)

    def test_both_ends_see_the_same(self):
        recording = self.both()
        trips = recording.lines("trips")
        client = [t for t in trips if t["role"] == "client"]
        server = [t for t in trips if t["role"] == "server"]
        self.assertEqual(COUNT, len(client))
        self.assertEqual([(t["bytes_sent"], t["bytes_received"]) for t in client],
                         [(t["bytes_received"], t["bytes_sent"]) for t in server])
        self.assertEqual([1 + 37 * i for i in range(COUNT)], [t["bytes_received"] for t in client])
        self.assertEqual({(t["local"], t["remote"]) for t in client}, {(t["remote"], t["local"]) for t in server})
        summary = recording.summary()
        self.assertEqual(2, summary["processes"])
        self.assertEqual(2 * COUNT, summary["round_trips"])
        rows = {(c["pid"], c["connection"]): c for c in recording.json("connections")}
        ours, theirs = (client[0]["pid"], client[0]["connection"]), (server[0]["pid"], server[0]["connection"])
        for end, other in [(ours, theirs), (theirs, ours)]:
            self.assertEqual(other, (rows[end]["peer_pid"], rows[end]["peer_connection"]))
        for ours, theirs in zip(client, server):
            self.assertLess(ours["start_ns"], theirs["start_ns"])
            self.assertLess(theirs["wait_ns"], ours["latency_ns"])

    def test_filters(self):
        recording = self.both()
        trips = recording.lines("trips")
        pid = next(t["pid"] for t in trips if t["role"] == "client")
        self.assertEqual(COUNT, len(recording.lines("trips", "--pid", str(pid))))
        self.assertEqual({pid}, {t["pid"] for t in recording.lines("trips", "--pid", str(pid))})
        longest = max(t["latency_ns"] for t in trips)
        self.assertEqual(1, len(recording.lines("trips", "--min-duration", f"{longest}ns")))
        port = trips[0]["remote"].rsplit(":", 1)[1]
        self.assertEqual(COUNT, len(recording.lines("trips", "--peer", f"127.0.0.1:{port}")))


if __name__ == "__main__":
    harness.main()
