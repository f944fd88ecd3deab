#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""traceroundtrip-format(5) tells the truth: its tables are those of preload/trace_format.h, and a
reader written from the page alone finds in traces what the command finds."""

import pathlib
import re

import format_reader
import harness
import redis

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZES = {"uint8_t": 1, "uint16_t": 2, "uint32_t": 4, "int32_t": 4, "uint64_t": 8, "struct trt_record": 8}
TYPES = {"uint8_t": "u8", "uint16_t": "u16", "uint32_t": "u32", "int32_t": "i32", "uint64_t": "u64"}
SECTIONS = {"trt_header": "The header", "trt_chunk": "Chunks", "trt_segment": "SEGMENT", "trt_event": "EVENT",
            "trt_stack": "STACK", "trt_module": "MODULE", "trt_thread": "THREAD", "trt_connection": "CONNECTION",
            "trt_addresses": "ADDRESSES", "trt_connected": "CONNECTED", "trt_closed": "CLOSED", "trt_note": "NOTE",
            "trt_kernel": "KERNEL, KERNEL_LAST", "trt_sample": "SAMPLE", "trt_lookup": "LOOKUP",
            "trt_unix_peer": "UNIX_PEER", "trt_tls": "TLS"}


def header_structs():
    """{struct: [(offset, type, name)]} as the C compiler lays them out: all are packed by hand."""
    text = re.sub(r"/\*.*?\*/", "", (ROOT / "preload" / "trace_format.h").read_text(), flags=re.S)
    structs = {}
    for name, body in re.findall(r"^struct (\w+) \{(.*?)^\};", text, re.M | re.S):
        rows, offset = [], 0
        for kind, fields in re.findall(r"^\s*((?:struct )?\w+)\s+([^;]+);", body, re.M):
            for field in fields.split(","):
                match = re.fullmatch(r"\s*(\w+)(?:\[(\d+)\])?\s*", field)
                count = int(match[2] or 1)
                size = (1 if kind == "char" else SIZES[kind]) * count
                of_bytes = match[2] or kind == "struct trt_record"
                rows.append((offset, f"bytes{size}" if of_bytes else TYPES[kind], match[1]))
                offset += size
        structs[name] = rows
    return structs


def page_tables():
    """{section: [(offset, type, name)]} of the page's first table in each section."""
    tables = {}
    for section in re.split(r"^\.S[sh] ", format_reader.PAGE.read_text(), flags=re.M)[1:]:
        title = section.splitlines()[0]
        for table in re.findall(r"^\.Bl -column.*?^\.El", section, re.M | re.S):
            rows = re.findall(r"^\.It (\d+) Ta ((?:u|i|bytes)\d+) Ta (\w+)", table, re.M)
            if rows:
                tables.setdefault(title, [(int(o), t, n) for o, t, n in rows])
    return tables


