#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Source lines in the views that have them, of a program whose lines are known."""

import os
import shutil
import time

import harness

PROGRAM = """#include <sys/socket.h>
#include <unistd.h>

static int ends[2];
static volatile int one = 1;

/* \033[31m */
static __attribute__((noinline)) int ask(int n)
{
	char byte;
	int sent = (int)send(ends[0], "x", 1, 0); /* asks */

	sent += (int)recv(ends[1], &byte, 1, 0); /* serves */
	send(ends[1], "yy", 2, 0);
	return sent + (int)recv(ends[0], &byte, 1, 0) + (int)recv(ends[0], &byte, 1, 0) + n;
}

static inline __attribute__((always_inline)) int twice(int n)
{
	return ask(n) + ask(n + one); /* inlined */
}

static __attribute__((noinline)) int again(int n)
{
	int result = n ? again(n - one) /* recursion */ : twice(n) /* bottom */;

	return result * one;
}

int main(void)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return 1;
	int result = again(3); /* first */
	return result + ask(one) /* second */ == 0;
}
"""


def line_with(words):
    """The number of the program's line that has these words."""
    number, = (i for i, line in enumerate(PROGRAM.split("\n"), 1) if words in line)
    return number


class Lines(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.source = self.folder / "sources" / "lines.c"
        self.source.parent.mkdir()
        self.source.write_text(PROGRAM)
        harness.run(["cc", "-g", "-O1", "-fno-optimize-sibling-calls", self.source, "-o", self.folder / "lines"])
        self.recording, _ = self.record(self.folder / "lines")

    def annotated(self, wanted="lines.c", *options):
        """{line: its figures} of the one file."""
        file, = self.recording.json("annotate", *options, wanted)
        self.file = file
        return {line["line"]: line for line in file["lines"]}

    def counts(self, words, wanted="lines.c"):
        """(round trips through the line with these words, its own); clients' and servers' count."""
        line = self.annotated(wanted)[line_with(words)]
        return line["round_trips"], line["self_round_trips"]

    def test_annotate(self):
        self.assertEqual((3, 3), self.counts("/* asks */"))
        self.assertEqual((3, 3), self.counts("/* serves */"))
        self.assertEqual((4, 0), self.counts("/* inlined */"))
        self.assertEqual((4, 0), self.counts("/* first */"))
        self.assertEqual((2, 0), self.counts("/* second */"))
        line = self.annotated()[line_with("/* asks */")]
        self.assertEqual("ask", line["function"])
        self.assertIn('send(ends[0], "x", 1, 0); /* asks */', line["text"])
        self.assertEqual((3, 6), (line["self_bytes_sent"], line["self_bytes_received"]))
        self.assertEqual(6, self.file["round_trips"])

    def test_recursion_counts_once(self):
        self.assertEqual((4, 0), self.counts("/* recursion */"))
        again, = (f for f in self.recording.json("hotspots") if f["name"] == "again")
        self.assertEqual((4, 0), (again["round_trips"], again["self_round_trips"]))
        again, = (n for n in self.recording.json("tree")["nodes"] if n["name"] == "again")
        self.assertEqual((4, True), (again["round_trips"], again["recursive"]))
        whole = [n for n in self.recording.json("tree", "--no-fold")["nodes"] if n["name"] == "again"]
        self.assertEqual([4, 4, 4, 4], [n["round_trips"] for n in whole])

    def test_functions_and_files(self):
        self.assertEqual({line_with("/* asks */"), line_with("/* serves */")}, set(self.annotated("ask")))
        self.assertEqual({line_with("/* asks */"), line_with("/* serves */")}, set(self.annotated("as?")))
        self.assertIn(line_with("/* first */"), self.annotated("sources/lines.c"))
        self.assertIn(line_with("/* first */"), self.annotated(str(self.source)))
        for nothing in ("ines.c", "nobody", "elsewhere/lines.c"):
            done = harness.run([harness.COMMAND, "annotate", nothing, self.recording.folder], status=1)
            self.assertEqual(("", 1), (done.stdout, len(done.stderr.splitlines())))
            self.assertIn("hotspots --group line", done.stderr)

    def test_text(self):
        text = self.recording.text("annotate", "--by", "trips", "lines.c")
        self.assertIn("6 round trips", text.splitlines()[0])
        self.assertRegex(text, rf"(?m)^ +3 +3 +50\.0% .* {line_with('/* asks */')} +int sent = ")
        self.assertNotIn("#include", text)
        whole = self.recording.text("annotate", "--whole", "lines.c").splitlines()
        self.assertEqual(len(PROGRAM.splitlines()), len(whole) - 2)
        self.assertNotIn("\033", "".join(whole))
        alone = self.recording.text("annotate", "--context", "0", "ask").splitlines()
        self.assertEqual(5, len(alone), alone)
        ascii_text = harness.run([harness.COMMAND, "annotate", "lines.c", self.recording.folder], env={"LC_ALL": "C"}).stdout
        self.assertTrue(ascii_text.isascii())
        for line in self.recording.text("annotate", "--whole", "--width", "60", "lines.c").splitlines()[1:]:
            self.assertLessEqual(len(line), 60, line)
            self.assertEqual(line.rstrip(), line)

    def test_source_elsewhere(self):
        moved = self.folder / "moved" / "sources"
        moved.parent.mkdir()
        shutil.move(self.source.parent, moved)
        self.assertIn("--source-dir", self.recording.text("annotate", "lines.c"))
        self.assertIsNone(self.annotated()[line_with("/* asks */")]["text"])
        self.assertIsNone(self.file["source"])
        for folder in (moved, moved.parent):
            line = self.annotated("lines.c", "--source-dir", folder)[line_with("/* asks */")]
            self.assertIn("/* asks */", line["text"])
            self.assertEqual(str(moved / "lines.c"), self.file["source"])

    def test_source_changed(self):
        self.annotated()
        self.assertIs(False, self.file["changed"])
        later = time.time() + 100
        os.utime(self.source, (later, later))
        self.assertIn("changed since recorded", self.recording.text("annotate", "lines.c"))
        self.annotated()
        self.assertIs(True, self.file["changed"])
        # Shorter than the lines that are known.
        self.source.write_text("one line\n")
        self.assertIsNone(self.annotated()[line_with("/* asks */")]["text"])
        self.assertIn(" 3 ", self.recording.text("annotate", "lines.c"))

    def test_no_lines(self):
        harness.run(["strip", self.folder / "lines"])
        recording, _ = self.record(self.folder / "lines")
        done = harness.run([harness.COMMAND, "annotate", "lines.c", recording.folder], status=1)
        self.assertIn("traceroundtrip info", done.stderr)

    def test_hotspots(self):
        lines = {(f["name"], f["line"]): f for f in self.recording.json("hotspots", "--group", "line")}
        self.assertEqual(3, lines["ask", line_with("/* asks */")]["self_round_trips"])
        self.assertTrue(lines["twice", line_with("/* inlined */")]["inlined"])
        self.assertEqual(str(self.source), lines["twice", line_with("/* inlined */")]["file"])
        functions = {f["name"]: f for f in self.recording.json("hotspots")}
        self.assertIsNone(functions["ask"]["line"])
        self.assertEqual(line_with("/* inlined */"), functions["twice"]["line"])
        module, = (f for f in self.recording.json("hotspots", "--group", "module") if f["name"] == "lines")
        self.assertEqual((6, 6), (module["round_trips"], module["self_round_trips"]))

    def test_edges(self):
        callers = self.recording.json("callers", "--group", "line", "ask")["callers"]
        self.assertEqual({("main", line_with("/* second */")): 2, ("twice", line_with("/* inlined */")): 4},
                         {(c["name"], c["line"]): c["round_trips"] for c in callers})
        callees = self.recording.json("callees", "again")
        self.assertEqual([("twice", 4)], [(c["name"], c["round_trips"]) for c in callees["callees"]])
        self.assertEqual([("main", 4)], [(c["name"], c["round_trips"]) for c in callees["callers"]])

    def test_tree(self):
        text = self.recording.text("tree")
        self.assertIn(f"twice (inlined)  lines.c:{line_with('/* inlined */')}", text)
        self.assertRegex(text, r"again  lines\.c:\d+ \(recursive\)")
        line, = (n for n in self.recording.json("tree", "--group", "line")["nodes"]
                 if n["line"] == line_with("/* first */"))
        self.assertEqual(("main", 4), (line["name"], line["round_trips"]))

    def test_exports(self):
        folded = self.recording.text("export", "-f", "folded", "--weight", "trips", "--group", "line")
        self.assertIn(f";twice (lines.c:{line_with('/* inlined */')});ask (lines.c:{line_with('/* asks */')}) ", folded)


if __name__ == "__main__":
    harness.main()
