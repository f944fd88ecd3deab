#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of Node, Java, Rust and C++ against nginx's log, or a server that counts lines."""

import contextlib

import compat
import echo
import harness
import nginx
import relay
from compat import PROGRAMS, tcp, tcp_mapped

NODE = ("node", "--version")
JAVA = ("javac", "-version")
CLIENTS, LINES = 4, 100


class Node(compat.TestCase):
    @compat.row("node", "http client, 20 requests on one connection", "nginx's log", version=NODE, needs=["nginx"])
    def test_http(self):
        with nginx.running(self.folder) as server:
            server.forget()
            command = ["node", PROGRAMS / "client.js", f"http://{tcp(server.port)}/page2", 20]
            found, _, done = self.watch(tcp(server.port), *command)
            self.assertEqual(str(20 * 20000), done.stdout.strip())
            self.assertEqual(server.figures(), found)
            self.assertEqual((1, 20), (found.connections, found.round_trips))
            self.measure_command(*command)

    @compat.row("node", "https client, 20 requests on one connection", "nginx's log, a relay's count", version=NODE,
                needs=["nginx", "openssl"])
    def test_https(self):
        """Debian's node calls OpenSSL's library through memory; others carry it within them."""
        with nginx.running(self.folder, tls=True) as server, relay.between(("127.0.0.1", server.port)) as wire:
            server.forget()
            command = ["node", PROGRAMS / "client.js", f"https://localhost:{wire.port}/page2", 20]
            environment = {"NODE_EXTRA_CA_CERTS": str(self.folder / "certificate.pem")}
            found, recording, done = self.watch(tcp(wire.port), *command, env=environment)
            self.assertEqual(str(20 * 20000), done.stdout.strip())
            passed, logged = wire.figures(), server.figures()
            self.assertEqual((passed.bytes_sent, passed.bytes_received),
                             compat.wire_bytes(recording, tcp(wire.port)))
            self.assertEqual(1, found.connections)
            if not recording.summary()["tls"]["unseen_connections"]:
                self.assertEqual(logged, found)
            else:
                # Timed by turns: the handshake's come before the requests'.
                self.assertGreaterEqual(found.round_trips - found.pending, logged.round_trips)
            self.measure_command(*command, env=environment)

    def serve(self, *files, curl=()):
        """Records a server that curl asks 20 times: (figures, recording, what passed, its address)."""
        data = self.new_folder()

        @contextlib.contextmanager
        def server(prefix=(), env=None):
            port = harness.free_port()
            with harness.server([*prefix, "node", PROGRAMS / "server.js", port, *files], ("127.0.0.1", port), env=env):
                yield port

        def ask(port):
            scheme = "https" if files else "http"
            harness.run(["curl", "-s", *curl, "-o", "/dev/null", f"{scheme}://localhost:{port}/[1-20]"])

        with server([harness.COMMAND, "record", "-q", "-o", data, "--"]) as port, \
                relay.between(("127.0.0.1", port)) as wire:
            ask(wire.port)
            passed = wire.figures()
        self.measure_server(lambda environment: server(env=environment), ask)
        recording = harness.Recording(data)
        found = compat.figures(recording, tcp(port), role="server")
        self.saw(recording, found)
        return found, recording, passed, tcp(port)

    @compat.row("node", "http server, 20 requests", "a relay's count", version=NODE, needs=["curl"])
    def test_server(self):
        found, _, passed, _ = self.serve()
        self.assertEqual(passed, found.other_end())
        self.assertEqual((1, 20), (found.connections, found.round_trips))

    @compat.row("node", "https server, 20 requests", "a relay's count", version=NODE, needs=["curl", "openssl"])
    def test_https_server(self):
        key, certificate = compat.certificate(self.folder)
        found, recording, passed, address = self.serve(key, certificate, curl=["--cacert", certificate])
        self.assertEqual((passed.bytes_received, passed.bytes_sent),
                         compat.wire_bytes(recording, address, role="server"))
        if not recording.summary()["tls"]["unseen_connections"]:
            self.assertEqual((1, 20), (found.connections, found.round_trips))
        else:
            self.assertGreaterEqual(found.round_trips - found.pending, 20)


class Java(compat.TestCase):
    def compiled(self, name):
        """The command that runs a Java program."""
        harness.run(["javac", "-d", self.folder, PROGRAMS / f"{name}.java"])
        return ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", self.folder, name]

    @compat.row("java", "HttpURLConnection, 20 requests on one connection", "nginx's log", version=JAVA,
                needs=["java", "nginx"])
    def test_url_connection(self):
        with nginx.running(self.folder) as server:
            server.forget()
            command = [*self.compiled("UrlClient"), f"http://{tcp(server.port)}/page2", 20]
            found, _, done = self.watch(tcp_mapped(server.port), *command)
            self.assertEqual(str(20 * 20000), done.stdout.strip())
            self.assertEqual(server.figures(), found)
            self.assertEqual((1, 20), (found.connections, found.round_trips))
            self.measure_command(*command)

    @compat.row("java", f"NIO, {CLIENTS} sockets in a Selector", "the server's count", version=JAVA, needs=["java"])
    def test_nio(self):
        command = self.compiled("NioClient")
        with echo.running() as server:
            found, recording, _ = self.watch(tcp_mapped(server.port), *command, server.port, CLIENTS, LINES)
        self.assertEqual(server.figures, found)
        self.assertEqual(CLIENTS * LINES, len(recording.lines("trips", "--peer", tcp(server.port))))
        self.assertEqual((CLIENTS, CLIENTS * LINES), (found.connections, found.round_trips))
        with echo.running() as server:
            self.measure_command(*command, server.port, CLIENTS, LINES)


class Compiled(compat.TestCase):
    def check(self, program, printed):
        """A client with threads, each of which sends LINES lines of 1, 2, 3 … bytes over a connection of its own."""
        with echo.running() as server:
            found, _, done = self.watch(tcp(server.port), program, server.port, CLIENTS, LINES)
        self.assertEqual(str(printed), done.stdout.strip())
        self.assertEqual(server.figures, found)
        self.assertEqual((CLIENTS, CLIENTS * LINES), (found.connections, found.round_trips))
        with echo.running() as server:
            self.measure_command(program, server.port, CLIENTS, LINES)

    @compat.row("Rust", f"std::net, {CLIENTS} threads", "the server's count", version=("rustc", "--version"),
                needs=["gcc"])
    def test_rust(self):
        harness.run(["rustc", "-O", "-o", self.folder / "client", PROGRAMS / "client.rs"])
        self.check(self.folder / "client", CLIENTS * sum(range(1, LINES + 1)))

    @compat.row("C++", f"{CLIENTS} threads, exceptions", "the server's count", version=("g++", "--version"))
    def test_cpp(self):
        harness.run(["g++", "-std=c++17", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-o",
                     self.folder / "client", PROGRAMS / "client.cpp"])
        self.check(self.folder / "client", CLIENTS * sum(1 for i in range(1, LINES + 1) if i % 3 == 0))


if __name__ == "__main__":
    harness.main()
