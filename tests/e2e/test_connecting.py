#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How connects end: `connections` says it of each, and in whose stack, as text and as JSON."""

import contextlib
import errno
import http.server
import json
import os
import re
import socket
import threading

import harness

CASES = ["refused", "timed-out", "given-up", "unreachable", "reset", "in-progress", "abstract", "bound", "datagram", "fast-open",
         "no-such-file", "left-behind", "queue-full"]
NOT_ALLOWED_HERE = 77

# Tries two addresses, the second one 50 ms after the first, as RFC 8305 has it.
ASYNCIO = """
import asyncio, socket, sys

async def addresses(*_, **__):
    port = int(sys.argv[1])
    return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

async def main():
    loop = asyncio.get_running_loop()
    loop.getaddrinfo = addresses
    reader, writer = await asyncio.open_connection("both.example", 0, happy_eyeballs_delay=0.05)
    writer.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
    print((await reader.read()).split()[1].decode(), end="")
    writer.close()

asyncio.run(main())
"""


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def two_families(ipv6):
    """A port with an HTTP server on 127.0.0.1; on ::1 nobody ("refused") or one who never answers ("silent")."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    port = server.server_address[1]
    with contextlib.ExitStack() as open_sockets:
        open_sockets.callback(server.server_close)
        if ipv6 == "silent":
            silent = open_sockets.enter_context(socket.socket(socket.AF_INET6))
            silent.bind(("::1", port))
            silent.listen(0)
            open_sockets.enter_context(socket.create_connection(("::1", port)))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield port
        finally:
            server.shutdown()
            thread.join()


class Connecting(harness.TestCase):
    def setUp(self):
        super().setUp()
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
            return
        if "families" in self._testMethodName:
            self.skipTest("no IPv6 here")

    def record_case(self, case):
        """(recording, what the program printed by view)"""
        recording, done = self.record(harness.program("connecting"), case, status=None)
        if done.returncode == NOT_ALLOWED_HERE:
            self.skipTest("the machine does not allow it: no network namespace, or no TCP Fast Open")
        self.assertEqual(0, done.returncode, done.stderr)
        expected = {}
        for line in done.stdout.splitlines():
            row = json.loads(line)
            expected.setdefault(row.pop("view"), []).append(row)
        return recording, expected

    def compare(self, recording, expected):
        rows = sorted((c for c in recording.json("connections") if c["connect_outcome"]), key=lambda c: c["connection"])
        self.assertEqual([(c["remote"], c["error"], c["by"]) for c in expected["connects"]],
                         [(c["remote"], c["connect_error"], c["connect_by"]) for c in rows])
        text = recording.text("connections")
        for row in rows:
            error = row["connect_error"]
            self.assertEqual(os.strerror(error) if error else "connected", row["connect_outcome"])
            self.assertGreaterEqual(row["connect_ns"], 0)
            if error:
                self.assertRegex(text, rf"#{row['connection']} {re.escape(row['remote'])}: {os.strerror(error)} after "
                                       rf"\S+, by {row['connect_by']}(  \S+:\d+)?\n")
        failed = sum(row["connect_error"] != 0 for row in rows)
        self.assertEqual(len(rows), recording.summary()["connect_ns"]["count"])
        if failed:
            self.assertRegex(recording.text("summary", status=None), rf"connect .*failed {failed}\b")

    def test_outcomes(self):
        for case in CASES:
            with self.subTest(case=case):
                recording, expected = self.record_case(case)
                self.compare(recording, expected)
                for broken in expected.get("broken", []):
                    row, = (c for c in recording.json("connections") if c["error"])
                    self.assertEqual((broken["remote"], os.strerror(broken["error"]), broken["by"]),
                                     (row["remote"], row["error"], row["error_by"]))
                    self.assertRegex(recording.text("connections"),
                                     rf"{broken['remote']}: {row['error']} at \+\S+, by {broken['by']}(  \S+:\d+)?\n")
                for local in expected.get("local", []):
                    self.assertIn(local["local"], [c["local"] for c in recording.json("connections")])

    def test_how_long_it_took(self):
        recording, _ = self.record_case("timed-out")
        row, = (c for c in recording.json("connections") if c["connect_error"])
        self.assertGreater(row["connect_ns"], 1_000_000_000)
        recording, _ = self.record_case("given-up")
        row, = (c for c in recording.json("connections") if c["connect_error"])
        self.assertGreater(row["connect_ns"], 50_000_000)

    def tried(self, recording):
        """{remote's host: outcome}"""
        return {c["remote"].rsplit(":", 1)[0]: c["connect_outcome"] for c in recording.json("connections")
                if c["connect_outcome"]}

    def check_families(self, *command):
        for ipv6, outcome in [("refused", errno.ECONNREFUSED), ("silent", errno.ECANCELED)]:
            with self.subTest(ipv6=ipv6), two_families(ipv6) as port:
                recording, done = self.record(*(part.replace("PORT", str(port)) for part in command))
                self.assertEqual("200", done.stdout)
                self.assertEqual({"[::1]": os.strerror(outcome), "127.0.0.1": "connected"}, self.tried(recording))
                self.assertRegex(recording.text("connections"), rf"\[::1\]:{port}: {os.strerror(outcome)} after \S+, by \S+")
                trip, = recording.lines("trips")
                self.assertEqual(("ok", f"127.0.0.1:{port}"), (trip["status"], trip["remote"]))

    def test_two_families_at_once_with_curl(self):
        self.check_families("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--happy-eyeballs-timeout-ms", "50",
                            "--resolve", "both.example:PORT:[::1],127.0.0.1", "http://both.example:PORT/")

    def test_two_families_at_once_with_asyncio(self):
        self.check_families("python3", "-c", ASYNCIO, "PORT")

    def test_one_datagram_socket_with_many_peers(self):
        recording, _ = self.record(harness.program("udp_peers"), "5")
        rows = recording.json("connections")
        peers = [c for c in rows if c["origin"] == "peer"]
        clients = {c["local"] for c in rows if c["connect_outcome"] == "connected"}
        self.assertEqual(clients, {c["remote"] for c in peers})
        self.assertEqual({("server", 3, 18, 24)},
                         {(c["role"], c["round_trips"], c["bytes_sent"], c["bytes_received"]) for c in peers})
        text = recording.text("connections", "--width", "200")
        for client in clients:
            self.assertRegex(text, rf"#\d+ +{client} ")


if __name__ == "__main__":
    harness.main()
