# SPDX-License-Identifier: GPL-3.0-or-later
"""A relay between a client and a server that counts what passes: a count that knows nothing of traces."""

import contextlib
import dataclasses
import selectors
import socket
import threading

import compat
import harness


@dataclasses.dataclass
class Wire:
    """What passed on one connection.  A turn begins when the client speaks first or after the server."""
    sent: int = 0
    received: int = 0
    turns: int = 0
    answered: bool = True
    open: int = 2  # sides that have not ended


class Relay:
    """Accepts on a free port of 127.0.0.1, or at a path, and passes on to the address of a server."""

    def __init__(self, server, path=None):
        self.server = server
        self.wires = []
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(path))
            self.address = str(path)
            self.port = None
        else:
            self.listener = socket.socket()
            self.listener.bind(("127.0.0.1", 0))
            self.port = self.listener.getsockname()[1]
            self.address = f"127.0.0.1:{self.port}"
        self.listener.listen(100)
        self.stop, self.stopped = socket.socketpair()
        self.sockets = [self.listener, self.stop, self.stopped]
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def figures(self):
        """What passed, once all connections have ended on both sides; a client saw the same."""
        harness.wait_until(lambda: not any(w.open for w in self.wires), "the end of connections through a relay")
        return compat.Figures(len(self.wires), sum(w.turns for w in self.wires),
                              sum(not w.answered for w in self.wires), sum(w.sent for w in self.wires),
                              sum(w.received for w in self.wires))

    def forget(self):
        """Forgets what passed before."""
        self.figures()
        self.wires.clear()

    def run(self):
        with selectors.DefaultSelector() as self.selector:
            self.selector.register(self.listener, selectors.EVENT_READ, None)
            self.selector.register(self.stopped, selectors.EVENT_READ, None)
            while True:
                for key, _ in self.selector.select():
                    if key.fileobj is self.stopped:
                        return
                    if key.fileobj is self.listener:
                        self.accept()
                    else:
                        self.forward(key.fileobj, *key.data)

    def accept(self):
        client = self.listener.accept()[0]
        server = socket.socket(socket.AF_UNIX if isinstance(self.server, str) else socket.AF_INET)
        server.connect(self.server)
        for s in (client, server):
            if s.family == socket.AF_INET:
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sockets += [client, server]
        wire = Wire()
        self.wires.append(wire)
        self.selector.register(client, selectors.EVENT_READ, (server, wire, True))
        self.selector.register(server, selectors.EVENT_READ, (client, wire, False))

    def forward(self, source, target, wire, from_client):
        try:
            data = source.recv(1 << 16)
            if from_client and data:
                wire.sent += len(data)
                wire.turns += wire.answered
                wire.answered = False
            elif data:
                wire.received += len(data)
                wire.answered = True
            target.sendall(data)
        except OSError:
            data = b""  # reset, or gone
        if not data:
            self.selector.unregister(source)
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_WR)
            wire.open -= 1

    def close(self):
        self.stop.send(b".")
        self.thread.join(harness.PATIENCE_S)
        for s in self.sockets:
            s.close()


@contextlib.contextmanager
def between(server, path=None):
    """A relay to a server, as long as the block runs."""
    relay = Relay(server, path)
    try:
        yield relay
    finally:
        relay.close()
