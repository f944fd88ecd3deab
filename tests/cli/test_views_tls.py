#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the views say of TLS, from a golden trace, of which every number is known."""

import json
import pathlib

import harness

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "v1"


class TlsViews(harness.TestCase):
    def text(self, view, *options, trace="tls", width=200):
        command = [harness.COMMAND, view, *options, GOLDEN / f"{trace}.trt"]
        if "--json" not in options:
            command[2:2] = ["--width", width]
        return harness.run(command, env={"LC_ALL": "C.UTF-8"}).stdout

    def json(self, view, *options, **rest):
        return json.loads(self.text(view, "--json", *options, **rest))

    def lines(self, view, *options, **rest):
        return [json.loads(line) for line in self.text(view, "--json", *options, **rest).splitlines()]

    def test_connections(self):
        opened, started, failed, unseen = sorted(self.json("connections"), key=lambda c: c["connection"])
        self.assertEqual({"seen": True, "library": "OpenSSL", "version": "TLS 1.3", "role": "client",
                          "server_name": "example.org", "alpn": "http/1.1", "resumed": False, "handshake_ns": 400,
                          "error": None, "reason": None, "by": "0x401100"}, opened["tls"])
        self.assertEqual((100, 50, 726, 1327), tuple(opened[k] for k in (
            "bytes_sent", "bytes_received", "wire_bytes_sent", "wire_bytes_received")))
        self.assertEqual("example.org", opened["host"])
        self.assertEqual(("GnuTLS", "TLS 1.2", True, None), tuple(started["tls"][k] for k in (
            "library", "version", "resumed", "server_name")))
        self.assertEqual((50, 75, 380, 260), tuple(started[k] for k in (
            "bytes_sent", "bytes_received", "wire_bytes_sent", "wire_bytes_received")))
        self.assertEqual(("NSS", None, "EPROTO", "certificate verify failed", 0, 300),
                         (failed["tls"]["library"], failed["tls"]["version"], failed["tls"]["error"],
                          failed["tls"]["reason"], failed["bytes_sent"], failed["wire_bytes_sent"]))
        self.assertEqual({False, None}, set(unseen["tls"].values()))
        self.assertEqual((53, None), (unseen["bytes_sent"], unseen["wire_bytes_sent"]))
        self.assertEqual({None}, {c["tls"] for c in self.json("connections", trace="client")})
        text = self.text("connections")
        for words in ("TLS 1.3", "300ns resumed", "300ns failed", "unseen", "WIRE SENT",
                      "#3 example.net:443: TLS handshake failed: certificate verify failed after 300ns, by 0x401100"):
            self.assertIn(words, text)
        self.assertNotIn("TLS", self.text("connections", trace="client"))

    def test_summary(self):
        summary = self.json("summary")
        self.assertEqual({"handshakes": 3, "failed": 1, "resumed": 1, "unseen_connections": 1,
                          "unseen_plaintext_connections": 0, "unjoined_calls": 2, "unjoined_bytes_sent": 33,
                          "unjoined_bytes_received": 44}, summary["tls"])
        self.assertEqual([3, 300, 400], [summary["handshake_ns"][k] for k in ("count", "min", "max")])
        self.assertEqual((203, 215, 1406, 1787), tuple(summary[k] for k in (
            "bytes_sent", "bytes_received", "wire_bytes_sent", "wire_bytes_received")))
        self.assertEqual((None, 0), (self.json("summary", trace="client")["wire_bytes_sent"],
                                     self.json("summary", trace="client")["tls"]["handshakes"]))
        text = self.text("summary")
        for words in ("TLS           3 handshakes, resumed 1, failed 1\n", "  mean 333ns, max 400ns, total 1.00us\n",
                      "on the wire   1.37 KiB sent, 1.75 KiB received with TLS",
                      "▲ TLS that is not seen on 1 connection, timed by turns on the wire, #4 10.0.0.5:443",
                      "▲ TLS by memory buffers: 2 calls of plaintext, 33 B sent, 44 B received, could not be joined to"):
            self.assertIn(words, text)

    def test_trips(self):
        trips = {(t["connection"], t["start_ns"]): t for t in self.lines("trips")}
        first, clear = trips[1, 1800], trips[2, 1600]
        self.assertEqual((400, 100, 50, 122, 327, 2), tuple(first[k] for k in (
            "handshake_ns", "bytes_sent", "bytes_received", "wire_bytes_sent", "wire_bytes_received", "calls")))
        self.assertEqual((None, 10, None), (clear["handshake_ns"], clear["bytes_sent"], clear["wire_bytes_sent"]))
        self.assertEqual([400, 300], [t["handshake_ns"] for t in trips.values() if t["handshake_ns"]])
        text = self.text("slow")
        self.assertIn("connect 50ns · TLS handshake 400ns · send 20ns", text)
        self.assertIn("on the wire 122 B and 327 B", text)

    def test_endpoints(self):
        self.assertEqual({"10.0.0.2:443": True, "10.0.0.3:465": True, "10.0.0.5:443": True},
                         {e["address"]: e["tls"] for e in self.json("endpoints")})
        self.assertEqual(1, sum(e["wire_bytes_sent"] is None for e in self.json("endpoints")))
        self.assertIn("TLS", self.text("endpoints").splitlines()[0])
        self.assertNotIn("TLS", self.text("endpoints", trace="client"))

    def test_dump(self):
        calls = self.lines("dump")
        names = [c["call"] for c in calls if c["connection"] == 2]
        self.assertLess(names.index("gnutls_handshake"), names.index("gnutls_record_send"))
        sent, = (c for c in calls if c["call"] == "gnutls_record_send")
        self.assertEqual(("sent", 10, 40, 1), tuple(sent[k] for k in ("direction", "offset", "bytes", "tls")))
        self.assertEqual(["gnutls_record_send", "send", "send"], names[6:9])
        self.assertEqual({None}, {c.get("tls") for c in calls if c["call"] in ("send", "recv", "read", "write", "close")})

    def test_lines_fit(self):
        for view in ("summary", "endpoints", "slow", "timeline", "trips"):
            for width in (60, 80, 140):
                with self.subTest(view=view, width=width):
                    for line in self.text(view, width=width).splitlines():
                        self.assertLessEqual(len(line), width, line)
                        self.assertEqual(line.rstrip(), line)

    def test_timeline(self):
        lanes = {lane["connection"]: lane for lane in self.json("timeline")["lanes"]}
        self.assertEqual(1, lanes[3]["failed"])


if __name__ == "__main__":
    harness.main()
