# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls an RPyC service: rpyc_client.py PORT; writes its turns to the file TURNS."""

import sys

import rpyc_turns  # noqa: F401, replaces the channel before it is used
import rpyc

connection = rpyc.connect("127.0.0.1", int(sys.argv[1]))
for i in range(50):
    assert connection.root.add(i, 1) == i + 1
assert len(connection.root.big(1_000_000)) == 1_000_000
connection.close()
