#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""traceroundtrip record: what the program gets, what becomes of its end, where the recording goes."""

import os
import pathlib
import pty
import resource
import shutil
import signal
import subprocess
import sys

import harness

PYTHON = sys.executable


def environment(**more):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TRACEROUNDTRIP_") and k != "LD_PRELOAD"}
    return {**clean, **more}


class Record(harness.TestCase):
    def record_raw(self, *arguments, env=None, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([harness.COMMAND, "record", *map(str, arguments)], cwd=self.folder, text=True,
                              capture_output=True, env=environment(**(env or {})), timeout=harness.PATIENCE_S,
                              **options)

    def seen_environment(self, *options, env=None):
        """TRACEROUNDTRIP_* and LD_PRELOAD as the program has them."""
        done = self.record_raw(*options, "--", "/usr/bin/env", "-0", env=env)
        self.assertEqual(0, done.returncode, done.stderr)
        variables = dict(v.split("=", 1) for v in done.stdout.split("\0") if v)
        return {k.removeprefix("TRACEROUNDTRIP_"): v for k, v in variables.items()
                if k.startswith("TRACEROUNDTRIP_") or k == "LD_PRELOAD"}

    def test_default_environment(self):
        seen = self.seen_environment()
        self.assertEqual({"LD_PRELOAD": os.path.realpath(harness.LIBRARY), "MAX_SIZE": "4G",
                          "OUTPUT": str(self.folder / "traceroundtrip.data")}, seen)

    def test_options_become_environment(self):
        seen = self.seen_environment("-o", "x", "--detail", "fine", "--capture", "64", "--stack-depth=7", "--quiet",
                                     "--max-size", "1.5M", "--slow", "1.5ms")
        del seen["LD_PRELOAD"]
        self.assertEqual({"OUTPUT": str(self.folder / "x"), "DETAIL": "fine", "CAPTURE": "64", "STACK_DEPTH": "7",
                          "QUIET": "1", "MAX_SIZE": "1572864", "SLOW": "1500000ns"}, seen)

    def test_environment_is_kept(self):
        seen = self.seen_environment("--detail=coarse", env={
            "TRACEROUNDTRIP_DETAIL": "fine", "TRACEROUNDTRIP_MAX_SIZE": "9M", "TRACEROUNDTRIP_DISABLE": "1",
            "TRACEROUNDTRIP_OUTPUT": "there"})
        self.assertEqual("coarse", seen["DETAIL"])
        self.assertEqual("9M", seen["MAX_SIZE"])
        self.assertEqual(str(self.folder / "there"), seen["OUTPUT"])
        self.assertNotIn("DISABLE", seen)

    def test_preload_of_others(self):
        library = os.path.realpath(harness.LIBRARY)
        other = shutil.copy(harness.LIBRARY, self.folder / "other.so")
        ldd = self.seen_environment("-q", env={"LD_PRELOAD": str(other), "TRACEROUNDTRIP_DISABLE": "1"})
        self.assertEqual(f"{library}:{other}", ldd["LD_PRELOAD"])
        twice = self.seen_environment("-q", env={"LD_PRELOAD": harness.LIBRARY})
        self.assertEqual(harness.LIBRARY, twice["LD_PRELOAD"], "ours is not listed twice")

    def test_library_by_name(self):
        library = shutil.copy(harness.LIBRARY, self.folder / "mine.so")
        seen = self.seen_environment(env={"TRACEROUNDTRIP_LIBRARY": "mine.so"})
        self.assertEqual(str(library), seen["LD_PRELOAD"])
        missing = self.record_raw("true", env={"TRACEROUNDTRIP_LIBRARY": "/no/such.so"})
        self.assertEqual(1, missing.returncode)
        self.assertIn("TRACEROUNDTRIP_LIBRARY", missing.stderr)
        (self.folder / "a b").mkdir()
        shutil.copy(harness.LIBRARY, self.folder / "a b" / "mine.so")
        spaced = self.record_raw("true", env={"TRACEROUNDTRIP_LIBRARY": "a b/mine.so"})
        self.assertEqual(1, spaced.returncode)
        self.assertIn("a b/mine.so", spaced.stderr)

    def test_arguments_and_exit_status(self):
        done = self.record_raw("sh", "-c", 'echo "$0|$1"; exit 7', "--quiet", "a b")
        self.assertEqual((7, "--quiet|a b\n"), (done.returncode, done.stdout))

    def test_death_by_signal(self):
        for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGUSR1):
            with self.subTest(signal=number.name):
                done = self.record_raw("sh", "-c", f"kill -{int(number)} $$")
                self.assertEqual(-number, done.returncode)
                self.assertEqual([], list(self.folder.glob("core*")))

    def test_signals_are_passed_on(self):
        script = ("import signal, sys\n"
                  "def caught(number, frame):\n"
                  "    print(signal.Signals(number).name, flush=True)\n"
                  "    if number == signal.SIGQUIT: sys.exit(3)\n"
                  "for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2,\n"
                  "          signal.SIGWINCH, signal.SIGQUIT): signal.signal(n, caught)\n"
                  "print('ready', flush=True)\n"
                  "while True: signal.pause()\n")
        child = subprocess.Popen([harness.COMMAND, "record", PYTHON, "-c", script], cwd=self.folder, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(),
                                 start_new_session=True)
        with child:
            self.assertEqual("ready\n", child.stdout.readline())
            for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGQUIT"):
                child.send_signal(getattr(signal, name))
                self.assertEqual(name + "\n", child.stdout.readline())
            self.assertEqual(3, child.wait(harness.PATIENCE_S))

    def on_terminal(self, script):
        """Runs the Python script under record as a shell runs a job in front of a terminal, which is returned.

        Prints "stopped" when the job has stopped, and then wakes it; prints "job ended" and its status at last.
        """
        shell = ("import os, signal, sys\n"
                 "job = os.fork()\n"
                 "if job == 0:\n"
                 "    os.setpgid(0, 0)\n"
                 "    signal.signal(signal.SIGTTOU, signal.SIG_IGN)\n"
                 "    os.tcsetpgrp(0, os.getpid())\n"
                 "    signal.signal(signal.SIGTTOU, signal.SIG_DFL)\n"
                 "    os.execv(sys.argv[1], sys.argv[1:])\n"
                 "_, status = os.waitpid(job, os.WUNTRACED)\n"
                 "if os.WIFSTOPPED(status):\n"
                 "    print('stopped', flush=True)\n"
                 "    os.killpg(job, signal.SIGCONT)\n"
                 "    _, status = os.waitpid(job, 0)\n"
                 "print('job ended', status, flush=True)\n")
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(PYTHON, [PYTHON, "-c", shell, harness.COMMAND, "record", PYTHON, "-u", "-c", script],
                      environment())
        self.addCleanup(os.waitpid, pid, 0)
        self.addCleanup(os.close, terminal)
        return terminal

    def read_until(self, terminal, word):
        text = ""
        while word not in text:
            try:
                text += os.read(terminal, 4096).decode()
            except OSError:
                break
        self.assertIn(word, text)
        return text

    def test_interrupt_key_arrives_once(self):
        script = ("import signal, time\n"
                  "count = 0\n"
                  "def caught(number, frame):\n"
                  "    global count; count += 1\n"
                  "signal.signal(signal.SIGINT, caught)\n"
                  "print('ready')\n"
                  "while not count: time.sleep(0.01)\n"
                  "time.sleep(0.3)\n"
                  "print('count', count, 'end')\n")
        terminal = self.on_terminal(script)
        self.read_until(terminal, "ready")
        os.write(terminal, b"\x03")
        self.assertIn("count 1 end", self.read_until(terminal, "job ended 0"))

    def test_stop_key(self):
        """Stopped with its program, and woken with it."""
        terminal = self.on_terminal("print('ready'); input(); print('went on')")
        self.read_until(terminal, "ready")
        os.write(terminal, b"\x1a")
        self.read_until(terminal, "stopped")
        os.write(terminal, b"\n")
        self.assertIn("went on", self.read_until(terminal, "job ended 0"))

    def test_stopped_and_woken_by_another_process(self):
        """Somebody stops the program alone and wakes it again: record must not stay stopped."""
        script = "import os, time; print(os.getpid(), flush=True); input(); print('went on')"
        child = subprocess.Popen([harness.COMMAND, "record", "-q", PYTHON, "-c", script], cwd=self.folder, text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
        program = int(child.stdout.readline())
        os.kill(program, signal.SIGSTOP)
        harness.wait_until(lambda: "T" in pathlib.Path(f"/proc/{program}/stat").read_text().split()[2], "the stop")
        os.kill(program, signal.SIGCONT)
        self.assertEqual(("went on\n", None), child.communicate("\n", timeout=harness.PATIENCE_S))
        self.assertEqual(0, child.returncode)

    def test_ignored_signals_stay_ignored(self):
        script = "trap '' HUP; exec \"$0\" record \"$1\" -c \"$2\""
        test = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN, signal.getsignal(signal.SIGCHLD))"
        done = subprocess.run(["sh", "-c", script, harness.COMMAND, PYTHON, test], cwd=self.folder, text=True,
                              capture_output=True, env=environment(), timeout=harness.PATIENCE_S)
        self.assertEqual("True 0\n", done.stdout)

    def test_closing_lines(self):
        done = self.record_raw(harness.program("exits"), "return")
        lines = done.stderr.splitlines()
        self.assertEqual(2, len(lines), done.stderr)
        for word in ("6 round trips", "1 process", "traceroundtrip.data", "nothing lost"):
            self.assertIn(word, lines[0])
        self.assertEqual("traceroundtrip: to see them: traceroundtrip report", lines[1])
        other = self.record_raw("-o", "it's here", harness.program("exits"), "return")
        self.assertTrue(other.stderr.endswith("traceroundtrip report 'it'\\''s here'\n"), other.stderr)
        quiet = self.record_raw("-q", harness.program("exits"), "return")
        self.assertEqual("", quiet.stderr)

    def test_closing_lines_without_network(self):
        done = self.record_raw("true")
        self.assertIn("nothing recorded", done.stderr)
        self.assertEqual(2, len(done.stderr.splitlines()))

    def test_children_that_still_run(self):
        script = ("import os, socket, sys, time\n"
                  "def trip():\n"
                  "    a, b = socket.socketpair(); a.send(b'x'); b.recv(1); b.send(b'y'); a.recv(1)\n"
                  "trip()\n"
                  "if os.fork() == 0:\n"
                  "    trip(); print('trip', flush=True); sys.stdin.read()\n"
                  "else: time.sleep(0.5)\n")
        child = subprocess.Popen([harness.COMMAND, "record", PYTHON, "-c", script], cwd=self.folder, text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env=environment())
        self.assertEqual("trip\n", child.stdout.readline())
        line = child.stderr.readline()
        child.stdin.close()
        self.assertIn("1 process still runs", line)
        child.stdout.close()
        child.stderr.close()
        child.wait(harness.PATIENCE_S)

    def test_traces_of_the_killed_are_cut(self):
        """A killed process leaves a file of its full size; afterwards it is as small as its content."""
        done = self.record_raw("--max-size", "1G", harness.program("exits"), "kill")
        files = list((self.folder / "traceroundtrip.data").glob("*.trt"))
        self.assertEqual(1, len(files), done.stderr)
        self.assertLess(files[0].stat().st_size, 16 << 20)
        self.assertEqual(0, files[0].stat().st_size % 65536)
        self.assertEqual(6, harness.Recording(self.folder / "traceroundtrip.data").summary()["round_trips"])

    def test_usage(self):
        for arguments, word in [
                ([], "which program"), (["--bogus", "true"], "--bogus"), (["--detail", "much", "true"], "much"),
                (["--max-size=1K", "true"], "1K"), (["--slow", "5", "true"], "5"), (["--capture"], "--capture"),
                (["--capture=1025", "true"], "1025"), (["--stack-depth=-1", "true"], "-1"), (["-o", "", "true"], "--output"),
                (["--quiet=yes", "true"], "--quiet=yes"), (["-x", "true"], "-x")]:
            with self.subTest(arguments=arguments):
                done = self.record_raw(*arguments)
                self.assertEqual(2, done.returncode)
                self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)
                self.assertIn(word, done.stderr)
        self.assertEqual([], list(self.folder.iterdir()), "nothing was made")

    def test_unfit_programs(self):
        text = self.folder / "text"
        text.write_text("echo")
        for program, words in [("/no/such/program", "no such program"), ("no-such-program", "no such program"),
                               (str(text), "Permission denied"), ("/", "directory")]:
            with self.subTest(program=program):
                done = self.record_raw(program)
                self.assertEqual(1, done.returncode)
                self.assertIn(words, done.stderr)
                self.assertIn(program, done.stderr)
                self.assertEqual(1, len(done.stderr.splitlines()))
        self.assertEqual(127, self.record_raw("--anyway", "/no/such/program").returncode)

    def test_static_program(self):
        compiler = shutil.which("cc") or shutil.which("gcc")
        if not compiler:
            self.skipTest("no compiler")
        source = self.folder / "static.c"
        source.write_text("#include <stdio.h>\nint main(void) { puts(\"ran\"); return 5; }\n")
        program = self.folder / "static"
        if subprocess.run([compiler, "-static", "-o", program, source], capture_output=True).returncode != 0:
            self.skipTest("no static C library")
        done = self.record_raw(program)
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertIn("statically linked", done.stderr)
        anyway = self.record_raw("--anyway", program)
        self.assertEqual((5, "ran\n"), (anyway.returncode, anyway.stdout))

    def test_set_user_id(self):
        if os.getuid() != 0:
            self.skipTest("only root can make one of another user")
        program = shutil.copy(shutil.which("true"), self.folder / "true")
        os.chown(program, 65534, 65534)
        os.chmod(program, 0o4755)
        done = self.record_raw(program)
        self.assertEqual(1, done.returncode)
        self.assertIn("set-user-id", done.stderr)
        self.assertEqual(0, self.record_raw("--anyway", program).returncode)

    def test_recording_is_set_aside(self):
        for expected in ("first", "second", "third"):
            self.record_raw("-o", "data", harness.program("exits"), "return")
            marker, = (self.folder / "data").glob("*.trt")
            marker.rename(marker.with_name(expected + ".trt"))
        self.assertEqual(["third.trt"], [p.name for p in (self.folder / "data").iterdir()])
        self.assertEqual(["second.trt"], [p.name for p in (self.folder / "data.old").iterdir()])

    def test_folder_in_use(self):
        """A second recording into the folder would rename it under the first, and get its processes' traces."""
        first = subprocess.Popen([harness.COMMAND, "record", "-q", "-o", "data", "sh", "-c", "echo ready; read line"],
                                 cwd=self.folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
        self.assertEqual("ready\n", first.stdout.readline())
        for already in (False, True):
            with self.subTest(traces=already):
                if already:
                    (self.folder / "data" / "a.trt").write_text("trace")
                done = self.record_raw("-o", "data", "echo", "ran")
                self.assertEqual((2, ""), (done.returncode, done.stdout))
                self.assertIn("is being recorded to", done.stderr)
                self.assertFalse((self.folder / "data.old").exists())
        first.communicate("\n", timeout=harness.PATIENCE_S)
        self.assertEqual("ran\n", self.record_raw("-o", "data", "echo", "ran").stdout)

    def test_folder_is_private(self):
        os.umask(0)
        self.record_raw("-o", "data", "true")
        self.assertEqual(0o700, (self.folder / "data").stat().st_mode & 0o777)

    def test_what_is_no_recording_stays(self):
        (self.folder / "mixed").mkdir()
        (self.folder / "mixed" / "a.trt").write_text("trace")
        (self.folder / "mixed" / "thesis.tex").write_text("precious")
        (self.folder / "deep").mkdir()
        (self.folder / "deep" / "b.trt").mkdir()
        (self.folder / "file").write_text("precious")
        for name in ("mixed", "deep", "file"):
            with self.subTest(name=name):
                done = self.record_raw("-o", name, "echo", "ran")
                self.assertEqual((2, ""), (done.returncode, done.stdout))
                self.assertIn(str(self.folder / name), done.stderr)
                self.assertEqual(1, len(done.stderr.splitlines()))
                self.assertFalse((self.folder / (name + ".old")).exists())
        (self.folder / "data").mkdir()
        (self.folder / "data" / "a.trt").write_text("trace")
        (self.folder / "data.old").mkdir()
        (self.folder / "data.old" / "keep").write_text("precious")
        done = self.record_raw("-o", "data", "echo", "ran")
        self.assertEqual(2, done.returncode)
        self.assertIn("data.old", done.stderr)
        self.assertEqual("precious", (self.folder / "data.old" / "keep").read_text())

    def test_empty_folder_is_used(self):
        (self.folder / "data").mkdir()
        self.record_raw("-o", "data/", harness.program("exits"), "return")
        self.assertEqual(1, len(list((self.folder / "data").glob("*.trt"))))

    def test_no_place_to_write(self):
        done = self.record_raw("-o", "/proc/nowhere", "echo", "ran")
        self.assertEqual((0, "ran\n"), (done.returncode, done.stdout))
        self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)
        self.assertIn("/proc/nowhere", done.stderr)
        done = self.record_raw("-o", self.folder / "no" / "such", "sh", "-c", "exit 4")
        self.assertEqual(4, done.returncode)

    def test_moved_prefix(self):
        """The library is found from where the command is, wherever both were moved."""
        build = pathlib.Path(harness.COMMAND).parent.parent
        (self.folder / "moved" / "analyzer").mkdir(parents=True)
        (self.folder / "moved" / "preload").mkdir()
        command = shutil.copy(harness.COMMAND, self.folder / "moved" / "analyzer")
        library = shutil.copy(harness.LIBRARY, self.folder / "moved" / "preload")
        done = subprocess.run([command, "record", "sh", "-c", "echo $LD_PRELOAD"], cwd=self.folder, text=True,
                              capture_output=True, env=environment(), timeout=harness.PATIENCE_S)
        self.assertEqual(os.path.realpath(library) + "\n", done.stdout)
        prefix = self.folder / "prefix"
        installed = subprocess.run(["meson", "install", "-C", build, "--destdir", self.folder / "stage", "--quiet",
                                    "--no-rebuild"], capture_output=True, text=True)
        if installed.returncode != 0:
            self.skipTest("cannot install: " + (installed.stderr or installed.stdout).strip()[-200:])
        command, = (self.folder / "stage").rglob("bin/traceroundtrip")
        command.parent.parent.rename(prefix)
        done = subprocess.run([prefix / "bin" / "traceroundtrip", "record", "sh", "-c", "echo $LD_PRELOAD"],
                              cwd=self.folder, text=True, capture_output=True, env=environment(),
                              timeout=harness.PATIENCE_S)
        library, = prefix.rglob("libtraceroundtrip.so")
        self.assertEqual(f"{os.path.realpath(library)}\n", done.stdout, done.stderr)
        pages = {p.name for p in prefix.rglob("*") if p.is_file()}
        self.assertLessEqual({"_traceroundtrip", "traceroundtrip"}, pages)


if __name__ == "__main__":
    harness.main()
