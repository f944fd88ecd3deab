#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ends of a connection are found in the traces of two processes, and their bytes are the same:
what is captured of the bytes [a, b) here is what is captured of the bytes [a, b) there."""

import contextlib
import os
import socket
import subprocess
import sys

import format_reader
import harness
import redis

WHOLE_CALLS = {"TRACEROUNDTRIP_CAPTURE": "1024"}

# Messages differ from byte to byte, so that bytes of another place are not taken for them.
SAY = """
import itertools, os, socket, sys, time
numbers = itertools.count()
def say(size):
    return b"".join(b"%08d" % next(numbers) for _ in range(size // 8))
def hear(s, size):
    return s.recv(size, socket.MSG_WAITALL)
"""

CLIENT = SAY + """
family, address = sys.argv[1], sys.argv[2]
s = socket.socket(getattr(socket, family))
s.connect(("127.0.0.1", int(address)) if family == "AF_INET" else address.replace("@", "\\0"))
for size in (64, 200, 8, 512):
    s.sendall(say(size))
    hear(s, size * 2)
s.close()
"""

# A server of Python's own that forks for every connection.
FORKING = SAY + """
import socketserver
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        for size in (64, 200, 8, 512):
            if not hear(self.request, size):
                return
            self.request.sendall(say(size * 2))
class Server(socketserver.ForkingMixIn, socketserver.TCPServer if sys.argv[1] == "AF_INET" else
             socketserver.UnixStreamServer):
    pass
address = sys.argv[2]
Server(("127.0.0.1", int(address)) if sys.argv[1] == "AF_INET" else address.replace("@", "\\0"), Handler).serve_forever()
"""

# Accepts, hears and says something, then passes the socket on to a process that is not its child.
PASSING = SAY + """
family, address, meeting = sys.argv[1:4]
listener = socket.socket(getattr(socket, family))
listener.bind(("127.0.0.1", int(address)) if family == "AF_INET" else address.replace("@", "\\0"))
other = socket.socket(socket.AF_UNIX)
other.connect(meeting)
listener.listen()
while True:
    client, _ = listener.accept()
    for size in (64, 200):
        if not hear(client, size):
            break
        client.sendall(say(size * 2))
    else:
        socket.send_fds(other, [b"x"], [client.fileno()])
    client.close()
"""

TAKING = SAY + """
meeting = socket.socket(socket.AF_UNIX)
meeting.bind(sys.argv[1] + ".new")
meeting.listen()
os.rename(sys.argv[1] + ".new", sys.argv[1])
other, _ = meeting.accept()
while True:
    data, fds, _, _ = socket.recv_fds(other, 1, 1)
    if not data:
        break
    s = socket.socket(fileno=fds[0])
    for size in (8, 512):
        hear(s, size)
        s.sendall(say(size * 2))
    s.close()
"""

# A pair whose one end is a child's: of a fork, or of another program that finds it open.
PAIR = SAY + """
import subprocess
here, there = socket.socketpair()
talk = "for size in (64, 200, 8, 512):\\n    hear(s, size)\\n    s.sendall(say(size * 2))\\n"
if sys.argv[1] == "fork" and os.fork() == 0:
    here.close()
    s = there
    exec(talk)
    os._exit(0)
if sys.argv[1] == "exec":
    code = os.environ["SAY"] + "s = socket.socket(fileno=int(sys.argv[1]))\\n" + talk
    child = subprocess.Popen([sys.executable, "-c", code, str(there.fileno())], pass_fds=[there.fileno()])
there.close()
for size in (64, 200, 8, 512):
    here.sendall(say(size))
    hear(here, size * 2)
here.close()
os.wait()
"""

# A connection of which this program moved 300 and 20 bytes, and its child, another program, moves the rest: the kernel
# still holds bytes for it, and with "closed" the client is gone.
INHERITED = """
import socket, subprocess, sys
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()
client.sendall(b"q" * 1000)
server.recv(300, socket.MSG_WAITALL)
server.sendall(b"a" * 20)
client.recv(20, socket.MSG_WAITALL)
while len(server.recv(700, socket.MSG_PEEK)) < 700:
    pass
if sys.argv[1] == "closed":
    client.shutdown(socket.SHUT_WR)
child = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); s.recv(700, socket.MSG_WAITALL); s.sendall(b'b' * 50)"
subprocess.run([sys.executable, "-c", child, str(server.fileno())], pass_fds=[server.fileno()], check=True)
client.recv(50, socket.MSG_WAITALL)
"""

ABSTRACT_HTTP = """
import http.server, socketserver, sys
class Server(socketserver.UnixStreamServer):
    def get_request(self):
        return super().get_request()[0], ("client", 0)
class Handler(http.server.SimpleHTTPRequestHandler):
    pass
Server("\\0" + sys.argv[1], Handler).serve_forever()
"""

# Both ends of a Unix connection; prints the numbers of its descriptors.  With "forbidden", sockets of Netlink are.
BOTH = """
import ctypes, os, platform, socket, struct, sys
def forbid():
    socket_call, where = {"x86_64": (41, 0xc000003e), "aarch64": (198, 0xc00000b7)}[platform.machine()]
    program = b"".join(struct.pack("=HBBI", *line) for line in [
        (0x20, 0, 0, 0), (0x15, 0, 3, socket_call), (0x20, 0, 0, 16), (0x15, 0, 1, socket.AF_NETLINK),
        (0x06, 0, 0, 0x50000 | 1), (0x06, 0, 0, 0x7fff0000)])
    code = ctypes.create_string_buffer(program, len(program))
    filter = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    libc = ctypes.CDLL("libc.so.6", use_errno=True)  # not by our name: tracing would end
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, filter, 0, 0):
        sys.exit(77)
    try:
        socket.socket(socket.AF_NETLINK)
        sys.exit("not forbidden")
    except PermissionError:
        pass
