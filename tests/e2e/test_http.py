#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""curl against python3's http.server, wrk against nginx: counts must be those that they print and log."""

import contextlib
import re
import sys

import harness

NGINX_CONFIGURATION = """
daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 256; }}
http {{
	access_log access.log;
	client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp;
	uwsgi_temp_path temp; scgi_temp_path temp;
	keepalive_requests 1000000;
	server {{
		listen 127.0.0.1:{port};
		listen unix:{folder}/nginx.sock;
		root .;
		location / {{ return 200 "hello\\n"; }}
		location /file {{ sendfile on; }}
	}}
}}
"""


class Http(harness.TestCase):
    @contextlib.contextmanager
    def python_server(self, prefix=()):
        port = harness.free_port()
        (self.folder / "page").write_text("x" * 20000)
        (self.folder / "log").touch()
        with open(self.folder / "log", "w") as log, \
                harness.server([*prefix, sys.executable, "-u", "-m", "http.server", port, "--bind", "127.0.0.1",
                                "--protocol", "HTTP/1.1", "--directory", self.folder],
                               ("127.0.0.1", port), stderr=log):
            yield port

    def python_requests(self):
        return len(re.findall(r'"GET /', (self.folder / "log").read_text()))

    @contextlib.contextmanager
    def nginx(self, prefix=()):
        port = harness.free_port()
        (self.folder / "file").write_text("y" * 50000)
        (self.folder / "nginx.conf").write_text(NGINX_CONFIGURATION.format(port=port, folder=self.folder))
        arguments = [*prefix, "nginx", "-p", f"{self.folder}/", "-c", "nginx.conf", "-e", "error.log"]
        with harness.server(arguments, ("127.0.0.1", port)):
            yield port

    def nginx_requests(self):
        return (self.folder / "access.log").read_text().count("\n")

    def test_curl(self):
        """Nine pages over one connection: nine round trips, whose bytes curl itself counted."""
        with self.python_server() as port:
            recording, done = self.record("curl", "-s", "-o", "/dev/null", "-w", "%{size_header} %{size_download}\n",
                                          f"http://127.0.0.1:{port}/page?[1-9]")
        self.assertEqual(9, self.python_requests())
        trips = [t for t in recording.lines("trips") if t["transport"] == "tcp"]
        self.assertEqual([sum(map(int, line.split())) for line in done.stdout.splitlines()],
                         [t["bytes_received"] for t in trips])
        self.assertEqual(9, len(trips))
        self.assertEqual({("client", "ok", f"127.0.0.1:{port}")}, {(t["role"], t["status"], t["remote"]) for t in trips})
        self.assertEqual(1, len({t["connection"] for t in trips}))
        self.assertEqual(1, recording.summary()["connect_ns"]["count"])

    def test_curl_times_agree_with_its_own(self):
        with self.python_server() as port:
            recording, done = self.record("curl", "-s", "-o", "/dev/null", "-w", "%{time_starttransfer} %{time_total}",
                                          f"http://127.0.0.1:{port}/page")
        first, total = (float(t) * 1e9 for t in done.stdout.split())
        trip = next(t for t in recording.lines("trips") if t["transport"] == "tcp")
        self.assertLess(trip["wait_ns"], first)
        self.assertLess(trip["latency_ns"], total)

    def test_both_sides_of_http(self):
        data = self.new_folder()
        with self.python_server(prefix=[harness.COMMAND, "record", "-o", data, "--"]) as port:
            recording, _ = self.record("curl", "-s", "-o", "/dev/null", f"http://127.0.0.1:{port}/page?[1-5]")
        client = [t for t in recording.lines("trips") if t["transport"] == "tcp"]
        server = [t for t in harness.Recording(data).lines("trips") if t["status"] == "ok"]
        self.assertEqual(5, len(client))
        self.assertEqual([(t["bytes_sent"], t["bytes_received"], t["local"], t["remote"]) for t in client],
                         [(t["bytes_received"], t["bytes_sent"], t["remote"], t["local"]) for t in server])
        for ours, theirs in zip(client, server):
            self.assertEqual("server", theirs["role"])
            self.assertLess(theirs["wait_ns"], ours["latency_ns"], "service is part of what the client waits for")

    def test_curl_over_a_unix_socket(self):
        with self.nginx():
            recording, done = self.record("curl", "-s", "--unix-socket", self.folder / "nginx.sock", "http://x/[1-3]")
        self.assertEqual("hello\n" * 3, done.stdout)
        trips = [t for t in recording.lines("trips") if t["remote"] == f"{self.folder}/nginx.sock"]
        self.assertEqual(["unix"] * 3, [t["transport"] for t in trips])
        self.assertEqual(3, self.nginx_requests())

    def test_wrk(self):
        """Complete round trips are what wrk counted; what was under way when it stopped is pending."""
        with self.nginx() as port:
            recording, done = self.record("wrk", "-t", "2", "-c", "10", "-d", "1s", f"http://127.0.0.1:{port}/")
        printed = int(re.search(r"(\d+) requests in", done.stdout)[1])
        summary = recording.summary()
        self.assertEqual(0, summary["lost_events"])
        self.assertEqual(0, summary["failed"])
        self.assertEqual(printed, summary["round_trips"] - summary["pending"])
        self.assertLessEqual(summary["pending"], 10)
        self.assertLessEqual(printed, self.nginx_requests())
        self.assertLessEqual(self.nginx_requests(), summary["round_trips"])
        self.assertEqual(3, summary["threads"])

    def test_nginx(self):
        """The server's own trace: a round trip for each line of its log."""
        data = self.new_folder()
        with self.nginx(prefix=[harness.COMMAND, "record", "-o", data, "--"]) as port:
            harness.run(["wrk", "-t", "1", "-c", "4", "-d", "1s", f"http://127.0.0.1:{port}/"])
            harness.run(["curl", "-s", "-o", "/dev/null", f"http://127.0.0.1:{port}/file"])
        summary = harness.Recording(data).summary()
        self.assertEqual(0, summary["lost_events"])
        self.assertEqual(self.nginx_requests(), summary["round_trips"] - summary["pending"])


if __name__ == "__main__":
    harness.main()
