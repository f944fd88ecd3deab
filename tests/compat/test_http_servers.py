#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx, recorded: several workers without rights, TLS, a proxy; and servers of Python that fork beforehand."""

import collections
import contextlib

import compat
import harness
import nginx
import relay
from compat import tcp
from test_http_clients import wrk_seconds

NGINX = ("nginx", "-v")


class Servers(compat.TestCase):
    @contextlib.contextmanager
    def recorded_nginx(self, **options):
        """A recorded nginx: (server, recording)."""
        folder = self.new_folder()
        with nginx.running(self.folder, prefix=[harness.COMMAND, "record", "-q", "-o", folder, "--"],
                           **options) as server:
            yield server, harness.Recording(folder)

    def measure_nginx(self, **options):
        """Overhead by the rate that wrk sees."""
        def each(environment):
            with nginx.running(self.folder, env=environment, **options) as server:
                scheme = "https" if options.get("tls") else "http"
                return wrk_seconds(["wrk", "-t", "1", "-c", "8", "-d", "1s",
                                    f"{scheme}://{tcp(server.port)}/page1"], {})
        self.measure(each)

    @compat.row("nginx", "HTTP, 2 workers of www-data", "its log", version=NGINX, needs=["curl"])
    def test_workers(self):
        with self.recorded_nginx(workers=2) as (server, recording):
            for _ in range(8):
                harness.run(["curl", "-s", "--parallel", "--parallel-max", "8", "-o", "/dev/null",
                             f"http://{tcp(server.port)}/page[1-8]?[1-3]"])
        found = compat.figures(recording, tcp(server.port), role="server")
        self.assertEqual(server.figures(), found.other_end())
        workers = collections.Counter(t["pid"] for t in recording.lines("trips") if t["local"] == tcp(server.port))
        self.assertEqual(collections.Counter(r[0] for r in server.requests()), workers)
        self.saw(recording, found)
        self.measure_nginx(workers=2)

    @compat.row("nginx", "HTTPS", "its log, a relay's count", version=NGINX, needs=["curl", "openssl"])
    def test_tls(self):
        with self.recorded_nginx(tls=True) as (server, recording), \
                relay.between(("127.0.0.1", server.port)) as wire:
            harness.run(["curl", "-s", "--cacert", self.folder / "certificate.pem", "-o", "/dev/null",
                         f"https://localhost:{wire.port}/page[1-8]"])
            passed = wire.figures()
        found = compat.figures(recording, tcp(server.port), role="server")
        self.assertEqual(server.figures(), found.other_end())
        self.assertEqual((1, 8), (found.connections, found.round_trips))
        self.assertEqual((passed.bytes_received, passed.bytes_sent),
                         compat.wire_bytes(recording, tcp(server.port), role="server"))
        self.saw(recording, found)
        self.measure_nginx(tls=True)

    @compat.row("nginx", "a proxy to another nginx", "both logs", version=NGINX, needs=["curl"])
    def test_proxy(self):
        """A server and a client at once: what it asks of its upstream is recorded beside what it answers."""
        upstream_folder = self.folder / "upstream"
        upstream_folder.mkdir()
        with nginx.running(upstream_folder) as upstream:
            location = """location / {
				proxy_pass http://upstream; proxy_http_version 1.1; proxy_set_header Connection "";
			}"""
            more = f"upstream upstream {{ server {tcp(upstream.port)}; keepalive 4; }}"
            with self.recorded_nginx(locations=location, more=more) as (server, recording):
                upstream.forget()
                harness.run(["curl", "-s", "-o", "/dev/null", f"http://{tcp(server.port)}/page[1-8]"])
            logged, served = upstream.figures(), server.figures()
            self.measure_nginx(locations=location, more=more)
        asked = compat.figures(recording, tcp(upstream.port))
        answered = compat.figures(recording, tcp(server.port), role="server")
        self.assertEqual(logged, asked)
        self.assertEqual(8, asked.round_trips)
        self.assertEqual(served, answered.other_end())
        self.saw(recording, asked + answered)


if __name__ == "__main__":
    harness.main()
