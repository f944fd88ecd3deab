# SPDX-License-Identifier: GPL-3.0-or-later
"""sockets_server.py PORT: answers each line with as many bytes as it says, until the first client
that asked for something is gone; prints how many it answered."""

import socket
import sys

answered = 0
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    while not answered:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            for line in lines:
                connection.sendall(b"z" * int(line))
                answered += 1
print(answered)
