#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis-cli and redis-benchmark against redis-server: counts must be those that the server kept."""

import collections
import subprocess

import harness
import redis


def names(trips):
    """How many round trips have which name."""
    return collections.Counter(t["name"] for t in trips)


class Redis(harness.TestCase):
    def benchmark(self, server, requests, connections, *options):
        server.reset_counters()
        recording, _ = self.record("redis-benchmark", "-p", server.port, "-t", "get", "-n", requests,
                                   "-c", connections, "-q", options=options)
        return recording, server.commands()

    def test_benchmark_with_one_connection(self):
        """10,000 requests in turn; before them two CONFIG GET that travel together."""
        with redis.running(self.folder) as server:
            recording, commands = self.benchmark(server, 10000, 1)
            self.assertEqual({"get": 10000, "config|get": 2}, commands)
            summary = recording.summary()
            self.assertEqual(10002, summary["round_trips"])
            self.assertEqual(0, summary["lost_events"])
            self.assertEqual(0, summary["failed"])
            self.assertEqual(0, summary["pending"])
            self.assertEqual(2, summary["connections"])
            self.assertEqual(10002, summary["latency_ns"]["count"])
            trips = recording.lines("trips")
            self.assertEqual(10002, len(trips))
            request = b"*2\r\n$3\r\nGET\r\n$16\r\nkey:__rand_int__\r\n"
            self.assertEqual({len(request)}, {t["bytes_sent"] for t in trips[2:]})
            self.assertEqual({"CONFIG GET": 2, "GET": 10000}, names(trips))
            self.assertEqual({"redis"}, {t["protocol"] for t in trips})
            self.assertEqual({"client"}, {t["role"] for t in trips})
            self.assertEqual({f"127.0.0.1:{server.port}"}, {t["remote"] for t in trips})

    def test_benchmark_with_many_connections(self):
        with redis.running(self.folder) as server:
            recording, commands = self.benchmark(server, 20000, 50)
            summary = recording.summary()
            self.assertEqual(sum(commands.values()), summary["round_trips"])
            self.assertEqual(51, summary["connections"])
            self.assertEqual(0, summary["lost_events"])
            self.assertEqual(0, summary["failed"])

    def test_benchmark_with_pipelining(self):
        """16 requests at a time, of which some are not captured: all are counted, and no name is wrong."""
        with redis.running(self.folder) as server:
            server.reset_counters()
            recording, _ = self.record("redis-benchmark", "-p", server.port, "-t", "get", "-n", 16000, "-c", 1,
                                       "-P", 16, "-q")
            self.assertEqual(16000, server.commands()["get"])
            summary = recording.summary()
            self.assertEqual(16002, summary["round_trips"])
            self.assertEqual(16000 * 36 + 77, summary["bytes_sent"])
            counts = names(recording.lines("trips"))
            self.assertEqual({"CONFIG GET", "GET", None}, set(counts))
            self.assertGreaterEqual(counts["GET"], 1000 * (256 // 36))

    def test_pipelining_that_is_captured_whole(self):
        with redis.running(self.folder) as server:
            recording, _ = self.record("redis-benchmark", "-p", server.port, "-t", "get", "-n", 16000, "-c", 3,
                                       "-P", 16, "-q", options=["--capture", "1024"])
            trips = recording.lines("trips")
            self.assertEqual({"CONFIG GET": 2, "GET": 16000}, names(trips))
            self.assertEqual({"ok"}, {t["status"] for t in trips})
            self.assertEqual([0] * 4, [c["desyncs"] for c in recording.json("connections")])

    def test_bytes_are_those_that_the_server_counted(self):
        with redis.running(self.folder) as server:
            server.reset_counters()
            empty = server.info("stats")
            recording, _ = self.record("redis-benchmark", "-p", server.port, "-t", "set,lpush", "-n", 500, "-c", 5,
                                       "-d", 3000, "-q")
            full = server.info("stats")
            # Between the two, the server also read our second question and wrote its first answer.
            question = len(b"*2\r\n$4\r\nINFO\r\n$5\r\nstats\r\n")
            received = int(full["total_net_input_bytes"]) - int(empty["total_net_input_bytes"]) - question
            self.assertEqual(received, recording.summary()["bytes_sent"])

    def test_command_line_client(self):
        """A command a line on stdin, one of them slow: each is a round trip."""
        with redis.running(self.folder) as server:
            server.reset_counters()
            commands = "SET a 1\nGET a\nDEBUG SLEEP 0.2\nINCR a\nNOSUCHCOMMAND\n"
            with subprocess.Popen(["echo", "-n", commands], stdout=subprocess.PIPE) as echo:
                recording, done = self.record("redis-cli", "-p", server.port, stdin=echo.stdout)
            self.assertIn("OK", done.stdout)
            trips = recording.lines("trips")
            asked = server.commands()
            self.assertEqual({"set": 1, "get": 1, "debug": 1, "incr": 1},
                             {k: v for k, v in asked.items() if k in ("set", "get", "debug", "incr")})
            others = sum(v for k, v in asked.items() if k not in ("set", "get", "debug", "incr"))
            self.assertEqual(5 + others, len(trips))
            request = b"*3\r\n$5\r\nDEBUG\r\n$5\r\nSLEEP\r\n$3\r\n0.2\r\n"
            slow, = (t for t in trips if t["bytes_sent"] == len(request))
            self.assertGreaterEqual(slow["wait_ns"], 200_000_000)
            self.assertGreaterEqual(slow["latency_ns"], slow["wait_ns"])
            failed, = (t for t in trips if t["status"] == "failed")
            self.assertEqual(("NOSUCHCOMMAND", "ERR"), (failed["name"], failed["error"]))
            self.assertEqual({"SET", "GET", "DEBUG SLEEP", "INCR"},
                             {t["name"] for t in trips} & {"SET", "GET", "DEBUG SLEEP", "INCR"})

    def test_unix_socket(self):
        with redis.running(self.folder) as server:
            server.reset_counters()
            recording, _ = self.record("redis-benchmark", "-s", server.path, "-t", "get", "-n", 2000, "-c", 1, "-q")
            self.assertEqual({"get": 2000, "config|get": 2}, server.commands())
            trips = recording.lines("trips")
            self.assertEqual(2002, len(trips))
            self.assertEqual({"unix"}, {t["transport"] for t in trips})
            self.assertEqual({server.path}, {t["remote"] for t in trips})

    def test_server_side(self):
        """The server's own trace: a service time for each request that it read."""
        data = self.new_folder()
        with redis.running(self.folder, prefix=[harness.COMMAND, "record", "-o", data, "--"]) as server:
            harness.run(["redis-benchmark", "-p", server.port, "-t", "get", "-n", 3000, "-c", 1, "-q"])
        trips = [t for t in harness.Recording(data).lines("trips") if t["bytes_received"] == 36]
        self.assertEqual(3000, len(trips))
        self.assertEqual({"server"}, {t["role"] for t in trips})
        self.assertEqual({"ok"}, {t["status"] for t in trips})

    def test_server_that_is_gone(self):
        port = harness.free_port()
        recording, _ = self.record("redis-cli", "-p", port, "PING", status=1)
        summary = recording.summary()
        self.assertEqual(0, summary["round_trips"])
        connections = recording.json("connections")
        self.assertGreaterEqual(len(connections), 1)
        self.assertEqual({111}, {c["connect_error"] for c in connections})
        self.assertIn("Connection refused", recording.text("connections"))


if __name__ == "__main__":
    harness.main()
