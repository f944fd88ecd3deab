#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name lookups of all kinds: time, result and error; the name servers are the tests' own."""

import contextlib
import json
import socket
import struct
import threading

import harness

BY_LIBC = ["getaddrinfo", "getaddrinfo_a", "gethostbyname", "gethostbyname2", "gethostbyname_r", "gethostbyname2_r"]
BY_RESOLVER = ["res_query", "res_search", "res_nquery", "res_nsearch"]
NO_SUCH_NAME, SERVER_FAILED, REFUSED = 3, 2, 5  # RFC 1035, section 4.1.1
HOST_NOT_FOUND, TRY_AGAIN, NO_RECOVERY, NO_DATA = 1, 2, 3, 4  # netdb.h


def answer(question):
    """(the code, the address) that the first label of the name asks for; None: no answer at all."""
    label = question[13:13 + question[12]].decode()
    return {"here": (0, "127.0.0.1"), "empty": (0, None), "missing": (NO_SUCH_NAME, None), "silent": None,
            "broken": (SERVER_FAILED, None), "refused": (REFUSED, None)}[label]


def reply(question):
    """A DNS message that answers a question for an address (RFC 1035, section 4.1); None without an answer."""
    found = answer(question)
    if found is None:
        return None
    code, address = found
    number, = struct.unpack_from(">H", question)
    end = question.index(b"\0", 12) + 5
    kind, = struct.unpack_from(">H", question, end - 4)
    record = struct.pack(">HHHIH4s", 0xc00c, 1, 1, 0, 4, socket.inet_aton(address)) if address and kind == 1 else b""
    return struct.pack(">6H", number, 0x8180 | code, 1, bool(record), 0, 0) + question[12:end] + record


