#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/1 that real clients and servers speak: names, statuses and sizes are those of the server's log."""

import collections
import http.server
import json
import socket
import threading

import harness


class Pages(http.server.BaseHTTPRequestHandler):
    """Answers of all kinds, and a log of them."""

    protocol_version = "HTTP/1.1"
    log = []

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        status = int(self.path.split("status=")[1]) if "status=" in self.path else 200
        self.log.append((self.command, self.path.split("?")[0], status))
        self.send_response(status)
        if self.path.startswith("/chunked"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for size in (1, 5000, 30000):
                self.wfile.write(b"%x\r\n" % size + b"c" * size + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
            return
        body = b"x" * (500000 if self.path.startswith("/big") else 10)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

    def log_message(self, *arguments):
        pass


class Decoded(harness.TestCase):
    def setUp(self):
        super().setUp()
        Pages.log = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def trips(self, recording, *options):
        return [t for t in recording.lines("trips", *options) if t["protocol"] == "http"]

    def assert_logged(self, trips):
        """The same requests, statuses and, as far as they failed, errors."""
        told = [(t["protocol_info"]["method"], t["name"].split(" ")[1], t["protocol_info"]["status_code"]) for t in trips]
        self.assertEqual(collections.Counter(Pages.log), collections.Counter(told))
        for t in trips:
            code = t["protocol_info"]["status_code"]
            self.assertEqual(("failed", str(code)) if code >= 400 else ("ok", None), (t["status"], t["error"]))

    def test_curl(self):
        url = f"http://127.0.0.1:{self.port}"
        recording, _ = self.record("curl", "-s", f"{url}/a", f"{url}/big", f"{url}/chunked", f"{url}/b?status=404",
                                   f"{url}/c?status=503", f"{url}/d?status=204", f"{url}/e?status=304", f"{url}/f",
                                   "--output", "/dev/null", *["-o", "/dev/null"] * 7)
        trips = self.trips(recording, "--raw-names")
        for t in trips:
            t["name"] = t["name"].split("?")[0]
        self.assertEqual(8, len(trips))
        self.assert_logged(trips)
        self.assertEqual(1, len({t["connection"] for t in trips}))

    def test_uploads_and_heads(self):
        (self.folder / "upload").write_bytes(b"u" * 2_000_000)
        url = f"http://127.0.0.1:{self.port}"
        for arguments in (["-T", str(self.folder / "upload"), f"{url}/up"], ["-d", "a=1", f"{url}/form"],
                          ["-I", f"{url}/big"], ["-X", "DELETE", f"{url}/orders/8731"]):
            with self.subTest(arguments=arguments):
                Pages.log.clear()
                recording, _ = self.record("curl", "-s", "-o", "/dev/null", *arguments)
                trips = self.trips(recording)
                self.assertEqual(1, len(trips), json.dumps(trips))
                method, path, _ = Pages.log[0]
                self.assertEqual(f"{method} {path}".replace("8731", "{id}"), trips[0]["name"])
                self.assertEqual("ok", trips[0]["status"])

    def test_pipelining(self):
        """1,000 requests before the first answer is read: each has its own."""
        script = ("import socket, sys\n"
                  f"s = socket.create_connection(('127.0.0.1', {self.port}))\n"
                  "for i in range(1000):\n"
                  "    s.sendall(b'GET /p%d HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n' % (i % 7))\n"
                  "got = 0\n"
                  "while got < 1000:\n"
                  "    got += s.recv(65536).count(b'HTTP/1.1 200')\n")
        recording, _ = self.record("python3", "-c", script, options=["--capture", "1024"])
        trips = self.trips(recording)
        self.assertEqual(1000, len(Pages.log))
        self.assertEqual(1000, len(trips))
        sent = [t["start_ns"] for t in trips]
        self.assertEqual(sorted(set(sent)), sent, "each begins with its own first byte")

    def test_filters_and_groups(self):
        url = f"http://127.0.0.1:{self.port}"
        recording, _ = self.record("curl", "-s", "-o", "/dev/null", f"{url}/users/[1-9]", "-o", "/dev/null", f"{url}/x")
        self.assertEqual(9, len(recording.lines("trips", "--protocol", "http", "--name", "GET /users/*")))
        groups = {(e["protocol"], e["name"]): e["round_trips"] for e in recording.json("endpoints")}
        self.assertEqual(9, groups["http", "GET /users/{id}"] if ("http", "GET /users/{id}") in groups else
                         sum(n for (p, name), n in groups.items() if name and name.startswith("GET /users/")))
        self.assertIn("GET /x", recording.text("slow"))

    def test_another_protocol_on_its_port(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]

            def echo():
                peer, _ = listener.accept()
                with peer:
                    while data := peer.recv(100):
                        peer.sendall(data)

            threading.Thread(target=echo).start()
            script = (f"import socket\ns = socket.create_connection(('127.0.0.1', {port}))\n"
                      "for i in range(5):\n    s.sendall(b'GET me something\\n'); s.recv(100)\n")
            recording, _ = self.record("python3", "-c", script)
        self.assertEqual([(None, None)] * 5, [(t["protocol"], t["name"]) for t in recording.lines("trips")])


if __name__ == "__main__":
    harness.main()
