#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connections are the two ends of one, in recordings that were written by hand."""

import json

import harness

SCRIPT_TOOL = harness.PROGRAMS / "unit" / "script_tool"


class Peers(harness.TestCase):
    def rows(self, *scripts, options=()):
        """{(pid, connection): row} of a recording of these processes, which have the pids 1, 2, and so on."""
        data = self.new_folder()
        data.mkdir()
        for number, script in enumerate(scripts, 1):
            source = self.folder / "script"
            source.write_text(f"process {number} p{number} 1\n{script}\nend 900000000\n")
            harness.run([SCRIPT_TOOL, source, data / f"{number}.trt"])
        text = harness.run([harness.COMMAND, "connections", "--json", *options, data]).stdout
        return {(row["pid"], row["connection"]): row for row in json.loads(text)}

    def pairs(self, *scripts, **rest):
        """{(pid, connection): (pid, connection)} of those whose other end is known."""
        return {key: (row["peer_pid"], row["peer_connection"]) for key, row in self.rows(*scripts, **rest).items()
                if row["peer_connection"]}

    def test_reversed_addresses(self):
        client = "connection 1 tcp socket\naddresses 1 127.0.0.1:4000 127.0.0.1:80\nconnected 1 2000-3000"
        server = "connection 2 tcp accept created=3000\naddresses 2 127.0.0.1:80 127.0.0.1:4000"
        self.assertEqual({(1, 1): (2, 2), (2, 2): (1, 1)}, self.pairs(client, server))
        rows = self.rows(client, server)
        self.assertEqual(("p2", "p1"), (rows[1, 1]["peer_process"], rows[2, 2]["peer_process"]))
        for other in ["addresses 2 127.0.0.1:80 127.0.0.1:4001", "addresses 2 127.0.0.1:81 127.0.0.1:4000",
                      "addresses 2 127.0.0.2:80 127.0.0.1:4000", "addresses 2 127.0.0.1:4000 127.0.0.1:80"]:
            with self.subTest(server=other):
                self.assertEqual({}, self.pairs(client, server + "\n" + other))

    def test_a_refused_connection_has_no_other_end(self):
        client = "connection 1 tcp socket\naddresses 1 127.0.0.1:4000 127.0.0.1:80\nconnected 1 2000-3000 ECONNREFUSED"
        server = "connection 2 tcp accept created=3000\naddresses 2 127.0.0.1:80 127.0.0.1:4000"
        self.assertEqual({}, self.pairs(client, server))

    def test_the_same_port_again(self):
        client = "\n".join(f"connection {i} tcp socket\naddresses {i} 127.0.0.1:4000 127.0.0.1:80\n"
                           f"connected {i} {i}000000-{i}001000\nclosed {i} {i}500000 0 0" for i in range(1, 6))
        server = "\n".join(f"connection {10 + i} tcp accept created={i}001000\n"
                           f"addresses {10 + i} 127.0.0.1:80 127.0.0.1:4000" for i in (5, 3, 1, 2, 4))
        self.assertEqual({(1, i): (2, 10 + i) for i in range(1, 6)},
                         {k: v for k, v in self.pairs(client, server).items() if k[0] == 1})

    def test_the_same_port_again_by_a_server_that_is_late(self):
        """A connection that was accepted is none that began afterwards, however soon."""
        client = "\n".join(f"connection {i} tcp socket\naddresses {i} 127.0.0.1:4000 127.0.0.1:80\n"
                           f"connected {i} {i}000000-{i}001000\nclosed {i} {i}990000 0 0" for i in range(1, 6))
        server = "\n".join(f"connection {10 + i} tcp accept created={i}900000\n"
                           f"addresses {10 + i} 127.0.0.1:80 127.0.0.1:4000" for i in range(1, 6))
        self.assertEqual({(1, i): (2, 10 + i) for i in range(1, 6)},
                         {k: v for k, v in self.pairs(client, server).items() if k[0] == 1})

    def test_accepted_late(self):
        client = ("connection 1 tcp socket\naddresses 1 127.0.0.1:4000 127.0.0.1:80\nconnected 1 2000-3000\n"
                  "closed 1 4000 9 0")
        for accepted, found in [(300_000_000, True), (2_000_000_000, False)]:
            with self.subTest(accepted=accepted):
                server = f"connection 2 tcp accept created={accepted}\naddresses 2 127.0.0.1:80 127.0.0.1:4000"
                self.assertEqual(found, bool(self.pairs(client, server)))

    def test_loopback_of_another_network(self):
        for address, found in [("127.0.0.1", False), ("10.0.0.1", True)]:
            with self.subTest(address=address):
                client = f"network 7\nconnection 1 tcp socket\naddresses 1 {address}:4000 {address}:80"
                server = f"network 8\nconnection 2 tcp accept\naddresses 2 {address}:80 {address}:4000"
                self.assertEqual(found, bool(self.pairs(client, server)))

    def test_another_machine(self):
        for kind, first, second, found in [
                ("tcp", "127.0.0.1:4000 127.0.0.1:80", "127.0.0.1:80 127.0.0.1:4000", False),
                ("tcp", "10.0.0.1:4000 10.0.0.2:80", "10.0.0.2:80 10.0.0.1:4000", True),
                ("udp", "0.0.0.0:4000 10.0.0.2:80", "10.0.0.2:80 10.0.0.1:4000", False),
                ("unixgram", "@a @b", "@b @a", False)]:
            with self.subTest(kind=kind, addresses=first):
                client = f"connection 1 {kind} socket inode=7 cookie=7\naddresses 1 {first}"
                server = f"boot 9\nconnection 2 {kind} accept inode=8 cookie=7\naddresses 2 {second}\nunix_peer 2 7 1"
                self.assertEqual(found, bool(self.pairs(client, server)))
                if kind != "unixgram":
                    self.assertTrue(self.pairs(client, server.replace("boot 9", "").replace("cookie=7", "cookie=8")))

    def test_datagrams_to_one_socket(self):
        clients = "\n".join(f"connection {i} udp socket\naddresses {i} 127.0.0.1:400{i} 127.0.0.1:53" for i in (1, 2))
        server = ("connection 1 udp socket\nconnection 2 udp peer parent=1\naddresses 2 0.0.0.0:53 127.0.0.1:4001\n"
                  "connection 3 udp peer parent=1\naddresses 3 0.0.0.0:53 127.0.0.1:4002")
        self.assertEqual({(1, 1): (2, 2), (1, 2): (2, 3), (2, 2): (1, 1), (2, 3): (1, 2)}, self.pairs(clients, server))

    def test_names_of_datagram_sockets(self):
        client = "connection 1 unixgram socket\naddresses 1 @client /run/log"
        server = "connection 1 unixgram socket\nconnection 2 unixgram peer parent=1\naddresses 2 /run/log @client"
        self.assertEqual({(1, 1): (2, 2), (2, 2): (1, 1)}, self.pairs(client, server))

    def test_inodes(self):
        client = "connection 1 unix socket inode=10\naddresses 1 ? /run/x\nconnected 1 2000-3000\nunix_peer 1 0 77"
        for server, found in [("connection 2 unix accept inode=20\nunix_peer 2 10 1", True),
                              ("connection 2 unix accept inode=20\nunix_peer 2 11 1", False)]:
            with self.subTest(server=server):
                rows = self.rows(client, server)
                self.assertEqual((2, 2, 20) if found else (77, None, None),
                                 tuple(rows[1, 1][k] for k in ("peer_pid", "peer_connection", "peer_inode")))

    def connects(self, *starts, more=""):
        return more + "\n".join(f"connection {i} unix socket inode={i}\naddresses {i} ? /run/x\n"
                                f"connected {i} {start}-{start + 10}" for i, start in enumerate(starts, 1))

    def accepts(self, *ends, pid=1, name="/run/x"):
        return "\n".join(f"connection {i} unix accept created={end}\naddresses {i} {name} ?\nunix_peer {i} 0 {pid}"
                         for i, end in enumerate(ends, 1))

    def test_order_of_connects_and_accepts(self):
        for starts, ends, found in [
                ([1000, 2000, 3000], [1100, 2100, 3100], {1: 1, 2: 2, 3: 3}),
                ([1000, 2000, 3000], [2100, 2200, 3100], {3: 3}),       # two waited at a time
                ([1000, 2000, 3000, 4000], [2100, 3100, 4100, 4200], {}),  # and never none
                ([1000, 2000], [900, 2100], {}),                        # one was accepted before, one never
                ([1000, 2000], [1100], {1: 1})]:
            with self.subTest(starts=starts, ends=ends):
                pairs = self.pairs(self.connects(*starts), self.accepts(*ends))
                self.assertEqual({(1, c): (2, s) for c, s in found.items()}, {k: v for k, v in pairs.items() if k[0] == 1})
                self.assertEqual({(2, s): (1, c) for c, s in found.items()}, {k: v for k, v in pairs.items() if k[0] == 2})

    def test_order_does_not_tell(self):
        for server in [self.accepts(1100, pid=7), self.accepts(1100, name="/run/y"),
                       self.accepts(1100) + "\nunix_peer 1 99 1"]:
            with self.subTest(server=server):
                self.assertEqual({}, self.pairs(self.connects(1000), server))
        for more in ["blind 1\n", "lost_records 1\n"]:
            with self.subTest(client=more):
                self.assertEqual({}, self.pairs(self.connects(1000, more=more), self.accepts(1100)))

    def test_order_beside_what_the_kernel_said(self):
        client = self.connects(1000, 2000)
        self.assertEqual({(1, 1): (2, 1), (1, 2): (2, 2)},
                         {k: v for k, v in self.pairs(client, self.accepts(2100, 2200) + "\nunix_peer 2 2 1").items()
                          if k[0] == 1}, "the one that waited beside a known one")

    def test_many_datagram_senders_and_a_socket_without_a_peer(self):
        senders = "\n".join(f"connection {i} unixgram socket inode={i}\nunix_peer {i} 50 0" for i in (1, 2))
        self.assertEqual({}, self.pairs(senders, "connection 9 unixgram socket inode=50"))
        self.assertEqual({(1, 1): (2, 9), (2, 9): (1, 1)},
                         self.pairs(senders, "connection 9 unixgram socket inode=50\nunix_peer 9 1 0"))

    def test_the_one_of_several_processes_that_moved_most(self):
        client = "connection 1 tcp socket\naddresses 1 127.0.0.1:4000 127.0.0.1:80"
        parent = "connection 2 tcp accept cookie=5\naddresses 2 127.0.0.1:80 127.0.0.1:4000\nclosed 2 9000 0 0"
        child = "connection 2 tcp forked cookie=5 parent=2\n3 recv 2 10000-20000 100\nclosed 2 30000 0 100"
        self.assertEqual((3, 2), self.pairs(client, parent, child)[1, 1])
        self.assertEqual((3, 2), self.pairs(client, parent, child, options=["--pid", "1"])[1, 1])
        self.assertEqual((1, 1), self.pairs(client, parent, child)[3, 2])

    def test_offsets_of_a_socket_that_was_passed(self):
        passer = "connection 2 unix accept cookie=5\n1 recv 2 2000-3000 100\n1 send 2 3000-4000 30\n"
        for script, taker, shifts in [
                (passer, "connection 7 unix found cookie=5 created=5000", (30, 100)),
                (passer + "1 recv 2 6000-7000 1\n", "connection 7 unix found cookie=5 created=5000", (30, None)),
                (passer, "connection 7 unix found cookie=6 created=5000", (None, None)),
                ("", "connection 7 tcp found created=5000 sent=3 received=4 offsets", (0, 0))]:
            with self.subTest(passer=script, taker=taker):
                row = self.rows(script, taker + "\n2 recv 7 5000-6000 10")[2, 7]
                self.assertEqual(shifts, (row["sent_shift"], row["received_shift"]))
        row = self.rows(passer, "connection 7 unix found cookie=5 created=5000", options=["--pid", "2"])[2, 7]
        self.assertEqual((None, None), (row["sent_shift"], row["received_shift"]), "its events were not read")

    def test_text(self):
        client = "connection 1 tcp socket\naddresses 1 127.0.0.1:4000 127.0.0.1:80\nconnected 1 2000-3000"
        server = "connection 2 tcp accept created=3000\naddresses 2 127.0.0.1:80 127.0.0.1:4000"
        self.rows(client, server)
        text = harness.run([harness.COMMAND, "connections", "--width", "200", self.folder / "recording1"]).stdout
        self.assertRegex(text, r"1#1 +127\.0\.0\.1:80 +2#2 p2 ")
        self.assertRegex(text, r"2#2 +127\.0\.0\.1:4000 +1#1 p1 ")


if __name__ == "__main__":
    harness.main()