if sys.argv[1:] == ["forbidden"]:
    forbid()
listener, client = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
listener.bind("")
listener.listen()
client.connect(listener.getsockname())
server, _ = listener.accept()
client.sendall(b"question")
server.recv(8)
server.sendall(b"answer")
client.recv(6)
print(listener.fileno(), client.fileno(), server.fileno(), os.dup(0), os.listdir("/proc/self/fd"))
"""

ASKED = 64 + 200 + 8 + 512


class Ends:
    """The captured bytes of all connections of a recording, by their place in the stream."""

    def __init__(self, recording):
        self.rows = {(row["pid"], row["connection"]): row for row in recording.json("connections")}
        self.traces = {}
        for path in recording.files():
            trace = format_reader.Trace(path)
            self.traces.setdefault(trace.header["pid"], []).append(trace)

    def bytes(self, key, direction):
        """{offset: byte}"""
        shift, there = self.rows[key][direction + "_shift"], {}
        calls = ["send", "sendto", "sendmsg", "write", "writev"] if direction == "sent" else \
            ["recv", "recvfrom", "recvmsg", "read", "readv"]
        for trace in self.traces[key[0]]:
            for event in trace.events:
                if event["connection"] != key[1] or event["call"] not in calls or event["result"] <= 0:
                    continue
                start = event["offset"] + shift
                there.update(enumerate(event["head"], start))
                there.update(enumerate(event["tail"], start + event["result"] - len(event["tail"])))
        return there

    def peer(self, key):
        row = self.rows[key]
        return (row["peer_pid"], row["peer_connection"]) if row["peer_connection"] else None


class Joining(harness.TestCase):
    def compare(self, recording, clients, asked, answered):
        """
        Every connection that the clients made has an other end, where all those bytes are in the same places: asked
        and answered, at least so many of each.  Of a socket with several users all are looked at.
        """
        ends = Ends(recording)
        pids = {trace.header["pid"] for traces in ends.traces.values() for trace in traces
                if clients(trace.header["command"])}
        joined = [key for key, row in ends.rows.items() if key[0] in pids and row["origin"] in ("socket", "socketpair")
                  and row["bytes_sent"]]
        self.assertNotEqual([], joined)
        for key in joined:
            self.assertIsNotNone(ends.peer(key), f"the other end of {ends.rows[key]}")
            users = [other for other in ends.rows if ends.peer(other) == key]
            self.assertIn(ends.peer(key), users)
            for direction, opposite, least in [("sent", "received", asked), ("received", "sent", answered)]:
                ours, theirs = ends.bytes(key, direction), {}
                for user in users:
                    theirs.update(ends.bytes(user, opposite))
                both = ours.keys() & theirs.keys()
                self.assertGreaterEqual(len(both), least, f"bytes {direction} by {ends.rows[key]}, heard by {users}")
                self.assertEqual([], [place for place in sorted(both) if ours[place] != theirs[place]])
        return ends

    @contextlib.contextmanager
    def recorded_server(self, data, *arguments, address):
        """A Python server that is recorded into the folder."""
        with harness.server([sys.executable, "-c", *arguments], address, cwd=self.folder,
                            env=harness.preload_env(data, WHOLE_CALLS)) as s:
            yield s

    def talk(self, data, family, address):
        """The client, recorded into the same folder."""
        harness.run([sys.executable, "-c", CLIENT, family, address], env=harness.preload_env(data, WHOLE_CALLS))

    def addresses(self):
        """(family, argument, what harness.answers() takes)"""
        port = harness.free_port()
        return [("AF_INET", str(port), ("127.0.0.1", port)),
                ("AF_UNIX", str(self.folder / "path.sock"), str(self.folder / "path.sock")),
                ("AF_UNIX", f"@{self.folder.name}", "\0" + self.folder.name)]

    def test_a_worker_that_was_forked(self):
        for family, address, probe in self.addresses():
            with self.subTest(address=address):
                data = self.new_folder()
                with self.recorded_server(data, FORKING, family, address, address=probe):
                    self.talk(data, family, address)
                ends = self.compare(harness.Recording(data), lambda c: CLIENT in c, ASKED, 2 * ASKED)
                self.assertIn("forked", {row["origin"] for row in ends.rows.values() if row["peer_connection"]})

    def test_a_socket_that_was_passed(self):
        for family, address, probe in self.addresses():
            with self.subTest(address=address):
                data, meeting = self.new_folder(), str(self.folder / f"meeting{self.recordings}")
                environment = {**os.environ, **harness.preload_env(data, WHOLE_CALLS)}
                with subprocess.Popen([sys.executable, "-c", TAKING, meeting], env=environment) as taker:
                    harness.wait_until(lambda: os.path.exists(meeting), "the taker")
                    with self.recorded_server(data, PASSING, family, address, meeting, address=probe):
                        self.talk(data, family, address)
                    taker.wait(harness.PATIENCE_S)
                ends = self.compare(harness.Recording(data), lambda c: CLIENT in c, ASKED, 2 * ASKED)
                passed, = (row for row in ends.rows.values() if row["origin"] == "found" and row["peer_process"]
                           and row["bytes_sent"] == 2 * 520)
                self.assertEqual({"AF_INET": (0, 0), "AF_UNIX": (528, 264)}[family],
                                 (passed["sent_shift"], passed["received_shift"]))

    def test_a_socket_that_was_in_use(self):
        for client in ["open", "closed"]:
            with self.subTest(client=client):
                recording, _ = self.preload(sys.executable, "-c", INHERITED, client)
                found, = (c for c in recording.json("connections") if c["origin"] == "found")
                moved = [(e["direction"], e["offset"], e["bytes"]) for e in recording.calls()
                         if (e["pid"], e["connection"]) == (found["pid"], found["connection"]) and e["bytes"]]
                self.assertEqual([("received", 300, 700), ("sent", 20, 50)], moved)
                self.assertEqual((0, 0), (found["sent_shift"], found["received_shift"]))

    def test_a_pair_and_a_child(self):
        for way in ["fork", "exec"]:
            with self.subTest(way=way):
                recording, _ = self.preload(sys.executable, "-c", PAIR, way, env={**WHOLE_CALLS, "SAY": SAY})
                ends = Ends(recording)
                here = next(key for key, row in ends.rows.items()
                            if row["origin"] == "socketpair" and row["bytes_sent"] == ASKED)
                self.assertNotEqual(here[0], ends.peer(here)[0], "it is in the child")
                self.assertEqual("forked" if way == "fork" else "found", ends.rows[ends.peer(here)]["origin"])
                for direction, opposite in [("sent", "received"), ("received", "sent")]:
                    ours, theirs = ends.bytes(here, direction), ends.bytes(ends.peer(here), opposite)
                    self.assertEqual(ASKED * (1 + (direction == "received")), len(ours))
                    self.assertEqual(ours, theirs)

    def test_redis(self):
        for where in ["port", "path"]:
            with self.subTest(where=where):
                data = self.new_folder()
                environment = harness.preload_env(data, WHOLE_CALLS)
                with redis.running(self.folder, env=environment) as server:
                    to = ["-p", server.port] if where == "port" else ["-s", server.path]
                    harness.run(["redis-benchmark", *to, "-n", "300", "-c", "5", "-r", "100000", "-P", "3",
                                 "-t", "set,get", "-q"], env=environment)
                self.compare(harness.Recording(data), lambda c: "redis-benchmark" in c[0], 30, 5)

    def test_curl_and_an_abstract_name(self):
        data, name = self.new_folder(), self.folder.name + "http"
        (self.folder / "page").write_text("".join(f"{n:08d}" for n in range(300)))
        with self.recorded_server(data, ABSTRACT_HTTP, name, address="\0" + name):
            done = harness.run(["curl", "-s", "--abstract-unix-socket", name, "http://localhost/page"],
                               env=harness.preload_env(data, WHOLE_CALLS))
        self.assertEqual((self.folder / "page").read_text(), done.stdout)
        self.compare(harness.Recording(data), lambda c: c[0] == "curl", 60, 1000)

    def test_datagrams(self):
        recording, _ = self.record(harness.program("udp_peers"), "4", options=["--capture", "64"])
        ends = Ends(recording)
        joined = {key: ends.peer(key) for key in ends.rows if ends.peer(key)}
        self.assertEqual(8, len(joined), "four clients, and four connections of the server")
        for key, peer in joined.items():
            self.assertEqual(key, joined[peer])
            self.assertEqual((ends.rows[key]["local"].rsplit(":")[1], ends.bytes(key, "sent")),
                             (ends.rows[peer]["remote"].rsplit(":")[1], ends.bytes(peer, "received")))

    def test_asking_leaves_nothing_behind(self):
        recording, done = self.preload(sys.executable, "-c", BOTH)
        self.assertEqual(harness.run([sys.executable, "-c", BOTH]).stdout, done.stdout)
        rows = [row for row in recording.json("connections") if row["role"]]
        self.assertEqual([rows[1]["inode"], rows[0]["inode"]], [row["peer_inode"] for row in rows])

    def test_asking_is_forbidden(self):
        recording, done = self.preload(sys.executable, "-c", BOTH, "forbidden", status=None)
        if done.returncode == 77:
            self.skipTest("no system call can be forbidden here")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        trace = format_reader.Trace(recording.files()[0])
        self.assertEqual({(0, trace.header["pid"])}, {(p["inode"], p["pid"]) for p in trace.unix_peers.values()})
        ends = {row["connection"]: row["peer_connection"] for row in recording.json("connections") if row["role"]}
        self.assertEqual(set(ends), set(ends.values()), "it is the only one that can be")
        self.assertEqual(2, recording.summary()["round_trips"])

    def test_one_end_alone(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(b"abcde")
            recording, _ = self.record(harness.program("sockets"), "inherited", stdin=theirs)
        row, = recording.json("connections")
        self.assertEqual((os.getpid(), None, None, None),
                         (row["peer_pid"], row["peer_process"], row["peer_connection"], row["sent_shift"]))
        self.assertIn(f"pid {os.getpid()}", recording.text("connections", "--width", "200"))


if __name__ == "__main__":
    harness.main()
