#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader of trace files written from traceroundtrip-format(5) alone.

It shares no code with the analyzer: tests compare the two.  The numbers of calls
come from the page itself.
"""

import pathlib
import re
import socket
import struct
import sys

PAGE = pathlib.Path(__file__).resolve().parents[2] / "man" / "traceroundtrip-format.5"
CALLS = {int(number): name for number, name in
         re.findall(r"^\.It (\d+) Ta (\w+) Ta (?:CONNECT|DESCRIPTOR|NAME|WAIT|TLS|(?:TLS_)?(?:SEND|RECEIVE))$",
                    PAGE.read_text(), re.M)}
OPTIONAL = {0: "duration_ns", 1: "first_try_ns", 2: "tries", 3: "waited_ns", 4: "ready_ns", 5: "value"}
PAYLOAD = 15


class Unreadable(Exception):
    """Not a trace file, or one for newer readers."""


class Trace:
    """One file: header (a dict), events (in order of start), stacks, modules, and so on."""

    def __init__(self, path):
        self.events, self.stacks, self.modules, self.threads, self.notes = [], {}, [], {}, []
        self.connections, self.addresses, self.connected, self.closed, self.unix_peers = {}, {}, [], {}, {}
        self.lookups, self.views, self.last_views, self.samples, self.handshakes = [], [], {}, [], []
        self.runtimes, self.functions, self.language_frames, self.language_stacks = {}, {}, {}, {}
        self.cut_short = set()  # language stacks that go on beyond
        with open(path, "rb") as file:
            first = file.read(65536)
            self.read_header(first)
            size = self.header["chunk_bytes"]
            while chunk := file.read(size):
                self.read_chunk(chunk.ljust(size, b"\0"))
                if self.header["chunks"] * size < file.tell() - size:
                    break
        self.events.sort(key=lambda event: event["start_ns"])

    def read_header(self, page):
        if len(page) < 4096:
            raise Unreadable("shorter than a header")
        names = ("magic byte_order version oldest_reader chunk_bytes page_bytes machine detail stacks stack_depth"
                 " capture_bytes executable_bytes command_bytes pid parent_pid uid created_monotonic_ns"
                 " created_realtime_ns process_started_ns ended_monotonic_ns limit_bytes boot_id host_name chunks"
                 " lost_events overwritten_events overwritten_chunks lost_records lost_stacks").split()
        values = struct.unpack_from("<8sIHH9IiiI5Q16s256s6Q", page)
        self.header = h = dict(zip(names, values))
        if h["magic"] != bytes.fromhex("895452540d0a1a0a") or h["byte_order"] != 0x01020304:
            raise Unreadable("not a trace file")
        if h["oldest_reader"] > 1:
            raise Unreadable("for newer readers")
        h["executable"] = page[4096:4096 + h["executable_bytes"]].decode(errors="replace")
        h["command"] = page[8192:8192 + h["command_bytes"]].decode(errors="replace").split("\0")[:-1]

    def read_chunk(self, chunk):
        kind, committed, sequence = struct.unpack_from("<IIQ", chunk)
        if kind == 2 and sequence:
            self.read_records(chunk[:committed], self.read_event)
        elif kind == 1:
            self.read_records(chunk, self.read_entry)

    def read_records(self, chunk, read):
        at = 64
        self.tid = None
        while at + 8 <= len(chunk):
            size, kind, detail, number = struct.unpack_from("<HBBI", chunk, at)
            if size < 8 or at + size > len(chunk):
                at += 8  # never written
                continue
            read(kind, detail, number, chunk[at:at + size])
            at += size

    def read_event(self, kind, detail, number, record):
        if kind == 2:
            self.tid = number
        elif kind == 3:
            self.views.append(self.read_view(record, number))
        elif kind == 4:
            names = "when_ns user_ns system_ns resident_bytes threads connections".split()
            self.samples.append(dict(zip(names, struct.unpack_from("<4Q2I", record, 8))))
        elif kind == 1:
            start, duration, result, offset, stack, language, fd, fields, flags = \
                struct.unpack_from("<QIiQIIiHH", record, 8)
            event = {"tid": self.tid, "call": CALLS.get(detail, f"call {detail}"), "connection": number,
                     "start_ns": start, "duration_ns": duration, "result": result, "offset": offset, "stack": stack,
                     "language_stack": language, "fd": fd, "flags": flags, "head": b"", "tail": b"", "tries": 0}
            at = 48
            for bit in range(PAYLOAD):
                if fields & 1 << bit:
                    event[OPTIONAL.get(bit, f"field {bit}")], = struct.unpack_from("<Q", record, at)
                    at += 8
            if fields & 1 << PAYLOAD:
                head, tail = struct.unpack_from("<HH", record, at)
                event["head"] = record[at + 8:at + 8 + head]
                event["tail"] = record[at + 8 + head:at + 8 + head + tail]
            self.events.append(event)

    def read_entry(self, kind, detail, number, record):
        if kind == 16:
            depth, = struct.unpack_from("<I", record, 16)
            self.stacks[number] = struct.unpack_from(f"<{depth}Q", record, 24)
        elif kind == 17:
            seen, bias, start, end, path = struct.unpack_from("<4QI", record, 8)
            text = record[48 + detail:48 + detail + path].decode(errors="replace")
            self.modules.append({"id": number, "seen_ns": seen, "load_bias": bias, "start": start, "end": end,
                                 "path": text, "build_id": record[48:48 + detail].hex()})
        elif kind == 18:
            self.threads[number] = record[16:32].split(b"\0")[0].decode(errors="replace")
        elif kind == 19:
            names = ("created_ns fd family socket_type protocol parent inode sent_before received_before cookie"
                     " flags").split()
            self.connections[number] = dict(zip(names, struct.unpack_from("<QiHHIIQQQQI", record.ljust(72, b"\0"), 8)),
                                            origin=detail)
        elif kind == 20:
            local, remote = struct.unpack_from("<HH", record, 16)
            self.addresses[number] = record[24:24 + local], record[24 + local:24 + local + remote]
        elif kind == 21:
            names = "started_ns ended_ns error stack tid language_stack".split()
            self.connected.append(dict(zip(names, struct.unpack_from("<QQiIiI", record, 8)), connection=number))
        elif kind == 22:
            self.closed[number] = dict(zip(("closed_ns", "sent", "received"), struct.unpack_from("<3Q", record, 8)))
        elif kind == 23:
            length, = struct.unpack_from("<I", record, 16)
            self.notes.append(record[24:24 + length].decode(errors="replace"))
        elif kind == 24:
            self.read_lookup(record, detail, number)
        elif kind == 25:
            self.last_views[number] = self.read_view(record, number)
        elif kind == 26:
            self.unix_peers[number] = dict(zip(("seen_ns", "inode", "pid"), struct.unpack_from("<QQi", record, 8)))
        elif kind == 27:
            self.handshakes.append(self.read_handshake(record, number, detail))
        elif kind == 32:
            start, end, version, length = struct.unpack_from("<QQII", record, 16)
            self.runtimes[number] = {"state": detail, "loop": range(start, end), "version": version,
                                     "text": record[40:40 + length].decode(errors="replace")}
        elif kind == 33:
            line, name, file = struct.unpack_from("<IHH", record, 8)
            self.functions[number] = (record[16:16 + name].decode(errors="replace"),
                                      record[16 + name:16 + name + file].decode(errors="replace"), line)
        elif kind == 34:
            self.language_frames[number] = struct.unpack_from("<II", record, 8)
        elif kind == 35:
            depth, = struct.unpack_from("<I", record, 12)
            self.language_stacks[number] = struct.unpack_from(f"<{depth}I", record, 16)
            self.cut_short.update([number] * detail)

    def frames(self, stack):
        """[(function, file, line)] of a language stack, the innermost first."""
        frames = [self.language_frames[f & 0x7fffffff] for f in self.language_stacks[stack] if f != 0x80000000]
        return [self.functions[function][:2] + (line,) for function, line in frames]

    def read_lookup(self, record, call, numeric):
        started, ended, result, tid, _, count, length = struct.unpack_from("<QQiiIHH", record, 8)
        addresses = []
        for at in range(40, 40 + 24 * count, 24):
            family, = struct.unpack_from("<H", record, at)
            text = record[at + 8:at + (12 if family == 2 else 24)]
            addresses.append(socket.inet_ntop(socket.AF_INET if family == 2 else socket.AF_INET6, text))
        name = record[40 + 24 * count:40 + 24 * count + length].decode(errors="replace")
        self.lookups.append({"name": name, "started_ns": started, "ended_ns": ended, "result": result, "tid": tid,
                             "addresses": addresses, "call": CALLS.get(call), "numeric": bool(numeric)})

    def read_handshake(self, record, connection, library):
        names = ("started_ns ended_ns sent_before received_before sent_after received_after error tid stack version role"
                 " resumed").split()
        *values, name, alpn, reason = struct.unpack_from("<6QiiIHBB3H", record, 8)
        texts = [record[80:80 + name], record[80 + name:80 + name + alpn], record[80 + name + alpn:][:reason]]
        return dict(zip(names, values), connection=connection, library=library, server_name=texts[0].decode(),
                    alpn=texts[1].decode(), reason=texts[2].decode())

    def read_view(self, record, connection):
        names = ("when_ns rtt_us rtt_variance_us min_rtt_us retransmits congestion_window unacknowledged unsent_bytes"
                 " unread_bytes acknowledged_bytes received_bytes state").split()
        return dict(zip(names, struct.unpack_from("<Q8I2QI", record, 8)), connection=connection)


if __name__ == "__main__":
    for path in sys.argv[1:]:
        trace = Trace(path)
        print(f"{path}: {len(trace.events)} events, {len(trace.stacks)} stacks, "
              f"{len(trace.connections)} connections")
