# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls an RPyC service and counts its frames itself: rpyc_client.py PORT; prints frames sent and received."""

import collections
import sys

import rpyc.core.channel

frames = collections.Counter()


class Channel(rpyc.core.channel.Channel):
    def send(self, data):
        frames["sent"] += 1
        super().send(data)

    def recv(self):
        data = super().recv()
        frames["received"] += 1
        return data


rpyc.core.channel.Channel = rpyc.utils.factory.Channel = Channel
connection = rpyc.connect("127.0.0.1", int(sys.argv[1]))
for i in range(50):
    assert connection.root.add(i, 1) == i + 1
assert len(connection.root.big(1_000_000)) == 1_000_000
connection.close()
print(frames["sent"], frames["received"])