class Format(harness.TestCase):
    def test_tables_are_those_of_the_header_file(self):
        structs, tables = header_structs(), page_tables()
        for struct, section in SECTIONS.items():
            with self.subTest(struct=struct):
                self.assertEqual(structs[struct], tables[section])

    def test_calls_are_those_of_the_list(self):
        text = (ROOT / "preload" / "calls.def").read_text()
        listed = {int(i): (name, kind)
                  for i, name, kind in re.findall(r"^(?:TLS_)?CALL\((\d+), (\w+), (\w+)\)", text, re.M)}
        page = format_reader.PAGE.read_text().split(".Sh CALLS")[1]
        described = {int(i): (name, kind) for i, name, kind in re.findall(r"^\.It (\d+) Ta (\w+) Ta (\w+)$", page, re.M)}
        self.assertEqual(listed, described)

    def compare(self, recording):
        """Event by event, the reader of the page and `dump`."""
        dumped = recording.calls()
        traces = [format_reader.Trace(path) for path in recording.files()]
        read = [(t.header["pid"], e) for t in traces for e in t.events]
        self.assertGreater(len(dumped), 0)
        self.assertEqual(len(dumped), len(read))

        def key(pid, tid, call, fd, start, result):
            return start, pid, tid, call, -1 if fd is None else fd, result

        zero = min(t.header["process_started_ns"] for t in traces)
        ours = sorted(key(pid, e["tid"], e["call"], e["fd"], e["start_ns"] - zero, max(e["result"], -1))
                      for pid, e in read)
        theirs = sorted(key(e["pid"], e["tid"], e["call"], e["fd"], e["start_ns"], max(e["result"], -1))
                        for e in dumped)
        self.assertEqual(ours, theirs)
        self.assertEqual(sum(t.header["lost_events"] for t in traces), recording.summary()["lost_events"])

    def test_reader_and_dump_agree(self):
        with self.subTest("threads"):
            self.compare(self.record(harness.program("threads"), "4", "200")[0])
        with self.subTest("forks"):
            self.compare(self.preload(harness.program("forks"), "fork", "5")[0])
        with self.subTest("detail fine"):
            self.compare(self.record(harness.program("waits"), "epoll_wait", options=["--detail", "fine"])[0])
        with self.subTest("redis-benchmark"), redis.running(self.folder) as server:
            self.compare(self.record("redis-benchmark", "-p", server.port, "-n", "1000", "-t", "get", "-q")[0])

    def test_what_stands_beside_calls(self):
        recording, _ = self.record(harness.program("names"), "getaddrinfo", "localhost", "connect")
        trace = format_reader.Trace(recording.files()[0])
        lookup, = trace.lookups
        self.assertEqual(("localhost", 0, ["127.0.0.1"]), (lookup["name"], lookup["result"], lookup["addresses"]))
        self.assertEqual(("getaddrinfo", False), (lookup["call"], lookup["numeric"]))
        trip = next(t for t in recording.lines("trips") if t["role"] == "client")
        self.assertEqual(lookup["ended_ns"] - lookup["started_ns"], trip["lookup_ns"])
        row = next(c for c in recording.json("connections") if c["connection"] == trip["connection"])
        last = trace.last_views[trip["connection"]]
        self.assertEqual((last["rtt_us"], last["min_rtt_us"]), (row["rtt_us"], row["min_rtt_us"]))
        self.assertIn(trip["connection"], {v["connection"] for v in trace.views})
        self.assertEqual(recording.summary()["resident_bytes_max"], max(s["resident_bytes"] for s in trace.samples))

    def test_numbers_of_sockets(self):
        recording, _ = self.record(harness.program("transfer"), "send", "recv", "unix")
        trace = format_reader.Trace(recording.files()[0])
        self.assertTrue(any(peer["inode"] for peer in trace.unix_peers.values()))
        for row in recording.json("connections"):
            ours = trace.connections[row["connection"]]
            self.assertEqual((ours["inode"], ours["cookie"]), (row["inode"], row["cookie"]))
            peer = trace.unix_peers.get(row["connection"], {"pid": None, "inode": 0})
            self.assertEqual(peer["pid"], row["peer_pid"])
            self.assertIn(peer["inode"], (row["peer_inode"], 0))

    def test_handshakes(self):
        trace = format_reader.Trace(ROOT / "tests" / "golden" / "v1" / "tls.trt")
        first, second, failed = sorted(trace.handshakes, key=lambda h: h["started_ns"])
        self.assertEqual({"connection": 1, "library": 1, "started_ns": 2100, "ended_ns": 2500, "sent_before": 0,
                          "received_before": 0, "sent_after": 0, "received_after": 0, "error": 0, "tid": 1, "stack": 2,
                          "version": 0x304, "role": 1, "resumed": 1, "server_name": "example.org", "alpn": "http/1.1",
                          "reason": ""}, first)
        self.assertEqual((2, 10, 45, 2), tuple(second[k] for k in ("library", "sent_before", "received_before", "resumed")))
        self.assertEqual((71, "example.net", "certificate verify failed"),
                         tuple(failed[k] for k in ("error", "server_name", "reason")))

    def test_process(self):
        recording, _ = self.record(harness.program("threads"), "1", "1")
        header = format_reader.Trace(recording.files()[0]).header
        self.assertEqual(harness.program("threads"), header["executable"])
        self.assertEqual([harness.program("threads"), "1", "1"], header["command"])
        self.assertEqual(harness.LIBRARY, next(
            m["path"] for m in format_reader.Trace(recording.files()[0]).modules if "libtraceroundtrip" in m["path"]))

    def test_reader_is_short(self):
        lines = pathlib.Path(format_reader.__file__).read_text().splitlines()
        self.assertLessEqual(len(lines), 170)


if __name__ == "__main__":
    harness.main()
