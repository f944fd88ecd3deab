# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of real programs share: the table's rows, figures of a recording, overhead.

Each test is declared with @row() and is a row of docs/compatibility.md.  scripts/compatibility gives a file in
TRT_COMPAT_ROWS, to which each test that passed adds what it saw; TRT_COMPAT_PAIRS asks for that many pairs of
runs without and with the library, from which the overhead is taken.
"""

import dataclasses
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import harness

PYTHON = "/usr/bin/python3"  # Debian's, as its modules are Debian's
PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
ROWS_FILE = os.environ.get("TRT_COMPAT_ROWS")
PAIRS = int(os.environ.get("TRT_COMPAT_PAIRS", "0"))

ROWS = []


@dataclasses.dataclass(frozen=True)
class Row:
    """What is known of a row before its test has run."""
    program: str
    workload: str
    checked: str    # by what the counts are checked
    version: tuple  # the command that prints the version


def version_of(command):
    """The first number with a dot that the program prints of itself."""
    done = harness.run(command, status=None)
    # MariaDB's clients have a number of their own before the one that everybody knows.
    text = re.sub(r".*\bDistrib\b", "", done.stdout + done.stderr)
    found = re.search(r"\d+(?:\.\d+)+\w*", text)
    if not found:
        raise harness.Failed(f"{' '.join(command)} prints no version")
    return found[0]


def row(program, workload, checked, *, version, needs=()):
    """Declares a test that fills a row; it is skipped where a program that it needs is missing."""
    about = Row(program, workload, checked, tuple(version))
    ROWS.append(about)

    def declare(test):
        @functools.wraps(test)
        def wrapper(self):
            for name in (version[0], *needs):
                if not shutil.which(name):
                    self.skipTest(f"{name} is not installed")
            self.begin(about)
            test(self)
            self.finish()
        return wrapper
    return declare


def python_module(name):
    """Command that prints the version of a module; as version= of a row."""
    return (PYTHON, "-c", f"import importlib.metadata as m; print(m.version('{name}'))")


@dataclasses.dataclass
class Figures:
    """What a recording holds of the connections with one address."""
    connections: int = 0
    round_trips: int = 0
    pending: int = 0  # or not to be answered at all
    bytes_sent: int = 0
    bytes_received: int = 0

    def __add__(self, other):
        return Figures(*(a + b for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other))))

    def other_end(self):
        """What the peers saw."""
        return dataclasses.replace(self, bytes_sent=self.bytes_received, bytes_received=self.bytes_sent)


def figures(recording, address, role="client"):
    """Of the connections to that address, or from it if the role is "server", that were asked something."""
    end = "remote" if role == "client" else "local"
    found = Figures()
    for c in recording.json("connections"):
        if c["role"] == role and c[end] == address and c["round_trips"]:
            found += Figures(1, c["round_trips"], c["pending"] + c["one_way"], c["bytes_sent"], c["bytes_received"])
    return found


def wire_bytes(recording, address, role="client"):
    """Bytes (sent, received) of the same connections, as they went over the wire, the TLS handshake included."""
    end = "remote" if role == "client" else "local"
    found = [(c["wire_bytes_sent"], c["wire_bytes_received"]) if c["tls"] and c["tls"]["seen"] else
             (c["bytes_sent"], c["bytes_received"])
             for c in recording.json("connections") if c["role"] == role and c[end] == address and c["round_trips"]]
    return tuple(map(sum, zip(*found)))


def unseen(summaries):
    """What the program itself says that it could not see, in words; "nothing" if it compared and missed nothing."""
    spots = sorted({spot for s in summaries for spot in s["blind_spots"]})
    known = [s["unseen_bytes"] for s in summaries if s["unseen_bytes"] is not None]
    if sum(known):
        spots.append(f"{sum(known)} bytes that went round the C library")
    encrypted = sum(s["tls"]["unseen_connections"] for s in summaries)
    if encrypted:
        spots.append(f"the plaintext of {encrypted} encrypted connection{'s' * (encrypted > 1)}")
    unjoined = sum(s["tls"]["unjoined_bytes_sent"] + s["tls"]["unjoined_bytes_received"] for s in summaries)
    if unjoined:
        spots.append(f"whose the plaintext of {unjoined} bytes was")
    lost = sum(s["lost_events"] + s["overwritten_events"] for s in summaries)
    if lost:
        spots.append(f"{lost} events lost")
    return "; ".join(spots) or ("nothing" if known else "nothing known (no connection could be compared)")


class TestCase(harness.TestCase):
    """A test of a real program."""

    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)  # servers that drop their rights work in it

    def begin(self, about):
        self.about = about
        self.rows = []
        self.overhead = []

    def saw(self, recording, found):
        """Adds figures to the row, and to what is checked in all of them: that nothing was lost."""
        summary = recording.summary()
        self.assertEqual(0, summary["lost_events"] + summary["overwritten_events"])
        self.rows.append((summary, found))

    def watch(self, address, *arguments, role="client", **options):
        """Records a client that talks with address: (figures, recording, the finished program)."""
        recording, done = self.record(*arguments, **options)
        found = figures(recording, address, role)
        self.saw(recording, found)
        return found, recording, done

    def measure(self, run):
        """Overhead: run(environment) ends when the work is done, or returns its seconds if it knows them better."""
        def seconds(environment):
            start = time.monotonic()
            return run(environment) or time.monotonic() - start

        self.overhead = [(seconds({}), seconds(harness.preload_env(self.new_folder()))) for _ in range(PAIRS)]

    def measure_server(self, server, work):
        """Overhead of a server: server(environment) is a context, and work() with its value is what takes time."""
        def seconds(environment):
            with server(environment) as running:
                start = time.monotonic()
                work(running)
                return time.monotonic() - start

        self.measure(seconds)

    def measure_command(self, *arguments, env=None, **options):
        """Overhead of a program that runs to its end."""
        def run(environment):
            harness.run(arguments, env={**environment, **(env or {})}, **options)

        self.measure(run)

    def finish(self):
        """The test passed: its row."""
        if not self.rows:
            raise harness.Failed("the test shows no figures")
        if not ROWS_FILE:
            return
        total = sum((found for _, found in self.rows), Figures())
        with open(ROWS_FILE, "a") as rows:
            print(json.dumps({**dataclasses.asdict(self.about), "version": version_of(self.about.version),
                              **dataclasses.asdict(total), "unseen": unseen([s for s, _ in self.rows]),
                              "overhead": self.overhead}), file=rows)


def demote(user):
    """Options of subprocess and harness functions that run a program as this user, if we are root."""
    return {"user": user, "group": user, "extra_groups": []} if os.getuid() == 0 else {}


def tcp(port):
    """An address on loopback, as the views print it."""
    return f"127.0.0.1:{port}"


def tcp_mapped(port):
    """The same for a socket of IPv6 that talks IPv4, as Java's do."""
    return f"[::ffff:127.0.0.1]:{port}"


def certificate(folder):
    """A key and a certificate of 127.0.0.1 and localhost, signed by itself: (key, certificate)."""
    key, certificate_file = folder / "key.pem", folder / "certificate.pem"
    if not key.exists():
        harness.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                     "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                     "-keyout", key, "-out", certificate_file])
    return key, certificate_file


def started(arguments):
    """A client that runs beside others: its process."""
    return subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
