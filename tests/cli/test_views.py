#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The views of recordings that were written by hand, so that every number is known."""

import json
import os
import pty
import re
import shutil
import subprocess

import harness

SCRIPT_TOOL = harness.PROGRAMS / "unit" / "script_tool"

# Times in ns; a process starts at 1000.  Stacks have no modules: their frames are addresses.
CLIENT = """
process 100 tested 1
name 10 main
name 11 wo\033[31mrk
connection 1 tcp socket created=1001000
addresses 1 127.0.0.1:40000 127.0.0.1:6379
connected 1 1001000-1101000
connection 2 unix socket created=2001000
addresses 2 ? /run/\033]0;x.sock
connection 3 tcp socket created=3001000
addresses 3 127.0.0.1:40001 127.0.0.1:1
connected 3 3001000-3051000 ECONNREFUSED
stack 1 0x3000 0x2000 0x1000
stack 2 0x4000 0x2000 0x1000
10 send 1 2001000-2011000 100 stack=1
10 recv 1 2011000-3001000 50 stack=1
10 connect 3 3001000-3051000 ECONNREFUSED stack=1
11 send 2 3001000-3002000 10 stack=2
11 recv 2 3002000-3102000 20 stack=2
10 send 1 4001000-4011000 100 stack=2
10 recv 1 4011000-9001000 50 stack=2
11 send 2 5001000-5002000 10
11 recv 2 5002000-5052000 20
10 send 1 9501000-9511000 7 stack=1
end 10001000
"""

SERVER = """
process 200 served 1
connection 1 tcp accept created=1001000
addresses 1 127.0.0.1:6379 127.0.0.1:40000
20 recv 1 2001000-2101000 100
20 send 1 2601000-2611000 50
closed 1 9001000 50 100
end 10001000
"""

DECODED = r"""
process 300 decoded 1
connection 1 tcp socket created=1001000
10 send 1 2001000-2011000 * head=GET\s/a\x1b[31m/7\sHTTP/1.1\r\n\r\n
10 recv 1 2111000-3001000 * head=HTTP/1.1\s404\sX\r\nContent-Length:\s0\r\n\r\n
end 10001000
"""

SUMMARY_KEYS = ["started_at", "duration_ns", "processes", "threads", "connections", "round_trips", "failed", "pending",
                "calls", "bytes_sent", "bytes_received", "wire_bytes_sent", "wire_bytes_received", "lost_events",
                "overwritten_events", "blocked_ns", "latency_ns", "connect_ns", "lookup_ns", "failed_lookups",
                "handshake_ns", "tls", "cpu_ns", "resident_bytes_max", "unseen_bytes", "blind_spots"]
LATENCY_KEYS = ["count", "mean", "stdev", "min", "p50", "p90", "p95", "p99", "p999", "max"]
TRIP_KEYS = ["pid", "tid", "process", "connection", "role", "transport", "local", "remote", "host", "protocol", "name",
             "status", "error", "protocol_info", "waiting_by_design", "start_ns", "latency_ns", "lookup_ns",
             "handshake_ns", "queue_ns", "send_ns", "wait_ns", "receive_ns", "blocked_ns", "bytes_sent", "bytes_received", "wire_bytes_sent", "wire_bytes_received", "calls",
             "stack", "stack_lines", "stack_languages"]
DUMP_KEYS = ["pid", "tid", "call", "fd", "connection", "start_ns", "duration_ns", "result", "errno", "direction", "offset",
             "bytes", "stack_id", "language_stack_id"]
VIEWS = ["report", "summary", "tree", "timeline", "slow", "endpoints", "connections", "threads", "hotspots",
         "callers", "callees", "trips", "dump", "info"]
COMMANDS = ["record", "messages", "annotate", "export", "archive", "anonymize", *VIEWS]


def arguments_of(view):
    """What a view needs beside traces."""
    return ["0x*"] if view in ("callers", "callees") else []


