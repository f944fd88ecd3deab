# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls with frames above 64,000 bytes, which RPyC sends in three writes; prints how many of them took
longer than 30 ms: rpyc_client.py PORT.

Whether a connection's calls stall is much the same for all of them, so there are several connections.
"""

import os
import sys
import time

import rpyc

CONNECTIONS, CALLS = 2, 5
SIZES = [65000, 100000, 130000]

stalled = 0
for size in SIZES * CONNECTIONS:
    connection = rpyc.connect("127.0.0.1", int(sys.argv[1]))
    data = os.urandom(size)
    measure = connection.root.size
    for _ in range(CALLS):
        start = time.perf_counter()
        if measure(data) != size:
            sys.exit("not what was sent")
        stalled += time.perf_counter() - start > 0.030
    connection.close()
print(stalled)
