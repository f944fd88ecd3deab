# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that give back what they are sent, line by line, and know how much that was."""

import contextlib
import socketserver
import threading

import compat


class Handler(socketserver.StreamRequestHandler):
    """One connection; it counts when it has ended."""

    def handle(self):
        lines = total = 0
        for line in self.rfile:
            lines += 1
            total += len(line)
            self.wfile.write(line)
        with self.server.counting:
            self.server.figures += compat.Figures(bool(lines), lines, 0, total, total)


class Server(socketserver.ThreadingTCPServer):
    """figures: of all connections that have ended."""
    daemon_threads = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.counting = threading.Lock()
        self.figures = compat.Figures()
        self.port = self.server_address[1]


@contextlib.contextmanager
def running():
    """A server; its figures are complete after the block."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