class Views(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.write("client", CLIENT)

    def write(self, name, script, folder="data"):
        (self.folder / folder).mkdir(exist_ok=True)
        source = self.folder / "script"
        source.write_text(script)
        harness.run([SCRIPT_TOOL, source, self.folder / folder / (name + ".trt")])

    def view(self, view, *options, status=0, folder="data", env=None, check=True):
        done = harness.run([harness.COMMAND, view, *options, *arguments_of(view), self.folder / folder],
                           status=status if check else None, env={"LC_ALL": "C.UTF-8", **(env or {})})
        return done

    def text(self, view, *options, **rest):
        return self.view(view, *options, **rest).stdout

    def json(self, view, *options, **rest):
        return json.loads(self.text(view, "--json", *options, **rest))

    def lines(self, view, *options, **rest):
        return [json.loads(line) for line in self.text(view, "--json", *options, **rest).splitlines()]

    # The contract

    def test_summary(self):
        s = self.json("summary")
        self.assertEqual(SUMMARY_KEYS, list(s))
        self.assertEqual(LATENCY_KEYS, list(s["latency_ns"]))
        self.assertEqual(LATENCY_KEYS, list(s["connect_ns"]))
        self.assertRegex(s["started_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual({"duration_ns": 10000000, "processes": 1, "threads": 2, "connections": 3, "round_trips": 5,
                          "failed": 0, "pending": 1, "bytes_sent": 227, "bytes_received": 140, "calls": 10,
                          "lost_events": 0, "overwritten_events": 0},
                         {k: s[k] for k in ["duration_ns", "processes", "threads", "connections", "round_trips", "failed",
                                            "pending", "bytes_sent", "bytes_received", "calls", "lost_events",
                                            "overwritten_events"]})
        self.assertEqual([4, 51000, 101000, 5000000],
                         [s["latency_ns"][k] for k in ("count", "min", "p50", "max")])
        self.assertEqual([2, 50000, 100000], [s["connect_ns"][k] for k in ("count", "min", "max")])

    def test_trips(self):
        trips = self.lines("trips")
        for trip in trips:
            self.assertEqual(TRIP_KEYS, list(trip))
        self.assertEqual([(2000000, 1000000, "ok"), (3000000, 101000, "ok"), (4000000, 5000000, "ok"),
                          (5000000, 51000, "ok"), (9500000, None, "pending")],
                         [(t["start_ns"], t["latency_ns"], t["status"]) for t in trips])
        self.assertEqual({"pid": 100, "tid": 10, "process": "tested", "connection": 1, "role": "client",
                          "transport": "tcp", "local": "127.0.0.1:40000", "remote": "127.0.0.1:6379", "host": None,
                          "protocol": None, "name": None, "error": None, "protocol_info": None, "waiting_by_design": False,
                          "bytes_sent": 100, "bytes_received": 50, "wire_bytes_sent": None, "wire_bytes_received": None,
                          "calls": 2, "stack": ["0x1000", "0x2000", "0x3000"],
                          "stack_lines": [None, None, None], "stack_languages": [None, None, None]},
                         {k: v for k, v in trips[0].items() if not k.endswith("_ns") and k != "status"})
        self.assertEqual([None, None], [trips[3]["stack"], trips[1]["local"]])

    def test_decoded(self):
        """Names, failures and messages of what a decoder knows; nothing acts on a terminal."""
        self.write("decoded", DECODED, folder="decoded")
        trip, = self.lines("trips", folder="decoded")
        self.assertEqual(("http", "GET /a\\x1b[{n}m/{id}", "failed", "404", {"method": "GET", "status_code": 404,
                          "response_body_bytes": 0}, False),
                         tuple(trip[k] for k in ("protocol", "name", "status", "error", "protocol_info",
                                                 "waiting_by_design")))
        self.assertEqual(["GET /a\\x1b[31m/7"], [t["name"] for t in self.lines("trips", "--raw-names", folder="decoded")])
        self.assertEqual(1, len(self.lines("trips", "--status", "failed", "--name", "GET *", folder="decoded")))
        messages = self.lines("messages", folder="decoded")
        self.assertEqual(["pid", "connection", "direction", "offset", "bytes", "start_ns", "kind", "protocol", "name"],
                         list(messages[0]))
        self.assertEqual([("received", "answer", 0, 37), ("sent", "request", 0, 26)],
                         [(m["direction"], m["kind"], m["offset"], m["bytes"]) for m in messages])
        text = self.view("messages", folder="decoded").stdout
        self.assertEqual(2, len(text.splitlines()))
        self.assertNotIn("\x1b", text)
        connection, = self.json("connections", folder="decoded")
        self.assertEqual(("http", 0, 0, 0, None), tuple(connection[k] for k in ("protocol", "desyncs", "hidden", "one_way",
                                                                                 "doubted_at")))
        self.assertIn("404", self.view("slow", folder="decoded").stdout)
        done = self.view("messages", status=1)
        self.assertIn("no connection speaks a protocol that is known", done.stderr)

    def test_dump(self):
        calls = self.lines("dump")
        for call in calls:
            self.assertEqual(DUMP_KEYS, list(call))
        self.assertEqual(10, len(calls))
        refused, = (c for c in calls if c["call"] == "connect")
        self.assertEqual((-1, 111, 3), (refused["result"], refused["errno"], refused["connection"]))
        last = calls[-1]
        self.assertEqual(("send", 7, 200, 7, 0, 9500000, 10000),
                         tuple(last[k] for k in ("call", "result", "offset", "bytes", "errno", "start_ns", "duration_ns")))

    def test_counts_are_conserved(self):
        self.write("server", SERVER)
        for filters in ([], ["--pid", "100"], ["--tid", "11"], ["--min-duration", "60us"], ["--peer", "127.0.0.1:6379"]):
            with self.subTest(filters=filters):
                trips = self.json("summary", *filters)["round_trips"]
                total = sum(t["latency_ns"] or 0 for t in self.lines("trips", *filters))
                root, *nodes = self.json("tree", *filters)["nodes"]
                self.assertEqual(trips, len(self.lines("trips", *filters)))
                self.assertEqual((trips, total), (root["round_trips"], root["total_ns"]))
                self.assertEqual(trips, sum(n["own_round_trips"] for n in nodes))
                self.assertEqual(total, sum(n["own_ns"] for n in nodes))
                for parent in [root, *nodes]:
                    below = [n for n in nodes if n["parent"] == parent["id"]]
                    self.assertEqual(parent["round_trips"],
                                     parent["own_round_trips"] + sum(n["round_trips"] for n in below))
                hotspots = self.json("hotspots", *filters)
                self.assertEqual(trips, sum(f["self_round_trips"] for f in hotspots))
                self.assertEqual(total, sum(f["self_ns"] for f in hotspots))
                for view in ("endpoints", "connections", "threads"):
                    self.assertEqual(trips, sum(r["round_trips"] for r in self.json(view, *filters)), view)
                inverted = self.json("tree", "--invert", *filters)["nodes"]
                self.assertEqual(trips, inverted[0]["round_trips"])
                self.assertEqual(trips, sum(n["round_trips"] for n in inverted if n["depth"] == 1 + self.several(filters)))

    @staticmethod
    def several(filters):
        """Of several programs each has a node of its own."""
        return not filters or filters[0] in ("--min-duration", "--peer")

    # Filters and options

    def starts(self, *options, **rest):
        return [t["start_ns"] // 1000000 for t in self.lines("trips", *options, **rest)]

    def test_filters(self):
        for options, starts in [
                (["--tid", "10"], [2, 4, 9]), (["--tid", "10", "--tid", "11"], [2, 3, 4, 5, 9]),
                (["--peer", "127.0.0.1"], [2, 4, 9]), (["--peer", "*:6379"], [2, 4, 9]), (["--peer", "/run/*"], [3, 5]),
                (["--min-duration", "1ms"], [2, 4]), (["--since", "3.05ms"], [3, 4, 5, 9]),
                (["--until", "3ms"], [2, 3]), (["--since", "6ms", "--until", "7ms"], [4]), (["--since", "9.6ms"], [9]),
                (["--since=4ms", "--tid=11"], [5]), (["--status", "pending"], [9]),
                (["--status", "ok,error"], [2, 3, 4, 5]), (["--status=ok", "--status=pending"], [2, 3, 4, 5, 9])]:
            with self.subTest(options=options):
                self.assertEqual(starts, self.starts(*options))
        for options in (["--pid", "5"], ["--tid", "5"], ["--peer", "10.*"], ["--protocol", "http"], ["--name", "*"],
                        ["--min-duration", "1s"], ["--status", "error,reset,closed"]):
            with self.subTest(options=options):
                done = self.view("trips", "--json", *options, status=1)
                self.assertEqual("", done.stdout)
                self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)

    def test_statuses_that_are_none(self):
        for value in ["", "fail", "ok,", "ok,,error", "OK", "error pending"]:
            with self.subTest(value=value):
                done = self.view("trips", "--status", value, status=2)
                self.assertIn("expected some of ok, error, reset, closed, pending, failed, one-way", done.stderr)

    def test_tree(self):
        nodes = self.json("tree")["nodes"]
        self.assertEqual([("all", 5), ("0x1000", 4), ("0x2000", 4), ("0x4000", 2), ("0x3000", 2), ("(stack not known)", 1)],
                         [(n["name"], n["round_trips"]) for n in nodes])
        self.assertEqual(["all", "0x4000", "0x2000", "0x1000", "0x3000", "0x2000", "0x1000", "(stack not known)"],
                         [n["name"] for n in self.json("tree", "--invert")["nodes"]])
        self.assertEqual(["all", "0x1000", "(stack not known)"],
                         [n["name"] for n in self.json("tree", "--max-depth", "1")["nodes"]])
        text = self.text("tree", "--width", "120")
        self.assertIn("├─ 0x4000", text)
        self.assertIn("└─ 0x3000", text)
        folded = self.text("tree", "--width", "80")
        self.assertIn("0x1000 › 0x2000", folded)
        self.assertIn("2 more", self.text("tree", "--min-share", "95"))
        ascii_text = self.text("tree", env={"LC_ALL": "C"})
        self.assertTrue(ascii_text.isascii(), ascii_text)

    def test_slow(self):
        self.assertEqual([5000000, 1000000, 101000, 51000], [t["latency_ns"] for t in self.json("slow")])
        self.assertEqual([5000000, 1000000], [t["latency_ns"] for t in self.json("slow", "-n2")])
        self.assertEqual([100000], [t["connect_ns"] for t in self.json("slow", "--threshold", "1ms") if t["connect_ns"]])
        done = self.view("slow", "--threshold", "1s", status=1)
        self.assertIn("1.00s", done.stderr)
        self.assertIn("by 0x4000", self.text("slow"))

    def test_slow_says_whose_time_it_was(self):
        cases = {  # end of sending, arrival; the kernel's smoothed and least round trip time, segments sent again
            "a wait of ten RTT": (4000, 3000000, "30 20 0", "RTT 30.0us (least 20.0us): the time was the peer's\n"),
            "after losses": (4000, 3000000, "30 20 2", ", 2 segments sent again on this connection\n"),
            "two of the least": (4000, 50000, "30 25 0", "RTT 30.0us (least 25.0us): the time was the network's\n"),
            "late acknowledgements": (4000, 200000, "5000 20 0", "RTT 5.00ms (least 20.0us)\n"),
            "mostly sending": (900000, 905000, "30 25 0", "RTT 30.0us (least 25.0us)\n"),
        }
        for what, (sent, answered, view, text) in cases.items():
            with self.subTest(what):
                self.write("it", "process 100 tested 1\nconnection 1 tcp socket created=1000\n"
                           "addresses 1 127.0.0.1:40000 127.0.0.1:6379\nconnected 1 1000-2000\n"
                           f"10 send 1 3000-{sent} 100\nview 10 1 {sent} {view}\n"
                           f"10 recv 1 {sent}-{answered} 50\nend 10000000\n", folder="verdict")
                self.assertIn(text, self.text("slow", "--width", "100", folder="verdict"))

    def test_a_thread_that_waited_before_its_first_call(self):
        self.write("it", "process 100 tested 1\nconnection 1 tcp accept created=1000\n"
                   "10 recv 1 5000000-5001000 10 waited=4000000\n10 send 1 5500000-5501000 10\nend 6000000\n", folder="waited")
        thread, = self.json("threads", folder="waited")
        self.assertEqual((4501000, 4002000), (thread["active_ns"], thread["blocked_ns"]))

    def test_one_more_is_no_plural(self):
        self.assertIn("\n1 thread more", self.text("threads", "--top", "1"))
        self.assertIn("\n2 connections more", self.text("connections", "--top", "1"))
        self.assertIn("less busy connections not shown", self.text("timeline", "--lanes", "1"))
        self.assertIn("\n1 less busy thread not shown", self.text("timeline", "--by", "thread", "--lanes", "1"))
        functions = len(self.json("hotspots"))
        self.assertIn("\n1 function more", self.text("hotspots", "--top", str(functions - 1)))

    def test_no_protocol_is_decoded(self):
        for option in ["--protocol", "--name"]:
            done = self.view("trips", option, "*", status=1)
            self.assertIn("no protocol is decoded yet", done.stderr)

    def test_tables(self):
        endpoints = self.json("endpoints")
        self.assertEqual(["127.0.0.1:6379", "/run/\\x1b]0;x.sock"], [e["address"] for e in endpoints])
        self.assertEqual([2, 3], [e["round_trips"] for e in self.json("endpoints", "--sort", "min")][::-1])
        self.assertEqual(1, len(self.json("endpoints", "--top", "1")))
        connections = self.json("connections")
        self.assertEqual([1, 2, 3], [c["connection"] for c in connections])
        self.assertEqual([0, None, 111], [c["connect_error"] for c in connections])
        self.assertEqual([100000, None, 50000], [c["connect_ns"] for c in connections])
        self.assertIn("Connection refused", self.text("connections"))
        threads = self.json("threads", "--sort", "trips")
        self.assertEqual([("main", 3), ("wo\\x1b[31mrk", 2)], [(t["name"], t["round_trips"]) for t in threads])

    def test_callers(self):
        done = harness.run([harness.COMMAND, "callers", "--json", "0x2000", self.folder / "data"])
        found = json.loads(done.stdout)
        self.assertEqual((4, ["0x1000"], ["0x4000", "0x3000"]),
                         (found["round_trips"], [c["name"] for c in found["callers"]],
                          [c["name"] for c in found["callees"]]))
        self.assertEqual(1, harness.run([harness.COMMAND, "callers", "nobody", self.folder / "data"], status=1).returncode)
        self.assertIn("which function", harness.run([harness.COMMAND, "callers"], status=2).stderr)

    def test_hotspots(self):
        rows = {f["name"]: f for f in self.json("hotspots")}
        first, asked = rows["0x1000"], rows["0x4000"]
        self.assertEqual((0, 4, 0, 6101000), tuple(first[k] for k in ("self_round_trips", "round_trips", "self_ns", "total_ns")))
        self.assertEqual((217, 120), (rows["0x2000"]["bytes_sent"], rows["0x2000"]["bytes_received"]))
        self.assertEqual((110, 70), (asked["self_bytes_sent"], asked["self_bytes_received"]))
        self.assertEqual((2550500, 101000, 5000000, 5000000), tuple(asked[k] for k in ("mean_ns", "min_ns", "p95_ns", "max_ns")))
        for by, names in [("time", ["0x4000", "0x3000", "(stack not known)"]), ("bytes", ["0x4000", "0x3000", "(stack not known)"]),
                          ("trips", ["0x4000", "0x3000", "(stack not known)"])]:
            self.assertEqual(names, [f["name"] for f in self.json("hotspots", "--by", by, "--top", "3")])
        self.assertEqual(["0x1000", "0x2000"], sorted(f["name"] for f in self.json("hotspots", "--sort", "cumulative", "-n2")))
        text = self.text("hotspots", "--by", "bytes")
        self.assertNotIn(" BYTES ", text.splitlines()[0])
        self.assertIn("2 functions more", self.text("hotspots", "--top", "3"))

    def test_timeline(self):
        timeline = self.json("timeline")
        self.assertEqual([1, 2, 3], [lane["connection"] for lane in timeline["lanes"]])
        self.assertEqual([3, 2, 0], [lane["round_trips"] for lane in timeline["lanes"]])
        self.assertEqual([0, 0, 1], [lane["failed"] for lane in timeline["lanes"]])
        waits = sum(s["waiting_ns"] + s["sending_ns"] for s in timeline["lanes"][1]["slices"])
        self.assertAlmostEqual(152000, waits, delta=10)
        self.assertEqual([10, 11], [lane["tid"] for lane in self.json("timeline", "--by", "thread")["lanes"]])
        zoomed = self.json("timeline", "--since", "2ms", "--until", "3ms")
        self.assertEqual((2000000, 3000000), (zoomed["start_ns"], zoomed["end_ns"]))
        text = self.text("timeline", "--lanes", "1", "--width", "100")
        self.assertIn("2 less busy connections", text)
        self.assertIn("✗", self.text("timeline"))
        self.assertTrue(self.text("timeline", env={"LC_ALL": "C"}).isascii())

    def test_info(self):
        process, = self.json("info")
        self.assertEqual((100, "tested", 10, False), tuple(process[k] for k in ("pid", "name", "events", "running")))
        self.assertIn("10 calls", self.text("info"))

    def test_both_roles(self):
        self.write("server", SERVER)
        text = self.text("summary")
        self.assertIn("service time", text)
        self.assertIn("2 processes", text)
        roles = {e["role"] for e in self.json("endpoints")}
        self.assertEqual({"client", "server"}, roles)
        self.assertIn("100#1", self.text("connections"))

    # What is printed where

    def test_lines_fit(self):
        self.write("server", SERVER)
        for view in VIEWS:
            if view in ("dump", "info"):
                continue
            for width in (60, 80, 140):
                with self.subTest(view=view, width=width):
                    for line in self.text(view, "--width", width).splitlines():
                        self.assertLessEqual(len(line), width, line)
                        self.assertEqual(line.rstrip(), line)

    def test_no_escapes_from_traces(self):
        """Names with terminal escapes reach no terminal as such."""
        for view in VIEWS:
            with self.subTest(view=view):
                self.assertNotIn("\033", self.text(view))
                colored = self.text(view, "--color", "always")
                for escape in re.findall("\033.{0,4}", colored):
                    self.assertRegex(escape, r"^\033\[[0-9;]*m|^\033\[[0-9;]{1,3}$")

    def test_json_of_all_views(self):
        for view in VIEWS:
            with self.subTest(view=view):
                text = self.text(view, "--json")
                if view in ("trips", "dump"):
                    for line in text.splitlines():
                        json.loads(line)
                else:
                    json.loads(text)
        report = self.json("report")
        self.assertEqual(["summary", "endpoints", "tree", "hotspots", "slow", "timeline", "connections", "threads"],
                         list(report))

    def on_terminal(self, *arguments, env):
        """What the command prints to a terminal."""
        pid, terminal = pty.fork()
        if pid == 0:
            clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "PAGER", "LESS", "COLUMNS")}
            os.execve(harness.COMMAND, [harness.COMMAND, *arguments, str(self.folder / "data")],
                      {**clean, "TERM": "xterm", **env})
        text = b""
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece
        os.close(terminal)
        os.waitpid(pid, 0)
        return text.decode()

    def test_colors(self):
        plain = {"TRACEROUNDTRIP_PAGER": "cat"}
        self.assertIn("\033[", self.on_terminal("summary", env=plain))
        self.assertNotIn("\033[", self.on_terminal("summary", env={**plain, "NO_COLOR": "1"}))
        self.assertNotIn("\033[", self.on_terminal("summary", env={**plain, "TERM": "dumb"}))
        self.assertNotIn("\033[", self.on_terminal("summary", "--color=never", env=plain))
        self.assertIn("\033[", self.text("summary", "--color=always"))
        self.assertNotIn("\033[", self.text("summary"))

    def test_pager(self):
        paged = self.on_terminal("trips", env={"TRACEROUNDTRIP_PAGER": "sed s/^/paged:/"})
        self.assertIn("paged:", paged)
        self.assertIn("paged:", self.on_terminal("trips", env={"PAGER": "sed s/^/paged:/"}))
        self.assertNotIn("paged:", self.on_terminal("trips", "--no-pager", env={"PAGER": "sed s/^/paged:/"}))
        self.assertNotIn("paged:", self.on_terminal("trips", "--json", env={"PAGER": "sed s/^/paged:/"}))
        self.assertNotIn("paged:", self.text("trips", env={"PAGER": "sed s/^/paged:/"}))

    def test_reader_that_leaves(self):
        """head(1) closes its end: no message, no hang."""
        done = subprocess.run(["sh", "-c", '"$0" dump "$1" | head -1', harness.COMMAND, self.folder / "data"],
                              capture_output=True, text=True, timeout=harness.PATIENCE_S)
        self.assertEqual(("", 1), (done.stderr, len(done.stdout.splitlines())))

    def test_full_disk(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with open("/dev/full", "w", encoding="ascii") as full:
            done = harness.run([harness.COMMAND, "report", self.folder / "data"], status=1, stdout=full)
        self.assertIn("No space left", done.stderr)

    # Nothing to show, and wrong usage

    def test_nothing_recorded(self):
        self.write("idle", "process 300 idle 1\nend 5000\n", folder="idle")
        for view in VIEWS:
            with self.subTest(view=view):
                done = self.view(view, folder="idle", status=1 if view != "info" else 0)
                if view != "info":
                    self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)
                if view in ("trips", "dump"):
                    self.assertEqual("", self.view(view, "--json", folder="idle", status=1).stdout)
                else:
                    json.loads(self.view(view, "--json", folder="idle", check=False).stdout)
        self.assertIn("idle (pid 300) did not use the network", self.view("report", folder="idle", status=1).stderr)
        self.assertEqual(0, self.json("summary", folder="idle", status=1)["round_trips"])

    def test_losses_come_first(self):
        self.write("lossy", CLIENT + "lost 3\n", folder="lossy")
        for view in ("report", "summary", "tree", "threads"):
            self.assertIn("3 calls missing", self.text(view, folder="lossy").splitlines()[0])
        self.assertEqual(3, self.json("summary", folder="lossy")["lost_events"])

    def test_one_bad_file_of_two(self):
        (self.folder / "data" / "bad.trt").write_text("no trace")
        done = self.view("summary", "--json", status=1)
        self.assertEqual(5, json.loads(done.stdout)["round_trips"])
        self.assertIn("bad.trt", done.stderr)

    def test_default_recording(self):
        done = harness.run([harness.COMMAND, "summary", "--json"], env={"TRACEROUNDTRIP_OUTPUT": str(self.folder / "data")})
        self.assertEqual(5, json.loads(done.stdout)["round_trips"])
        done = harness.run([harness.COMMAND, "summary"], status=1, cwd=self.folder)
        self.assertIn("traceroundtrip.data", done.stderr)

    def test_usage(self):
        for arguments, words in [
                ([], "command"), (["bogus"], "'bogus'"), (["--bogus"], "'--bogus'"), (["tree", "--bogus"], "'--bogus'"),
                (["tree", "--min-share", "200"], "200"), (["slow", "--top", "0"], "0"), (["slow", "--top"], "--top"),
                (["slow", "--threshold", "5"], "unit"), (["trips", "--since", "-1s"], "-1s"),
                (["timeline", "--by", "x"], "connection, thread"), (["threads", "--sort", "x"], "p95"),
                (["dump", "--name", "x"], "'--name'"), (["report", "--width", "10"], "10"),
                (["report", "--color", "red"], "always"), (["trips", "--pid", "x"], "x"), (["callers"], "function"), (["callees"], "function"),
                (["annotate"], "file or function"), (["hotspots", "--by", "x"], "time, trips, bytes, errors"),
                (["tree", "--group", "x"], "function, line, module"),
                (["record"], "program"), (["export"], "folded, speedscope"), (["export", "--format", "svg"], "callgrind"), (["summary", "-\033"], "x1b")]:
            with self.subTest(arguments=arguments):
                done = harness.run([harness.COMMAND, *arguments], status=2)
                self.assertEqual(("", 1), (done.stdout, len(done.stderr.splitlines())), done.stderr)
                self.assertIn(words, done.stderr)

    def test_help(self):
        listed = [line.split(":")[0] for line in
                  harness.run([harness.COMMAND, "--list-commands"]).stdout.splitlines()]
        self.assertEqual(sorted(COMMANDS), sorted(listed))
        help_text = harness.run([harness.COMMAND, "--help"]).stdout
        self.assertEqual(help_text, harness.run([harness.COMMAND, "help"]).stdout)
        for command in listed:
            with self.subTest(command=command):
                self.assertIn(f"  {command} ", help_text)
                text = harness.run([harness.COMMAND, command, "--help"]).stdout
                self.assertEqual(text, harness.run([harness.COMMAND, "help", command]).stdout)
                self.assertTrue(text.startswith(f"Usage: traceroundtrip {command} "))
                self.assertLessEqual(max(map(len, text.splitlines())), 82)
                for option in harness.run([harness.COMMAND, command, "--list-options"]).stdout.splitlines():
                    self.assertIn(option.split("=")[0], text)
        self.assertRegex(harness.run([harness.COMMAND, "--version"]).stdout, r"^traceroundtrip \d+\.\d+\.\d+\n$")

    def test_completions(self):
        script = harness.pathlib.Path(__file__).parents[2] / "completions" / "traceroundtrip.bash"
        if not shutil.which("bash"):
            self.skipTest("no bash")

        def complete(*words):
            program = ('source "$1"; shift; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
                       '_traceroundtrip; printf "%s\\n" "${COMPREPLY[@]}"')
            done = harness.run(["bash", "-c", program, "bash", script, harness.COMMAND, *words])
            return set(done.stdout.split())

        self.assertEqual({"record", "report"}, complete("re"))
        self.assertEqual({*COMMANDS, "help", "--help", "--version"}, complete(""))
        self.assertEqual({"--max-depth", "--min-share", "--min-duration", "--my-code"}, complete("tree", "--m"))
        self.assertEqual({"connection", "thread"}, complete("timeline", "--by", ""))
        self.assertEqual({"coarse", "medium", "fine"}, complete("record", "--detail", ""))
        self.assertEqual({"--full", "--full-stacks"}, complete("slow", "--f"))
        self.assertEqual({"slow"}, complete("help", "sl"))
        self.assertEqual(set(), complete("slow", "--top", ""))


if __name__ == "__main__":
    harness.main()
