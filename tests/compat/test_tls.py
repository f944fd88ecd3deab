#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of HTTPS against nginx: its log has the plaintext's bytes, a relay those of the wire."""

import contextlib
import re

import compat
import harness
import nginx
import relay
from compat import PROGRAMS, PYTHON, tcp

CHECKED = "nginx's log, a relay's count"
OPENSSL = ("openssl", "version")
PYTHON_VERSION = (PYTHON, "--version")
COUNT = 10
# Options of a program that sends what it reads.
REQUEST = {"stdin": None, "input": "GET /page2 HTTP/1.0\r\n\r\n"}


class Clients(compat.TestCase):
    @contextlib.contextmanager
    def nginx(self):
        """nginx behind a relay: (server, relay, certificate)."""
        with nginx.running(self.folder, tls=True) as server, relay.between(("127.0.0.1", server.port)) as wire:
            server.forget()
            yield server, wire, self.folder / "certificate.pem"

    def check(self, server, wire, *command, **options):
        """Records a client: (figures, recording, the finished program); they are those of log and relay."""
        found, recording, done = self.watch(tcp(wire.port), *command, **options)
        passed = wire.figures()
        self.assertEqual(server.figures(), found)
        self.assertEqual((passed.bytes_sent, passed.bytes_received), compat.wire_bytes(recording, tcp(wire.port)))
        return found, recording, done

    @compat.row("curl", "HTTPS, 8 files on one connection", CHECKED, version=("curl", "--version"), needs=["nginx"])
    def test_curl(self):
        with self.nginx() as (server, wire, certificate):
            command = ["curl", "-s", "--cacert", certificate, "-o", "/dev/null",
                       f"https://localhost:{wire.port}/page[1-8]"]
            found, recording, _ = self.check(server, wire, *command)
            self.assertEqual((1, 8), (found.connections, found.round_trips))
            self.assertEqual({"localhost"}, {t["host"] for t in recording.lines("trips")})
            self.measure_command(*command)

    @compat.row("curl --parallel", "HTTPS, 40 requests", CHECKED, version=("curl", "--version"), needs=["nginx"])
    def test_curl_parallel(self):
        with self.nginx() as (server, wire, certificate):
            command = ["curl", "-s", "--cacert", certificate, "--parallel", "--parallel-max", "8", "-o", "/dev/null",
                       f"https://localhost:{wire.port}/page[1-8]?[1-5]"]
            found, _, _ = self.check(server, wire, *command)
            self.assertEqual(40, found.round_trips)
            self.measure_command(*command)

    @compat.row("wget", "HTTPS, 8 files on one connection", CHECKED, version=("wget", "--version"), needs=["nginx"])
    def test_wget(self):
        with self.nginx() as (server, wire, certificate):
            command = ["wget", "-q", f"--ca-certificate={certificate}", "-O", "/dev/null",
                       *(f"https://localhost:{wire.port}/page{i}" for i in range(1, 9))]
            found, _, _ = self.check(server, wire, *command)
            self.assertEqual((1, 8), (found.connections, found.round_trips))
            self.measure_command(*command)

    @compat.row("openssl s_client", "an HTTPS request", "its own count, nginx's log", version=OPENSSL, needs=["nginx"])
    def test_s_client(self):
        with self.nginx() as (server, wire, certificate):
            command = ["openssl", "s_client", "-connect", tcp(wire.port), "-ign_eof", "-CAfile", certificate,
                       "-no_ticket"]
            found, recording, done = self.check(server, wire, *command, **REQUEST)
            self.measure_command(*command, **REQUEST)
        self.assertEqual((1, 1), (found.connections, found.round_trips))
        read, written = map(int, re.search(r"handshake has read (\d+) bytes and written (\d+)", done.stdout).groups())
        sent, received = compat.wire_bytes(recording, tcp(wire.port))
        self.assertGreaterEqual(sent - written, found.bytes_sent)
        self.assertGreaterEqual(received - read, found.bytes_received)

    @compat.row("openssl s_server", "8 HTTPS requests on 8 connections", "a relay's count", version=OPENSSL,
                needs=["curl"])
    def test_s_server(self):
        """It decrypts within BIO_gets(), which is not seen: turns and bytes are those of the wire."""
        key, certificate = compat.certificate(self.folder)
        data = self.new_folder()

        @contextlib.contextmanager
        def running(prefix=(), env=None):
            port = harness.free_port()
            with harness.server([*prefix, "openssl", "s_server", "-accept", tcp(port), "-key", key, "-cert",
                                 certificate, "-tls1_2", "-www"], ("127.0.0.1", port), env=env):
                yield port

        def ask(port):
            harness.run(["curl", "-s", "--cacert", certificate, "-o", "/dev/null", f"https://localhost:{port}/[1-8]"])

        with running([harness.COMMAND, "record", "-q", "-o", data, "--"]) as port, \
                relay.between(("127.0.0.1", port)) as wire:
            ask(wire.port)
            passed = wire.figures()
        recording = harness.Recording(data)
        found = compat.figures(recording, tcp(port), role="server")
        self.assertEqual(passed, found.other_end())
        self.assertEqual(8, found.connections)
        self.assertEqual(8, recording.summary()["tls"]["unseen_connections"])
        self.saw(recording, found)
        self.measure_server(lambda environment: running(env=environment), ask)

    @compat.row("gnutls-cli", "an HTTPS request", CHECKED, version=("gnutls-cli", "--version"), needs=["nginx"])
    def test_gnutls(self):
        with self.nginx() as (server, wire, certificate):
            command = ["gnutls-cli", f"--x509cafile={certificate}", "-p", wire.port, "localhost"]
            found, _, _ = self.check(server, wire, *command, **REQUEST)
            self.measure_command(*command, **REQUEST)
        self.assertEqual((1, 1), (found.connections, found.round_trips))

    def check_python(self, way, connections, trips):
        with self.nginx() as (server, wire, certificate):
            command = [PYTHON, PROGRAMS / "http_client.py", way, f"https://localhost:{wire.port}/page2", COUNT,
                       certificate]
            found, _, done = self.check(server, wire, *command)
            self.assertEqual(str(trips * 20000), done.stdout.strip())
            self.assertEqual((connections, trips), (found.connections, found.round_trips))
            self.measure_command(*command)

    @compat.row("python3 ssl", f"HTTPS, {COUNT} requests on one connection", CHECKED, version=PYTHON_VERSION,
                needs=["nginx"])
    def test_python_ssl(self):
        self.check_python("ssl", 1, COUNT)

    @compat.row("python3 http.client", f"HTTPS, {COUNT} requests on one connection", CHECKED, version=PYTHON_VERSION,
                needs=["nginx"])
    def test_python_http_client(self):
        self.check_python("http_client", 1, COUNT)

    @compat.row("python3 requests", f"HTTPS, {COUNT} requests on one connection", CHECKED,
                version=compat.python_module("requests"), needs=["nginx"])
    def test_python_requests(self):
        self.check_python("requests", 1, COUNT)

    @compat.row("python3 asyncio", f"HTTPS, 4 streams side by side, {COUNT} requests each", CHECKED,
                version=PYTHON_VERSION, needs=["nginx"])
    def test_python_asyncio(self):
        self.check_python("asyncio", 4, 4 * COUNT)


if __name__ == "__main__":
    harness.main()
