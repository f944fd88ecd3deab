# SPDX-License-Identifier: GPL-3.0-or-later
"""Where names come from on a user's machine: the cache, servers, files that changed; and what the views say."""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import harness

SOURCE = r"""
#include <sys/socket.h>
#include <unistd.h>
#define ASK(fd) do { char c[8]; send(fd[0], "ask", 3, 0); recv(fd[1], c, 3, 0); send(fd[1], "ok", 2, 0); \
	recv(fd[0], c, 2, 0); } while (0)
static inline __attribute__((always_inline)) void inner(int *fd)
{
	ASK(fd);
}

__attribute__((noinline)) void outer(int *fd)
{
	inner(fd);
}

int main(void)
{
	int fd[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
	outer(fd);
	return 0;
}
"""
CALL = SOURCE.splitlines().index("\tASK(fd);") + 1


class Sources(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.cache = self.folder / "cache"
        self.source, self.program = self.folder / "asker.c", self.folder / "asker"
        self.source.write_text(SOURCE)
        self.build("-g")

    def build(self, *flags):
        subprocess.run(["gcc", "-O1", *flags, "-o", self.program, self.source], check=True)

    def look(self, recording, *arguments, view="tree", env=None, **rest):
        return harness.run([harness.COMMAND, view, *arguments, recording.folder], **rest,
                           env={"XDG_CACHE_HOME": str(self.cache), **(env or {})})

    def frames(self, recording, *arguments, **rest):
        """Of the request: (name, line, inlined), outermost first."""
        nodes = json.loads(self.look(recording, "--json", *arguments, **rest).stdout)["nodes"]
        return [(n["name"], n["line"], n["inlined"]) for n in nodes if n["module"] == "asker"]

    def test_views(self):
        recording, _ = self.record(self.program)
        named = [("main", len(SOURCE.splitlines()) - 2, False), ("outer", CALL + 5, False), ("inner", CALL, True)]
        self.assertEqual(named, self.frames(recording))
        shown = {"tree": rf"outer  asker\.c:{CALL + 5}", "slow": rf"by inner \(inlined\)  asker\.c:{CALL}\b",
                 "trips": rf"inner \(inlined\)  asker\.c:{CALL}\b"}
        for view, text in shown.items():
            with self.subTest(view):
                self.assertRegex(self.look(recording, view=view).stdout, text)
        trip = json.loads(self.look(recording, "--json", view="trips").stdout.splitlines()[0])
        self.assertEqual(f"{self.source}:{CALL}", trip["stack_lines"][-1])
        self.assertEqual(len(trip["stack"]), len(trip["stack_lines"]))

    def test_source_lines(self):
        recording, _ = self.record(self.program)
        text = self.look(recording, "--source-lines", "1", view="slow").stdout
        for line in (f"{CALL - 1}   {{", f"{CALL} >         ASK(fd);", f"{CALL + 1}   }}"):
            self.assertIn(line, text)
        self.source.unlink()
        self.assertNotIn("ASK", self.look(recording, "--source-lines", "1", view="slow").stdout)

    def test_outer_frames(self):
        recording, _ = self.record(self.program)
        self.assertNotIn("_start", self.look(recording, "--full", view="slow").stdout)
        self.assertIn("_start", self.look(recording, "--full", "--full-stacks", view="slow").stdout)
        self.assertIn("_start", self.look(recording, "--full-stacks").stdout)

    def test_changed_program(self):
        recording, _ = self.record(self.program)
        self.build("-g", "-DCHANGED", "-O2")
        names = self.frames(recording)
        self.assertTrue(names)
        for name, line, _ in names:
            self.assertRegex(name, r"^asker\+0x[0-9a-f]+ \(changed since recorded\)$")
            self.assertIsNone(line)
        self.assertIn("asker: changed since recorded; give the folder", self.look(recording, view="info").stdout)

    def test_deleted_program(self):
        """The cache knows its names still."""
        recording, _ = self.record(self.program)
        known = self.frames(recording)
        self.program.unlink()
        self.assertEqual(known, self.frames(recording))
        shutil.rmtree(self.cache)
        self.assertEqual({None}, {line for _, line, _ in self.frames(recording)})

    def test_better_sources_replace_the_cache(self):
        debug = self.folder / "debug"
        debug.mkdir()
        shutil.copy(self.program, debug / "asker")
        subprocess.run(["strip", self.program], check=True)
        recording, _ = self.record(self.program)
        self.assertEqual({None}, {line for _, line, _ in self.frames(recording)})
        named = self.frames(recording, "--debug-dir", debug)
        self.assertIn(("inner", CALL, True), named)
        with self.subTest("and stay"):
            self.assertEqual(named, self.frames(recording))

    def test_sysroot(self):
        root = self.folder / "root"
        place = pathlib.Path(str(root) + str(self.program))
        place.parent.mkdir(parents=True)
        recording, _ = self.record(self.program)
        shutil.move(self.program, place)
        self.assertNotIn("inner", [name for name, _, _ in self.frames(recording)])
        self.assertIn(("inner", CALL, True), self.frames(recording, "--sysroot", root))

    def test_damaged_cache(self):
        recording, _ = self.record(self.program)
        named = self.frames(recording)
        files = list((self.cache / "traceroundtrip").glob("*.json"))
        self.assertTrue(files)
        for damage in (b"", b"{}", b"\0" * 100, b"[" * 100000):
            with self.subTest(damage[:5]):
                for file in files:
                    file.write_bytes(damage)
                done = self.look(recording, "--json")
                self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)
                self.assertIn("not a file of names", done.stderr)
                self.assertEqual(named, self.frames(recording))

    def test_cache_that_cannot_be_written(self):
        recording, _ = self.record(self.program)
        self.cache.write_text("a file in its place")
        done = self.look(recording)
        self.assertIn("inner", done.stdout)
        self.assertRegex(done.stderr, r"^traceroundtrip: .*: Not a directory; names are not remembered\n$")

    def test_cache_of_several_processes(self):
        recording, _ = self.record(self.program)
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            done = list(pool.map(lambda _: self.look(recording), range(24)))
        self.assertEqual({""}, {d.stderr for d in done})
        self.assertEqual(1, len({d.stdout for d in done}))
        files = sorted(p.name for p in (self.cache / "traceroundtrip").iterdir())
        self.assertTrue(all(re.fullmatch(r"[0-9a-f]{40}\.json", name) for name in files), files)

    def test_demangling(self):
        source = self.folder / "asker.cpp"
        source.write_text(SOURCE.replace("void outer(int *fd)", "void Shop::outer(int *fd) const")
                          .replace("static inline", "struct Shop { void outer(int *) const; };\nstatic inline", 1)
                          .replace("outer(fd);", "Shop().outer(fd);"))
        subprocess.run(["g++", "-g", "-O1", "-o", self.program, source], check=True)
        recording, _ = self.record(self.program)
        self.assertIn("Shop::outer(int*) const", [name for name, _, _ in self.frames(recording)])
        self.assertIn("_ZNK4Shop5outerEPi", [name for name, _, _ in self.frames(recording, "--no-demangle")])

    def test_long_and_strange_names(self):
        """Of 10 KB: cut in tables, whole in JSON; nothing reaches the terminal that acts on it."""
        name = "x" * 10000
        strange = 'esc\033[31m"quote\\\\\nline'
        self.source.write_text(SOURCE.replace("outer", name).replace("int *fd)\n{\n\tASK", f'int *fd)\n{{\n#line 7 "{strange}"\n\tASK')
                               .replace('\033', '\\033').replace("quote\\\\\nline", "quote"))
        done = subprocess.run(["gcc", "-g", "-O1", "-o", self.program, self.source], capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stderr)
        recording, _ = self.record(self.program)
        self.assertIn(name, [n for n, _, _ in self.frames(recording)])
        for view in ("tree", "slow", "hotspots", "trips"):
            with self.subTest(view):
                text = self.look(recording, "--width", "100", view=view).stdout
                self.assertNotIn("\033", text)
                self.assertLess(max(map(len, text.splitlines())), 120)

    @unittest.skipUnless(shutil.which("debuginfod"), "no debuginfod")
    def test_servers(self):
        served = self.folder / "served"
        served.mkdir()
        debug = served / "asker.debug"
        subprocess.run(["objcopy", "--only-keep-debug", self.program, debug], check=True)
        subprocess.run(["strip", self.program], check=True)
        recording, _ = self.record(self.program)
        self.assertEqual({None}, {line for _, line, _ in self.frames(recording)})
        port = harness.free_port()
        env = {"DEBUGINFOD_URLS": f"http://127.0.0.1:{port}", "DEBUGINFOD_CACHE_PATH": str(self.folder / "downloads")}
        with harness.server(["debuginfod", "-p", port, "-d", ":memory:", "-F", "-t", "1", served], ("127.0.0.1", port)):
            harness.wait_until(lambda: ("inner", CALL, True) in self.frames(recording, env={
                **env, "DEBUGINFOD_CACHE_PATH": tempfile.mkdtemp(dir=self.folder)}), "the server's index")
        with self.subTest("the cache knows what the server said"):
            self.assertIn(("inner", CALL, True), self.frames(recording))

    def test_server_that_is_not_there(self):
        subprocess.run(["strip", self.program], check=True)
        recording, _ = self.record(self.program)
        env = {"DEBUGINFOD_URLS": f"http://127.0.0.1:{harness.free_port()}",
               "DEBUGINFOD_CACHE_PATH": str(self.folder / "downloads")}
        self.assertEqual({None}, {line for _, line, _ in self.frames(recording, env=env)})

    def test_cut_program(self):
        """A file that ends in the middle, as of an installation that was broken off."""
        recording, _ = self.record(self.program)
        whole = self.program.read_bytes()
        for length in (0, 10, 100, len(whole) // 2, len(whole) - 1000):
            with self.subTest(length):
                self.program.write_bytes(whole[:length])
                shutil.rmtree(self.cache, ignore_errors=True)
                self.assertEqual("", self.look(recording).stderr)


if __name__ == "__main__":
    harness.main()
