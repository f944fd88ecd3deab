# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests share: recording, reading a recording, servers, TAP.

meson gives the paths in the environment: TRT_COMMAND, TRT_LIBRARY, TRT_PROGRAMS.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import unittest

COMMAND = os.environ["TRT_COMMAND"]
LIBRARY = os.environ["TRT_LIBRARY"]
PROGRAMS = pathlib.Path(os.environ["TRT_PROGRAMS"])

# Only to end a hang: far above what any machine needs.
PATIENCE_S = 300


def program(name):
    """Path of a test program or library; where it would be if it was not built."""
    places = [PROGRAMS / folder / ("test-" + name) for folder in ["programs", "tls", "faults", "python"]]
    return str(next((place for place in places if place.exists()), places[-1]))


class Failed(Exception):
    """A command that must work did not."""


def run(arguments, *, status=0, env=None, **options):
    """Runs to the end; fails unless the exit status is as given (None: any)."""
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    full = {k: v for k, v in os.environ.items() if not k.startswith("TRACEROUNDTRIP_")}
    full.update(env or {})
    done = subprocess.run([str(a) for a in arguments], text=True, errors="replace",
                          timeout=PATIENCE_S, env=full, **options)
    if status is not None and done.returncode != status:
        raise Failed(f"{' '.join(map(str, arguments))}: status {done.returncode}, not {status}\n"
                     f"{done.stdout or ''}{done.stderr or ''}")
    return done


class Recording:
    """A folder of traces, as the command shows it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def files(self):
        return sorted(self.folder.glob("*.trt"))

    def text(self, view, *options, status=0):
        return run([COMMAND, view, *options, self.folder], status=status).stdout

    def lines(self, view, *options, status=0):
        """The objects of a view that prints one a line."""
        return [json.loads(line) for line in self.text(view, "--json", *options, status=status).splitlines()]

    def json(self, view, *options, status=0):
        return json.loads(self.text(view, "--json", *options, status=status))

    def summary(self):
        """`summary --json`, whose status 1 says that there was no round trip."""
        done = run([COMMAND, "summary", "--json", self.folder], status=None)
        if done.returncode not in (0, 1):
            raise Failed(f"summary: status {done.returncode}\n{done.stderr}")
        summary = json.loads(done.stdout)
        if done.returncode != (summary["round_trips"] == 0):
            raise Failed(f"summary: status {done.returncode} for {summary['round_trips']} round trips: {done.stderr}")
        return summary

    def calls(self, *names):
        """The events of these calls, or of all, in order."""
        return [e for e in self.lines("dump") if not names or e["call"] in names]


class TestCase(unittest.TestCase):
    """A test with a folder of its own, and ways to record into it."""

    maxDiff = None
    longMessage = True

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="traceroundtrip-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.recordings = 0

    def new_folder(self):
        self.recordings += 1
        return self.folder / f"recording{self.recordings}"

    def record(self, *arguments, options=(), **rest):
        """Through the command: (recording, the finished program)."""
        folder = self.new_folder()
        done = run([COMMAND, "record", "-o", folder, *options, "--", *arguments], **rest)
        return Recording(folder), done

    def preload(self, *arguments, env=None, **rest):
        """By LD_PRELOAD alone: (recording, the finished program)."""
        folder = self.new_folder()
        return Recording(folder), run(arguments, env=preload_env(folder, env), **rest)


def preload_env(folder, more=None):
    return {"LD_PRELOAD": LIBRARY, "TRACEROUNDTRIP_OUTPUT": str(folder), **(more or {})}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(ready, what):
    """Calls ready() until it is true; fails when that takes minutes."""
    end = time.monotonic() + PATIENCE_S
    while not ready():
        if time.monotonic() > end:
            raise Failed("gave up waiting for " + what)
        time.sleep(0.01)


def answers(address):
    """Whether something accepts connections there: (host, port), or the path of a Unix socket."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as s:
        try:
            s.connect(address)
        except OSError:
            return False
    return True


@contextlib.contextmanager
def server(arguments, address, *, env=None, stop=signal.SIGTERM, **options):
    """A server that runs, and accepts connections at address, as long as the block does."""
    full = {**os.environ, **(env or {})}
    with tempfile.TemporaryFile() as log:
        options.setdefault("stdout", log)
        options.setdefault("stderr", log)
        child = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, env=full, **options)

        def ready():
            if child.poll() is not None:
                log.seek(0)
                raise Failed(f"{arguments[0]} ended with {child.returncode}: {log.read().decode()}")
            return answers(address)

        try:
            wait_until(ready, str(arguments[0]))
            yield child
        finally:
            if child.poll() is None:
                child.send_signal(stop)
                try:
                    child.wait(PATIENCE_S)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()


def function_names(trips):
    """All frames of the stacks of round trips."""
    return {frame for trip in trips for frame in trip["stack"] or []}


class TapResult(unittest.TestResult):
    """Prints one TAP line a test case or subtest, and says what failed."""

    def __init__(self):
        super().__init__()
        self.count = 0
        self.subtests = 0

    def startTest(self, test):
        super().startTest(test)
        self.subtests = 0

    def line(self, ok, test, extra=""):
        self.count += 1
        name = str(test).split(" ")[0]
        if hasattr(test, "_subDescription"):
            name = test.test_case._testMethodName + " " + test._subDescription()
        name = name.replace("#", "_").replace("\n", " ")
        print(f"{'ok' if ok else 'not ok'} {self.count} - {name}{extra}", flush=True)

    def explain(self, error):
        for line in "".join(traceback.format_exception(*error)).splitlines():
            print("# " + line[:2000], flush=True)

    def addSuccess(self, test):
        if not self.subtests:
            self.line(True, test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.line(False, test)
        self.explain(err)

    def addError(self, test, err):
        super().addError(test, err)
        self.line(False, test)
        self.explain(err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        self.subtests += 1
        self.line(err is None, subtest)
        if err is not None:
            self.explain(err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.subtests += 1
        self.line(True, test, " # SKIP " + reason.replace("\n", " "))


def main():
    """Runs the tests of the calling file, or those named on its command line."""
    module = sys.modules["__main__"]
    loader = unittest.TestLoader()
    if len(sys.argv) > 1:
        suite = loader.loadTestsFromNames(sys.argv[1:], module)
    else:
        suite = loader.loadTestsFromModule(module)
    result = TapResult()
    suite.run(result)
    print(f"1..{result.count}")
    sys.exit(0 if result.wasSuccessful() and result.count else 1)
