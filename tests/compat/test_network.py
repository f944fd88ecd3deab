#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssh and its server, dig and its name server."""

import contextlib
import os
import pathlib
import pwd
import re

import compat
import harness
import relay
from compat import tcp

SSHD = "/usr/sbin/sshd"


class Ssh(compat.TestCase):
    @contextlib.contextmanager
    def server(self, prefix=(), env=None):
        """A server with keys of its own: its port."""
        if pwd.getpwuid(os.getuid()).pw_shell.endswith(("nologin", "false")):
            self.skipTest("this user cannot log in")
        port = harness.free_port()
        for name in ("host", "user"):
            if not (self.folder / name).exists():
                harness.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name])
        (self.folder / "authorized").write_text((self.folder / "user.pub").read_text())
        (self.folder / "sshd.conf").write_text(
            f"ListenAddress {tcp(port)}\nHostKey {self.folder}/host\nAuthorizedKeysFile {self.folder}/authorized\n"
            f"PidFile {self.folder}/sshd.pid\nUsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\n")
        (self.folder / "known").write_text("localhost " + (self.folder / "host.pub").read_text())
        if os.getuid() == 0:
            # Where its sandboxed half is confined; Debian's service makes it.
            pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with harness.server([*prefix, SSHD, "-D", "-e", "-f", self.folder / "sshd.conf"], ("127.0.0.1", port),
                            env=env):
            yield port

    def client(self, port, command):
        return ["ssh", "-v", "-F", "none", "-p", port, "-i", self.folder / "user", "-o", "IdentitiesOnly=yes",
                "-o", f"UserKnownHostsFile={self.folder}/known", "-o", "HostKeyAlias=localhost", "-o", "BatchMode=yes",
                f"{pwd.getpwuid(os.getuid()).pw_name}@127.0.0.1", command]

    @compat.row("ssh", "a command that prints 100,000 bytes", "a relay's count of bytes", version=("ssh", "-V"),
                needs=[SSHD])
    def test_client(self):
        with self.server() as port, relay.between(("127.0.0.1", port)) as wire:
            command = self.client(wire.port, "head -c 100000 /dev/zero")
            found, recording, done = self.watch(tcp(wire.port), *command)
            passed = wire.figures()
            self.assertEqual((passed.connections, passed.bytes_sent, passed.bytes_received),
                             (found.connections, found.bytes_sent, found.bytes_received))
            # Both sides introduce themselves at once: whose turn that is depends on who looks.
            self.assertAlmostEqual(passed.round_trips, found.round_trips, delta=2)
            self.assertEqual(100_000, len(done.stdout))
            self.measure_command(*command)

    def ask(self, port):
        for _ in range(2):
            harness.run(self.client(port, "head -c 100000 /dev/zero"))

    @compat.row("sshd", "2 sessions of 100,000 bytes", "a relay's count of connections", version=("ssh", "-V"),
                needs=[SSHD])
    def test_server(self):
        """What it says before the log-in is said from within a sandbox: that is not recorded, and told."""
        data = self.new_folder()
        with self.server([harness.COMMAND, "record", "-q", "-o", data, "--"]) as port, \
                relay.between(("127.0.0.1", port)) as wire:
            self.ask(wire.port)
            passed = wire.figures()
        recording = harness.Recording(data)
        # The processes of a session inherit its socket and speak first: they pass for clients.  Who only looked
        # whether the server is there said nothing.
        rows = [c for c in recording.json("connections") if c["local"] == tcp(port) and c["bytes_received"]]
        found = compat.Figures(len({c["remote"] for c in rows}), *(
            sum(c[key] for c in rows) for key in ("round_trips", "pending", "bytes_sent", "bytes_received")))
        self.assertEqual(passed.connections, found.connections)
        self.assertLessEqual(2 * 100_000, found.bytes_sent)
        self.assertLess(found.bytes_sent, passed.bytes_received)
        self.assertIn("sandbox", " ".join(recording.summary()["blind_spots"]))
        self.saw(recording, found)
        self.measure_server(lambda environment: self.server(env=environment), self.ask)


class Names(compat.TestCase):
    @contextlib.contextmanager
    def server(self, prefix=()):
        """dnsmasq, which knows names by itself and asks nobody: (port, log)."""
        port, log = harness.free_port(), self.folder / "queries"
        user = ["--user=root"] if os.getuid() == 0 else []
        with harness.server([*prefix, "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                             "--listen-address=127.0.0.1", "--bind-interfaces", f"--port={port}", "--log-queries",
                             f"--log-facility={log}", "--address=/test.example/192.0.2.1", *user],
                            ("127.0.0.1", port)):
            yield port, log

    def dig(self, port, *options):
        return ["dig", "@127.0.0.1", "-p", port, "+tries=1", *options,
                *(word for i in range(10) for word in (f"name{i}.test.example", "A"))]

    def check(self, *options):
        with self.server() as (port, log):
            command = self.dig(port, *options)
            found, recording, done = self.watch(tcp(port), *command)
            sizes = [int(size) for size in re.findall(r"MSG SIZE\s+rcvd: (\d+)", done.stdout)]
            self.assertEqual(10, len(sizes))
            self.assertEqual((10, 10), (len(re.findall(r"query\[A\] name\d", log.read_text())), found.round_trips))
            self.measure_command(*command)
        return found, sum(sizes)

    @compat.row("dig", "10 questions by UDP", "its own count, the server's log", version=("dig", "-v"),
                needs=["dnsmasq"])
    def test_udp(self):
        found, received = self.check("+notcp")
        self.assertEqual(received, found.bytes_received)

    @compat.row("dig", "10 questions by TCP", "its own count, the server's log", version=("dig", "-v"),
                needs=["dnsmasq"])
    def test_tcp(self):
        found, received = self.check("+tcp")
        self.assertEqual(received + 2 * 10, found.bytes_received, "each has its length before it")


if __name__ == "__main__":
    harness.main()
