# SPDX-License-Identifier: GPL-3.0-or-later
"""An RPyC service: rpyc_server.py ThreadedServer|ForkingServer PORT; writes its turns to the file TURNS."""

import sys

import rpyc_turns
import rpyc
import rpyc.utils.server


class Service(rpyc.Service):
    def exposed_add(self, a, b):
        return a + b

    def exposed_big(self, size):
        return bytes(size)


rpyc_turns.Channel.first = "recv"
getattr(rpyc.utils.server, sys.argv[1])(Service, hostname="127.0.0.1", port=int(sys.argv[2])).start()
