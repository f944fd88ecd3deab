# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes RPyC count the turns of each of its connections: requests that follow what was said before by this side."""

import os

import rpyc.core.channel
import rpyc.utils.factory
import rpyc.utils.server


class Channel(rpyc.core.channel.Channel):
    """first: the call by which this side's turn begins.  Adds a line to the file TURNS when it closes."""
    first = "send"

    def __init__(self, stream):
        super().__init__(stream)
        self.turns, self.last = 0, None

    def count(self, call):
        self.turns += call == self.first and self.last != call
        self.last = call

    def send(self, data):
        self.count("send")
        super().send(data)

    def recv(self):
        data = super().recv()
        self.count("recv")
        return data

    def close(self):
        if self.turns:
            with open(os.environ["TURNS"], "a", buffering=1) as report:
                report.write(f"{self.turns}\n")
            self.turns = 0
        super().close()


for module in (rpyc.utils.factory, rpyc.utils.server, rpyc.core.channel):
    module.Channel = Channel
