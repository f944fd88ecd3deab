#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python's own modules, requests, RPyC, and servers that fork beforehand."""

import collections
import contextlib

import compat
import harness
import nginx
import relay
from compat import PROGRAMS, PYTHON, tcp

VERSION = (PYTHON, "--version")
COUNT = 10


class Clients(compat.TestCase):
    def check(self, way, connections, trips):
        with nginx.running(self.folder) as server:
            server.forget()
            command = [PYTHON, PROGRAMS / "http_client.py", way, f"http://{tcp(server.port)}/page2", COUNT]
            found, _, done = self.watch(tcp(server.port), *command)
            self.assertEqual(str(trips * 20000), done.stdout.strip())
            self.assertEqual(server.figures(), found)
            self.assertEqual((connections, trips), (found.connections, found.round_trips))
            self.measure_command(*command)

    @compat.row("python3 socket", f"HTTP, {COUNT} connections", "nginx's log", version=VERSION, needs=["nginx"])
    def test_socket(self):
        self.check("socket", COUNT, COUNT)

    @compat.row("python3 http.client", f"HTTP, {COUNT} requests on one connection", "nginx's log", version=VERSION,
                needs=["nginx"])
    def test_http_client(self):
        self.check("http_client", 1, COUNT)

    @compat.row("python3 requests", f"HTTP, {COUNT} requests on one connection", "nginx's log",
                version=compat.python_module("requests"), needs=["nginx"])
    def test_requests(self):
        self.check("requests", 1, COUNT)

    @compat.row("python3 asyncio", f"HTTP, 4 streams side by side, {COUNT} requests each", "nginx's log",
                version=VERSION, needs=["nginx"])
    def test_asyncio(self):
        self.check("asyncio", 4, 4 * COUNT)

    @compat.row("python3 multiprocessing", f"HTTP, a pool of 4 processes, {COUNT} requests each", "nginx's log",
                version=VERSION, needs=["nginx"])
    def test_multiprocessing(self):
        self.check("multiprocessing", 4, 4 * COUNT)


class Rpyc(compat.TestCase):
    """Requests that need no answer at once (DEL) make turns a matter of who looks: each program counts its own."""

    @contextlib.contextmanager
    def server(self, kind, prefix=(), env=None):
        port = harness.free_port()
        environment = {"TURNS": str(self.folder / "server"), **(env or {})}
        with harness.server([*prefix, PYTHON, PROGRAMS / "rpyc_server.py", kind, port], ("127.0.0.1", port),
                            env=environment):
            yield port

    def turns(self, which):
        """The turns of each connection, as the program counted them."""
        return sorted(int(line) for line in (self.folder / which).read_text().split())

    def client(self, port):
        """A client's command and environment, as harness.run() takes them."""
        return {"arguments": [PYTHON, PROGRAMS / "rpyc_client.py", port], "env": {"TURNS": str(self.folder / "client")}}

    @compat.row("rpyc", "a client, 51 calls", "its own count of turns, a relay's of bytes",
                version=compat.python_module("rpyc"))
    def test_client(self):
        with self.server("ThreadedServer") as port, relay.between(("127.0.0.1", port)) as wire:
            client = self.client(wire.port)
            found, _, _ = self.watch(tcp(wire.port), *client["arguments"], env=client["env"])
            passed = wire.figures()
            self.assertEqual(self.turns("client"), [found.round_trips])
            self.assertEqual((1, passed.bytes_sent), (found.connections, found.bytes_sent))
            # It does not read what comes after it said goodbye.
            self.assertLessEqual(found.bytes_received, passed.bytes_received)
            self.assertGreater(found.bytes_received, 1000)
            self.measure_command(*client["arguments"], env=client["env"])

    def ask(self, port):
        for _ in range(3):
            harness.run(**self.client(port))

    def check_server(self, kind):
        data = self.new_folder()
        with self.server(kind, [harness.COMMAND, "record", "-q", "-o", data, "--"]) as port, \
                relay.between(("127.0.0.1", port)) as wire:
            self.ask(wire.port)
            passed = wire.figures()
        recording = harness.Recording(data)
        found = compat.figures(recording, tcp(port), role="server")
        self.assertEqual((3, passed.bytes_sent, passed.bytes_received),
                         (found.connections, found.bytes_received, found.bytes_sent))
        turns = collections.Counter((t["pid"], t["connection"]) for t in recording.lines("trips")
                                    if t["local"] == tcp(port))
        self.assertEqual(self.turns("server"), sorted(turns.values()))
        self.saw(recording, found)
        self.measure_server(lambda environment: self.server(kind, env=environment), self.ask)
        return recording

    @compat.row("rpyc ThreadedServer", "3 clients", "its own count of turns, a relay's of bytes",
                version=compat.python_module("rpyc"))
    def test_threaded_server(self):
        self.check_server("ThreadedServer")

    @compat.row("rpyc ForkingServer", "3 clients, a process each", "its own count of turns, a relay's of bytes",
                version=compat.python_module("rpyc"))
    def test_forking_server(self):
        recording = self.check_server("ForkingServer")
        self.assertEqual(3, len({t["pid"] for t in recording.lines("trips")}))


class Prefork(compat.TestCase):
    APPLICATION = """
def application(environment, start_response):
    body = b"x" * 10000
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"""

    def check(self, command):
        """command(port) starts a server with two workers; four clients ask it at once, on a connection each time."""
        (self.folder / "application.py").write_text(self.APPLICATION)

        @contextlib.contextmanager
        def server(prefix=(), env=None):
            port = harness.free_port()
            with harness.server([*prefix, *command(port)], ("127.0.0.1", port), env=env, cwd=self.folder):
                yield port

        def ask(port):
            clients = [compat.started([PYTHON, PROGRAMS / "http_client.py", "socket", f"http://{tcp(port)}/", 10])
                       for _ in range(4)]
            for client in clients:
                self.assertEqual("100000\n", client.communicate(timeout=harness.PATIENCE_S)[0])

        data = self.new_folder()
        with server([harness.COMMAND, "record", "-q", "-o", data, "--"]) as port, \
                relay.between(("127.0.0.1", port)) as wire:
            ask(wire.port)
            passed = wire.figures()
        recording = harness.Recording(data)
        found = compat.figures(recording, tcp(port), role="server")
        self.assertEqual(passed, found.other_end())
        self.assertEqual((40, 40), (found.connections, found.round_trips))
        self.saw(recording, found)
        self.measure_server(lambda environment: server(env=environment), ask)

    @compat.row("gunicorn", "2 workers, 40 requests", "a relay's count", version=("gunicorn", "--version"))
    def test_gunicorn(self):
        self.check(lambda port: ["gunicorn", "-w", "2", "-b", tcp(port), "--worker-tmp-dir", self.folder,
                                 "application:application"])

    @compat.row("uwsgi", "2 workers, 40 requests", "a relay's count", version=("uwsgi", "--version"))
    def test_uwsgi(self):
        self.check(lambda port: ["uwsgi", "--plugin", "python3", "--http-socket", tcp(port), "--processes", "2",
                                 "--master", "--die-on-term", "--wsgi-file", "application.py"])


if __name__ == "__main__":
    harness.main()
