# SPDX-License-Identifier: GPL-3.0-or-later
"""An RPyC service that measures what it gets: rpyc_server.py PORT."""

import sys

import rpyc
from rpyc.utils.server import ThreadedServer


class Sizes(rpyc.Service):
    def exposed_size(self, data):
        return len(data)


ThreadedServer(Sizes, hostname="127.0.0.1", port=int(sys.argv[1])).start()
