# SPDX-License-Identifier: GPL-3.0-or-later
"""Libraries that send for call_sites.py, those of them that are installed; the profile function takes the stacks."""

import asyncio
import http.client
import http.server
import os
import socket
import ssl
import subprocess
import threading
import urllib.request

import reference
from reference import mark_unseen as mark


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what is in the path or the body."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(self.path[1:].encode())

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def http_clients(folder):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connection = http.client.HTTPConnection(*server.server_address)
        for _ in range(20):
            connection.request("POST", "/", body=mark())
            connection.getresponse().read()
        connection.close()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        for _ in range(5):
            urllib.request.urlopen(urllib.request.Request(url, data=mark())).read()
        try:
            import requests
        except ImportError:
            pass
        else:
            with requests.Session() as session:
                for _ in range(10):
                    session.post(url, data=mark())
        server.shutdown()


def multi_line_calls(folder):
    left, right = socket.socketpair()

    def note(a, b):
        return b
    for _ in range(30):
        left.send(
            mark())
        (left
         .send(
             note(1,
                  mark())
         ))
        note([left.send(b) for b in
              (mark(),)],
             left.send(
                 mark()))
        right.recv(4096)


def asyncio_streams(folder):
    async def serve(reader, writer):
        while True:
            data = await reader.readline()
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    async def talk(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(20):
            writer.write(mark() + b"\n")
            await reader.readline()
        writer.close()

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        await asyncio.gather(*(talk(port) for _ in range(4)))
        server.close()
    asyncio.run(main())


def certificate(folder):
    path = os.path.join(folder, "certificate.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path + ".key", "-out", path,
                    "-days", "2", "-subj", "/CN=localhost"], check=True, stderr=subprocess.DEVNULL,
                   env={k: v for k, v in os.environ.items() if k != "LD_PRELOAD"})
    return path


def tls_sockets(folder):
    path = certificate(folder)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path, path + ".key")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    left, right = socket.socketpair()

    def serve():
        with server.wrap_socket(right, server_side=True) as peer:
            while True:
                data = peer.recv(4096)
                if not data:
                    break
                peer.sendall(data)
    thread = threading.Thread(target=serve)
    thread.start()
    with client.wrap_socket(left) as s:
        for _ in range(40):
            s.send(mark())
            s.recv(4096)
            s.sendall(mark())
            s.recv(4096)
    thread.join()


def greenlets(folder):
    from greenlet import greenlet
    left, right = socket.socketpair()

    def ping():
        for _ in range(10):
            left.send(mark())
            pong_greenlet.switch()

    def pong():
        while True:
            (lambda: left.send(mark()))()
            ping_greenlet.switch()
    ping_greenlet, pong_greenlet = greenlet(ping), greenlet(pong)
    ping_greenlet.switch()


def gevent_server(folder):
    import gevent
    import gevent.server
    import gevent.socket

    def serve(peer, _):
        while True:
            data = peer.recv(100)
            if not data:
                break
            peer.sendall(data)

    def talk():
        with gevent.socket.create_connection(server.address) as s:
            for _ in range(20):
                s.sendall(mark())
                s.recv(100)
    server = gevent.server.StreamServer(("127.0.0.1", 0), serve)
    server.start()
    gevent.joinall([gevent.spawn(talk) for _ in range(10)])
    server.stop()


def remote_calls(folder):
    import rpyc

    class Service(rpyc.Service):
        def exposed_back(self, call, value):
            return call(value)
    connection = rpyc.connect_thread(remote_service=Service)
    for _ in range(20):
        connection.root.back(lambda value: value, mark())
    connection.close()


def run(folder):
    for function in (multi_line_calls, http_clients, asyncio_streams, tls_sockets, greenlets, gevent_server,
                     remote_calls):
        reference.kind = function.__name__
        with reference.profiled():
            try:
                function(folder)
            except ImportError:
                continue
