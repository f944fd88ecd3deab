# SPDX-License-Identifier: GPL-3.0-or-later
"""A private redis-server, and what it says that its clients asked."""

import contextlib
import socket

import harness


class Server:
    """A server on a free port of 127.0.0.1 and on a Unix socket."""

    def __init__(self, folder):
        self.port = harness.free_port()
        self.path = str(folder / "redis.sock")
        self.address = ("127.0.0.1", self.port)
        self.arguments = ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--unixsocket", self.path,
                          "--save", "", "--appendonly", "no", "--dir", folder, "--enable-debug-command", "local"]

    def ask(self, *command):
        """One command on a connection of its own; the bulk or simple string it returns."""
        request = b"*%d\r\n" % len(command)
        for word in command:
            request += b"$%d\r\n%s\r\n" % (len(word), word.encode())
        with socket.create_connection(self.address) as s, s.makefile("rb") as answers:
            s.sendall(request)
            head = answers.readline().decode().rstrip("\r\n")
            if head[0] == "$" and head != "$-1":
                return answers.read(int(head[1:])).decode()
            return head[1:]

    def info(self, section):
        rows = (line.split(":", 1) for line in self.ask("INFO", section).splitlines() if ":" in line)
        return dict(rows)

    def reset_counters(self):
        self.ask("CONFIG", "RESETSTAT")

    def commands(self):
        """Calls by command since reset_counters(), without those of ask()."""
        counts = {}
        for name, row in self.info("commandstats").items():
            name = name.removeprefix("cmdstat_")
            if name not in ("info", "config|resetstat"):
                counts[name] = int(row.split("calls=")[1].split(",")[0])
        return counts


@contextlib.contextmanager
def running(folder, *, prefix=(), env=None):
    """prefix: words before the server's own, such as those of `traceroundtrip record`."""
    s = Server(folder)
    with harness.server([*prefix, *s.arguments], s.address, env=env) as s.process:
        yield s
