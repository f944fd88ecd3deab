# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives: the same names on a machine without the programs, and without whose they are."""
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tarfile
import unittest

import harness

# A program that asks a server of its own, by a Unix socket and by the name of this machine.
SOURCE = r"""
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((always_inline)) static inline void send_secret(int fd)
{
	char answer[64];
	send(fd, "PASSWORD-hunter2", 16, 0);
	recv(fd, answer, sizeof(answer), 0);
}

__attribute__((noinline)) static void ask(int fd)
{
	send_secret(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
	struct addrinfo *found;
	char text[64];

	strncpy(path.sun_path, argv[1], sizeof(path.sun_path) - 1);
	bind(server, (struct sockaddr *)&path, sizeof(path));
	listen(server, 1);
	if (fork() == 0) {
		int fd = accept(server, NULL, NULL);
		ssize_t n = recv(fd, text, sizeof(text), 0);
		send(fd, "CONFIDENTIAL", 12, 0);
		return n < 0;
	}
	connect(client, (struct sockaddr *)&path, sizeof(path));
	ask(client);
	if (getaddrinfo(argv[2], NULL, NULL, &found) == 0)
		freeaddrinfo(found);
	wait(NULL);
	return 0;
}
"""
VIEWS = ("tree", "slow", "hotspots", "connections")


class Archive(harness.TestCase):
    def setUp(self):
        super().setUp()
        folder = self.folder / "whose-is-it"
        folder.mkdir()
        source, self.program = folder / "secretary.c", folder / "secretary"
        source.write_text(SOURCE)
        subprocess.run(["gcc", "-g", "-O2", "-o", self.program, source], check=True)
        self.recording = self.folder / "rec"
        harness.run([harness.COMMAND, "record", "-o", self.recording, "--", self.program, folder / "socket.sock",
                     "localhost"])

    def packed(self, command, *arguments):
        path = self.folder / f"{command}.tar.gz"
        done = harness.run([harness.COMMAND, command, "-o", path, *arguments, self.recording])
        self.assertIn("2 traces", done.stderr)
        return path

    def view(self, name, *arguments, elsewhere=False):
        """What a view prints; elsewhere: on a machine without the programs and the cache."""
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        options = ["--sysroot", empty] if elsewhere else []
        env = {"XDG_CACHE_HOME": str(empty)} if elsewhere else None
        return harness.run([harness.COMMAND, name, "--json", *options, *arguments], env=env).stdout

    def test_same_names_elsewhere(self):
        archive = self.packed("archive")
        self.program.unlink()
        shutil.rmtree(os.environ["XDG_CACHE_HOME"], ignore_errors=True)
        text = self.view("tree", archive, elsewhere=True)
        self.assertIn('"send_secret"', text)
        self.assertRegex(text, r'"inlined": ?true')
        self.assertNotIn('"send_secret"', self.view("tree", self.recording, elsewhere=True))
        with self.subTest("unpacked by hand"):
            with tarfile.open(archive) as tar:
                tar.extractall(self.folder / "by-hand")
            self.assertEqual(text, self.view("tree", self.folder / "by-hand" / "archive", elsewhere=True))
        with self.subTest("packed once more"):
            again = self.folder / "again.tar.gz"
            harness.run([harness.COMMAND, "archive", "-o", again, archive])
            self.assertEqual(text, self.view("tree", again, elsewhere=True))

    def test_all_views_are_the_same(self):
        before = {v: self.view(v, self.recording) for v in VIEWS}
        archive = self.packed("archive")
        for view in VIEWS:
            with self.subTest(view):
                self.assertEqual(json.loads(before[view]), json.loads(self.view(view, archive, elsewhere=True)))
        names = [[(m["path"], m["names"]) for m in p["modules"]] for p in json.loads(self.view("info", self.recording))]
        kept = [[(m["path"], m["names"]) for m in p["modules"]]
                for p in json.loads(self.view("info", archive, elsewhere=True))]
        self.assertEqual(names, kept)

    def test_anonymous(self):
        archive = self.packed("anonymize")
        with tarfile.open(archive) as tar:
            content = b"".join(tar.extractfile(member).read() for member in tar if member.isfile())
        host = os.uname().nodename.encode()
        for secret in (b"PASSWORD", b"hunter2", b"CONFIDENTIAL", b"whose-is-it", b"socket.sock", host,
                       str(self.folder).encode(), b"localhost"):
            if len(secret) > 3:
                self.assertNotIn(secret, content)
        trips = [json.loads(line) for line in self.view("trips", archive, elsewhere=True).splitlines()]
        ends = {t["remote"] for t in trips} | {t["local"] for t in trips}
        self.assertEqual(1, len(ends - {"unix", None}), ends)
        self.assertTrue(any(re.fullmatch(r"/socket-\d", end or "") for end in ends), ends)
        self.assertIn("send_secret", trips[0]["stack"])
        self.assertTrue(any(re.fullmatch(r"secretary\.c:\d+", line or "") for line in trips[0]["stack_lines"]))
        before, after = (json.loads(self.view("summary", r)) for r in (self.recording, archive))
        for same in ("round_trips", "bytes_sent", "bytes_received", "calls", "latency_ns"):
            self.assertEqual(before[same], after[same])

    def test_bad_archives(self):
        good = self.packed("archive").read_bytes()
        bad = self.folder / "bad.tar.gz"
        for name, data in (("cut", good[: len(good) // 2]), ("no tar", gzip.compress(b"nothing" * 1000)),
                           ("broken", good[:2000] + b"\0" * 100 + good[2100:])):
            with self.subTest(name):
                bad.write_bytes(data)
                done = harness.run([harness.COMMAND, "tree", bad], status=1)
                self.assertRegex(done.stderr, r"^traceroundtrip: .*bad\.tar\.gz: cannot unpack: .*\n$")
        with self.subTest("names that lead out of the folder"):
            evil, inside = self.folder / "evil.tar.gz", self.folder / "evil.json"
            inside.write_text("{}")
            with tarfile.open(evil, "w:gz") as tar:
                tar.add(inside, "../../../outside.json")
            harness.run([harness.COMMAND, "tree", evil], status=1)
            self.assertFalse(list(pathlib.Path(self.folder).parent.glob("outside.json")))

    def test_nothing_is_left(self):
        """Neither where it was unpacked, nor half an archive."""
        place = self.folder / "tmp"
        place.mkdir()
        archive = self.packed("archive")
        harness.run([harness.COMMAND, "tree", archive], env={"TMPDIR": str(place)})
        self.assertEqual([], list(place.iterdir()))
        with self.subTest("nobody reads what is printed"):
            reader, writer = os.pipe()
            os.close(reader)
            harness.run([harness.COMMAND, "tree", "--json", archive], env={"TMPDIR": str(place)}, stdout=writer,
                        status=-signal.SIGPIPE)
            os.close(writer)
            harness.wait_until(lambda: not list(place.iterdir()), "the folder to be removed")
        done = harness.run([harness.COMMAND, "archive", "-o", self.folder / "no" / "x.tar.gz", self.recording], status=1)
        self.assertIn("x.tar.gz", done.stderr)


if __name__ == "__main__":
    harness.main()