@contextlib.contextmanager
def name_server():
    """Its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))

        def serve():
            while True:
                question, peer = s.recvfrom(512)
                if not question:
                    return
                if message := reply(question):
                    s.sendto(message, peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield s.getsockname()[1]
        finally:
            s.sendto(b"", s.getsockname())
            thread.join()


class Names(harness.TestCase):
    def look_up(self, way, *arguments):
        """(recording, the result that the program got)"""
        recording, done = self.record(harness.program("names"), way, *arguments)
        return recording, json.loads(done.stdout.splitlines()[0])["result"]

    def check(self, call, recording, result, name, error=None):
        """The lookup is an event with this result; error: in words, if it failed."""
        self.assertEqual([result], [e["result"] for e in recording.calls(call)])
        summary = recording.summary()
        self.assertEqual(1, summary["lookup_ns"]["count"])
        self.assertEqual([(name, error, 1)] if error else [],
                         [(f["name"], f["error"], f["count"]) for f in summary["failed_lookups"]])
        if error:
            self.assertIn(f"{call} = {result} {error}", recording.text("dump"))
            self.assertRegex(recording.text("summary", status=None), rf"(?s)name lookup +1, .*failed 1.*{name}: {error}")

    def test_resolver(self):
        for call in BY_RESOLVER:
            for name, result, error in [("here.test", 0, None), ("missing.test", HOST_NOT_FOUND, "Unknown host"),
                                        ("empty.test", NO_DATA, "No address associated with name"),
                                        ("refused.test", TRY_AGAIN, "Host name lookup failure"),
                                        ("broken.test", TRY_AGAIN, "Host name lookup failure")]:
                with self.subTest(call=call, name=name), name_server() as port:
                    recording, got = self.look_up(call, name, port)
                    self.assertEqual(result, got, "what libc says")
                    self.check(call, recording, result, name, error)

    def test_a_name_server_that_does_not_answer(self):
        with name_server() as port:
            recording, result = self.look_up("res_query", "silent.test", port)
        self.check("res_query", recording, TRY_AGAIN, "silent.test", "Host name lookup failure")
        self.assertGreater(recording.summary()["lookup_ns"]["max"], 900_000_000)

    def test_a_name_that_the_resolver_refuses(self):
        recording, result = self.look_up("res_query", "x" * 300)
        self.check("res_query", recording, NO_RECOVERY, "x" * 300, "Unknown server error")

    def test_libc(self):
        for call in BY_LIBC:
            with self.subTest(call=call):
                recording, result = self.look_up(call, "localhost", "connect")
                self.check(call, recording, 0, "localhost")
                client, server = sorted(recording.lines("trips"), key=lambda t: t["role"])
                self.assertEqual(("localhost", None), (client["host"], server["host"]))
                self.assertEqual(recording.calls(call)[0]["duration_ns"], client["lookup_ns"])
                self.assertIsNone(server["lookup_ns"])
                for peer in ["localhost", "localhost:*"]:
                    self.assertEqual(1, len(recording.lines("trips", "--peer", peer)))
                self.assertRegex(recording.text("endpoints", "--width", "200"), r"localhost:\d+ +127\.0\.0\.1:\d+")
                self.assertIn("lookup ", recording.text("slow"))
                self.assertIn("localhost", [e["host"] for e in recording.json("endpoints")])

    def test_libc_and_the_name_server(self):
        # getaddrinfo_a() asks in a thread of libc's, with the machine's own name server.
        for call in (c for c in BY_LIBC if c != "getaddrinfo_a"):
            for name in ["here.test", "missing.test"]:
                with self.subTest(call=call, name=name), name_server() as port:
                    recording, result = self.look_up(call, name, port)
                    self.assertEqual(name == "here.test", result == 0)
                    error = {0: None, socket.EAI_NONAME: "Name or service not known", HOST_NOT_FOUND: "Unknown host"}
                    self.check(call, recording, result, name, error[result])
                    self.assertEqual({0}, {e["errno"] for e in recording.calls(call)})

    def test_one_number_with_two_meanings(self):
        recording, result = self.look_up("bad-flags", "localhost")
        self.check("getaddrinfo", recording, -1, "localhost", "Bad value for ai_flags")
        recording, result = self.look_up("too-little-room", "localhost")
        self.check("gethostbyname_r", recording, -1, "localhost", "Resolver internal error")

    def test_addresses_ask_nobody(self):
        cases = [(call, address) for call in BY_LIBC for address in ["127.0.0.1", "127.1"]]
        cases += [("getaddrinfo_a", "::1"), ("gethostbyname", "::1"), ("numeric-host", "fe80::1%lo"),
                  ("numeric-host", "not.an.address")]
        for call, address in cases:
            with self.subTest(call=call, address=address):
                recording, _ = self.look_up(call, address)
                summary = recording.summary()
                self.assertEqual((0, []), (summary["lookup_ns"]["count"], summary["failed_lookups"]))
                self.assertEqual(1, len([e for e in recording.calls() if e["call"] == call.replace(
                    "numeric-host", "getaddrinfo")]), "it is a call all the same")
                self.assertNotIn("name lookup", recording.text("summary", status=None))
        with name_server() as port:
            recording, _ = self.look_up("getaddrinfo", "127.0.0.1", port)
        self.assertEqual(0, recording.summary()["lookup_ns"]["count"])

    def test_an_address_is_no_name(self):
        recording, _ = self.look_up("getaddrinfo", "127.0.0.1", "connect")
        trips = recording.lines("trips")
        self.assertEqual({(None, None)}, {(t["host"], t["lookup_ns"]) for t in trips})

    def test_a_lookup_whose_end_is_not_seen(self):
        recording, result = self.look_up("getaddrinfo_a-later", "localhost")
        self.assertEqual(0, result)
        self.assertEqual([socket.EAI_INPROGRESS if hasattr(socket, "EAI_INPROGRESS") else -100],
                         [e["result"] for e in recording.calls("getaddrinfo_a")])
        summary = recording.summary()
        self.assertEqual((0, []), (summary["lookup_ns"]["count"], summary["failed_lookups"]))


if __name__ == "__main__":
    harness.main()
