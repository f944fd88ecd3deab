#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""forking.py CHILDREN: forks while other threads send; the children send too, from threads as well."""

import os
import socket
import sys
import threading
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
stop = False


def busy(a, b):
    while not stop:
        a.send(b"parent")
        b.recv(6)


def in_child(a, b):
    for _ in range(5):
        a.send(b"child")
        b.recv(5)


def child():
    in_child(*socket.socketpair())
    thread = threading.Thread(target=in_child, args=socket.socketpair())
    thread.start()
    thread.join()
    os._exit(0)


def main():
    global stop
    threads = [threading.Thread(target=busy, args=socket.socketpair()) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(int(sys.argv[1])):
        pid = os.fork()
        if not pid:
            child()
        if os.waitpid(pid, 0)[1]:
            sys.exit(1)
    stop = True
    for thread in threads:
        thread.join()


main()
