#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python programs do not notice that their frames are read, whatever they do; and frames that cannot be had, or
must not be trusted, are none, and the trace says why."""

import glob
import os
import pathlib
import subprocess
import tarfile

import format_reader
import harness
import interpreters

HERE = pathlib.Path(__file__).parent
FOUND, ON, OFF = 1, 2, 3
SECONDS = os.environ.get("TRT_PYTHON_SECONDS", "1")
EXITS = int(os.environ.get("TRT_PYTHON_EXITS", "3"))


def script(name):
    return HERE / (name + ".py")


def library_of(python):
    """The interpreter as a library, if it is there as well: (its path, the folder it is installed in)."""
    code = ("import sys, sysconfig as s; print(s.get_config_var('INSTSONAME'), s.get_config_var('LIBDIR'),"
            " s.get_config_var('MULTIARCH'), sys.prefix, sep='\\n')")
    name, folder, machine, prefix = subprocess.run([python, "-c", code], capture_output=True, text=True,
                                                   check=True).stdout.splitlines()
    for path in (f"{folder}/{name}", f"{folder}/{machine}/{name}", f"{folder}/{machine}/{name}.1"):
        if ".so" in path and os.path.exists(path):
            return path, prefix
    return None, prefix


class Safety(harness.TestCase):
    def traces(self, recording):
        return [format_reader.Trace(path) for path in recording.files()]

    def stacks(self, trace, *calls):
        return [trace.frames(e["language_stack"]) for e in trace.events if e["call"] in calls and e["language_stack"]]

    def known_names(self, name):
        """What the functions of a script can be called, by Python itself."""
        names = set()

        def add(code):
            names.add(code.co_name)
            for constant in code.co_consts:
                if hasattr(constant, "co_name"):
                    add(constant)
        add(compile(script(name).read_text(), name, "exec"))
        return names

    def test_signals_at_any_moment(self):
        """Frames may be half made there: what is recorded has to be possible all the same."""
        lines = len(script("interrupted").read_text().splitlines())
        known = self.known_names("interrupted")
        for python in interpreters.found():
            with self.subTest(interpreters.version(python)):
                recording, done = self.preload(python, script("interrupted"), harness.program("handlers.so"), SECONDS,
                                               env={"TRACEROUNDTRIP_MAX_SIZE": "64M"})
                trace, = self.traces(recording)
                ids = [e["language_stack"] for e in trace.events if e["call"] == "send" and e["language_stack"]]
                stacks = [(i, trace.frames(i)) for i in ids if trace.frames(i)[0][0] != "main"]
                print(f"# {python}: {done.stdout.strip()} signals, {len(stacks)} stacks within the interpreter", flush=True)
                self.assertEqual(ON, trace.runtimes[1]["state"])
                self.assertGreater(len(stacks), 100)
                for number, frames in stacks:
                    for name, file, line in frames:
                        if file == str(script("interrupted")):
                            self.assertIn(name.rpartition(".")[2], known)
                            self.assertTrue(0 <= line <= lines, line)
                    if number not in trace.cut_short:
                        self.assertEqual(("<module>", str(script("interrupted"))), frames[-1][:2])

    def test_ends_with_threads(self):
        """Not with debug builds: daemon threads end those by an assertion of theirs if exiting takes a moment."""
        for python in [p for p in interpreters.found() if "debug" not in interpreters.version(p)]:
            with self.subTest(interpreters.version(python)):
                plain = harness.run([python, script("finalized")], status=None)
                for _ in range(EXITS):
                    recording, done = self.preload(python, script("finalized"), status=None)
                    self.assertEqual((plain.returncode, plain.stdout, plain.stderr),
                                     (done.returncode, done.stdout, done.stderr))
                    trace, = self.traces(recording)
                    self.assertIn(ON, [r["state"] for r in trace.runtimes.values()])
                    names = {frames[0][0].rpartition(".")[2] for frames in self.stacks(trace, "send")}
                    self.assertLessEqual({"echo", "main", "<lambda>"}, names)

    def test_forks_with_threads(self):
        for python in interpreters.found():
            with self.subTest(interpreters.version(python)):
                recording, _ = self.preload(python, script("forking"), "5")
                traces = self.traces(recording)
                self.assertEqual(6, len(traces))
                for trace in traces:
                    sends = [e for e in trace.events if e["call"] == "send"]
                    for event in sends:
                        name, _, line = trace.frames(event["language_stack"])[0]
                        self.assertEqual(("busy", 17) if event["head"] == b"parent" else ("in_child", 23), (name, line))
                    self.assertTrue(sends)

    def test_layouts_of_other_versions(self):
        """One that is not the interpreter's own is found out, but for those that are the same."""
        same = [{8, 9}, {11}, {12}, {13}, {14}]
        for python in interpreters.found():
            with self.subTest(interpreters.version(python)):
                own = int(interpreters.version(python).split(".")[1])
                for minor in range(8, 15):
                    recording, _ = self.preload(python, script("plain"), env={"TRACEROUNDTRIP_PYTHON": f"as-3.{minor}"})
                    trace, = self.traces(recording)
                    runtime = trace.runtimes[1]
                    if minor == own or {minor, own} in same:
                        self.assertEqual(ON, runtime["state"])
                    elif runtime["state"] == ON:
                        self.assertLessEqual({minor, own}, {8, 9, 10}, "told apart by nothing but the version")
                    else:
                        self.assertEqual([], self.stacks(trace, "send"))

    def test_switched_off(self):
        recording, _ = self.preload("python3", script("plain"), env={"TRACEROUNDTRIP_PYTHON": "0"})
        trace, = self.traces(recording)
        self.assertEqual((OFF, "switched off by TRACEROUNDTRIP_PYTHON=0"),
                         (trace.runtimes[1]["state"], trace.runtimes[1]["text"]))
        self.assertTrue(trace.events and not trace.language_stacks)
        self.assertTrue(all(e["stack"] for e in trace.events))

    def test_no_stacks_at_all(self):
        for settings in ({"DETAIL": "coarse"}, {"STACK_DEPTH": "0"}):
            env = {"TRACEROUNDTRIP_" + name: value for name, value in settings.items()}
            trace, = self.traces(self.preload("python3", script("plain"), env=env)[0])
            self.assertEqual(({}, {}), (trace.language_stacks, trace.runtimes))

    def test_other_versions_are_refused(self):
        """Interpreters that are too old: no frames, the same program, and the reason."""
        for python in glob.glob(os.path.expanduser("~/.pyenv/versions/[23].[67]*/bin/python")):
            with self.subTest(python):
                recording, _ = self.preload(python, script("plain"))
                trace, = self.traces(recording)
                self.assertEqual((OFF, "only 3.8 to 3.14 are known"),
                                 (trace.runtimes[1]["state"], trace.runtimes[1]["text"]))

    def test_anonymized(self):
        """Functions keep their names; of their files the last part is left, and whether it is Python's own library."""
        recording, _ = self.preload("/usr/bin/python3", script("plain"))
        archive = self.folder / "anonymous.tar.gz"
        harness.run([harness.COMMAND, "anonymize", "-o", archive, recording.folder])
        with tarfile.open(archive) as tar:
            tar.extractall(self.folder / "anonymous")
        before, = self.traces(recording)
        after = format_reader.Trace(next((self.folder / "anonymous").rglob("*.trt")))
        self.assertTrue(any(file.startswith("/usr/") for _, file, _ in before.functions.values()))
        for i, (name, file, line) in before.functions.items():
            last = file.rpartition("/")[2]
            library = f"/lib/python{interpreters.version('/usr/bin/python3').rpartition('.')[0]}/{last}"
            self.assertEqual((name, library if "/lib/python" in file else last, line), after.functions[i])
        self.assertEqual(before.language_stacks, after.language_stacks)
        self.assertEqual(ON, after.runtimes[1]["state"])

    def test_programs_without_python(self):
        trace, = self.traces(self.preload(harness.program("exits"), "return")[0])
        self.assertEqual(({}, {0}), (trace.runtimes, {e["language_stack"] for e in trace.events}))

    def test_comes_late(self):
        """Loaded out of everybody's sight, ended, unloaded, and loaded again."""
        for python in interpreters.found():
            with self.subTest(interpreters.version(python)):
                library, prefix = library_of(python)
                if not library:
                    self.skipTest(f"{python} is not there as a library")
                env = {"PYTHONHOME": prefix} if prefix != "/usr" else {}
                recording, _ = self.preload(harness.program("embeds"), library, "2", env=env)
                trace, = self.traces(recording)
                self.assertEqual(ON, trace.runtimes[1]["state"])
                frames = [("inner", "<string>", 3), ("outer", "<string>", 6), ("<module>", "<string>", 7)]
                self.assertEqual([frames] * 2, self.stacks(trace, "write"))
                self.assertEqual([], self.stacks(trace, "send"))

    def test_where_activations_of_the_loop_begin(self):
        """The marks, by which native frames of the loop and Python's are put together."""
        for python in interpreters.found():
            with self.subTest(interpreters.version(python)):
                trace, = self.traces(self.preload(python, script("plain"))[0])
                stacks = {e["language_stack"]: e["stack"] for e in trace.events if e["call"] == "send"}
                self.assertEqual(2, len(stacks))
                for language, native in stacks.items():
                    marks = sum(f >> 31 for f in trace.language_stacks[language])
                    loops = sum(a - 1 in trace.runtimes[1]["loop"] for a in trace.stacks[native])
                    self.assertEqual(loops, marks)


if __name__ == "__main__":
    harness.main()
