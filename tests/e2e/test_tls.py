#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real clients and servers of three TLS libraries: what they say must be what the same say without TLS."""

import contextlib
import pathlib
import textwrap

import harness

NGINX_CONFIGURATION = """
daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 256; }}
http {{
	access_log access.log;
	client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp;
	uwsgi_temp_path temp; scgi_temp_path temp;
	ssl_certificate cert.pem;
	ssl_certificate_key key.pem;
	ssl_protocols TLSv1.2 TLSv1.3;
	server {{
		listen 127.0.0.1:{plain};
		listen 127.0.0.1:{tls} ssl;
		server_name localhost;
		root .;
		location / {{ return 200 "hello\\n"; }}
		location /page {{ }}
	}}
}}
"""

# The interpreter that Debian's packages are for.
PYTHON = "/usr/bin/python3"

# Of what is the same with TLS and without.
SAME = ["role", "status", "bytes_sent", "bytes_received"]


def libraries(pattern):
    folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]
    return [str(p) for f in folders for p in sorted(pathlib.Path(f).glob(pattern))]


class Tls(harness.TestCase):
    def setUp(self):
        super().setUp()
        harness.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                     "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost",
                     "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], cwd=self.folder)
        (self.folder / "page").write_text("x" * 100000)
        self.certificate = self.folder / "cert.pem"

    @contextlib.contextmanager
    def nginx(self, **options):
        """nginx with and without TLS: its two ports."""
        plain, tls = harness.free_port(), harness.free_port()
        (self.folder / "nginx.conf").write_text(NGINX_CONFIGURATION.format(plain=plain, tls=tls))
        with harness.server(["nginx", "-p", f"{self.folder}/", "-c", "nginx.conf", "-e", "error.log"],
                            ("127.0.0.1", tls), **options):
            yield plain, tls

    def script(self, text):
        path = self.folder / "script.py"
        path.write_text(textwrap.dedent(text))
        return path

    def trips(self, recording):
        """The chosen words of each round trip over TCP, in order of time."""
        trips = [t for t in recording.lines("trips") if t["transport"] == "tcp"]
        return [{k: t[k] for k in SAME} for t in sorted(trips, key=lambda t: t["start_ns"])]

    def tls_connection(self, recording):
        """The only connection that speaks TLS."""
        found = [c for c in recording.json("connections") if c["tls"]]
        self.assertEqual(1, len(found), found)
        return found[0]

    def check_same(self, command, count):
        """command(scheme, port) gives the same round trips over TLS; returns the recording of that."""
        with self.nginx() as (plain, tls):
            without, done = self.record(*command("http", plain), cwd=self.folder)
            within, done_within = self.record(*command("https", tls), cwd=self.folder)
        self.assertEqual(done.stdout.replace(str(plain), str(tls)), done_within.stdout)
        expected = self.trips(without)
        self.assertEqual(count, len(expected))
        self.assertEqual(expected, self.trips(within))
        self.assertEqual({"localhost"}, {t["host"] for t in within.lines("trips") if t["transport"] == "tcp"})
        c = self.tls_connection(within)
        self.assertGreater(c["wire_bytes_received"], c["bytes_received"])
        self.assertGreater(c["wire_bytes_sent"], c["bytes_sent"])
        self.assertEqual(sum(t["bytes_received"] for t in expected), c["bytes_received"])
        self.assertEqual(0, within.summary()["lost_events"])
        return within

    def test_curl(self):
        def command(scheme, port):
            return ["curl", "-sS", "--http1.1", "--cacert", self.certificate, "-A", "x",
                    *[f"{scheme}://localhost:{port}/{p}" for p in ("", "page", "again")], "-o", "/dev/null",
                    "-o", "/dev/null", "-o", "/dev/null", "-w", "%{size_download} %{http_code}\n"]

        recording = self.check_same(command, 3)
        c = self.tls_connection(recording)["tls"]
        self.assertEqual("localhost", c["server_name"])
        self.assertEqual("TLS 1.3", c["version"])
        self.assertEqual("OpenSSL", c["library"])
        self.assertEqual("http/1.1", c["alpn"])
        self.assertIs(False, c["resumed"])
        self.assertEqual(0, c["error"] or 0)
        first, *others = sorted(recording.lines("trips"), key=lambda t: t["start_ns"])
        self.assertGreater(first["handshake_ns"], 0)
        self.assertEqual([None] * 2, [t["handshake_ns"] for t in others])

    def test_python_requests(self):
        if harness.run([PYTHON, "-c", "import requests"], status=None).returncode:
            self.skipTest("python3-requests is not installed")
        script = self.script("""
            import requests, sys
            s = requests.Session()
            s.trust_env = False
            for page in ["", "page", "page"]:
                r = s.get(sys.argv[1] + page, verify=sys.argv[2])
                print(r.status_code, len(r.content))
            """)
        self.check_same(lambda scheme, port: [PYTHON, script, f"{scheme}://localhost:{port}/", self.certificate], 3)

    def test_nginx(self):
        """The server's side of the same exchanges."""
        recordings = []
        for scheme in ["http", "https"]:
            folder = self.new_folder()
            with self.nginx(env=harness.preload_env(folder)) as ports:
                port = ports[scheme == "https"]
                harness.run(["curl", "-sS", "--http1.1", "--cacert", self.certificate, "-A", "x", "-o", "/dev/null",
                             "-o", "/dev/null", f"{scheme}://localhost:{port}/", f"{scheme}://localhost:{port}/page"])
            recordings.append(harness.Recording(folder))
        plain, tls = (self.trips(r) for r in recordings)
        self.assertEqual(2, len(plain))
        self.assertEqual({"server"}, {t["role"] for t in plain})
        # The ports of the two runs are not always of one length; they are in the request (Host).
        for one, other in zip(plain, tls):
            self.assertAlmostEqual(one.pop("bytes_received"), other.pop("bytes_received"), delta=2)
        self.assertEqual(plain, tls)
        c = self.tls_connection(recordings[1])["tls"]
        self.assertEqual("localhost", c["server_name"])
        self.assertEqual("server", c["role"])

    def test_wget(self):
        """GnuTLS; a new connection for each, as nginx does not keep those of HTTP/1.0."""
        if "GnuTLS" not in (done := harness.run(["wget", "--version"]).stdout) and "+ssl/gnutls" not in done:
            self.skipTest("wget without GnuTLS")
        recording = self.check_same(
            lambda scheme, port: ["wget", "-q", "-O-", f"--ca-certificate={self.certificate}",
                                  f"{scheme}://localhost:{port}/", f"{scheme}://localhost:{port}/page"], 2)
        c = self.tls_connection(recording)["tls"]
        self.assertEqual(("GnuTLS", "localhost", "TLS 1.3"), (c["library"], c["server_name"], c["version"]))

    def test_libraries_that_come_late(self):
        """dlopen() with RTLD_LOCAL: neither curl nor its TLS library is in the program's scope."""
        names = {"libcurl.so.4": "OpenSSL", "libcurl-gnutls.so.4": "GnuTLS", "libcurl-nss.so.4": "NSS"}
        found = 0
        for name, tls in names.items():
            if not libraries(name):
                continue
            found += 1
            with self.subTest(library=tls):
                recording = self.check_same(lambda scheme, port, name=name: [
                    harness.program("late"), name, self.certificate, f"{scheme}://localhost:{port}/page"], 1)
                c = self.tls_connection(recording)["tls"]
                self.assertEqual((tls, "localhost", "TLS 1.3"), (c["library"], c["server_name"], c["version"]))
        self.assertGreater(found, 0)

    def test_asyncio(self):
        """The program carries the bytes between socket and library itself."""
        script = self.script("""
            import asyncio, ssl, sys

            async def main(scheme, port, certificate):
                context = ssl.create_default_context(cafile=certificate) if scheme == "https" else None
                reader, writer = await asyncio.open_connection("localhost", int(port), ssl=context)
                for page in ["", "page", "again"]:
                    writer.write(f"GET /{page} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n".encode())
                    await writer.drain()
                    head = await reader.readuntil(b"\\r\\n\\r\\n")
                    length = int(head.split(b"Content-Length: ")[1].split(b"\\r")[0])
                    print(len(await reader.readexactly(length)))
                writer.close()
                await writer.wait_closed()

            asyncio.run(main(*sys.argv[1:]))
            """)
        self.check_same(lambda scheme, port: [PYTHON, script, scheme, port, self.certificate], 3)

    def test_start_tls(self):
        """What was said before is in the same stream, and so are its round trips."""
        script = self.script("""
            import socket, ssl, sys, threading

            def serve(listener):
                connection = listener.accept()[0]
                for answer in [b"220 yes\\n", b"220 go ahead\\n"]:
                    connection.recv(100)
                    connection.send(answer)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(sys.argv[1], sys.argv[2])
                connection = context.wrap_socket(connection, server_side=True)
                while data := connection.recv(100):
                    connection.send(data.upper() * 2)
                connection.close()

            with socket.create_server(("127.0.0.1", 0)) as listener:
                thread = threading.Thread(target=serve, args=[listener])
                thread.start()
                s = socket.create_connection(listener.getsockname())
                for question in [b"HELO\\n", b"STARTTLS\\n"]:
                    s.send(question)
                    s.recv(100)
                context = ssl.create_default_context(cafile=sys.argv[1])
                s = context.wrap_socket(s, server_hostname="localhost")
                for question in [b"one", b"three"]:
                    s.send(question)
                    s.recv(100)
                s.close()
                thread.join()
            """)
        recording, _ = self.record(PYTHON, script, self.certificate, self.folder / "key.pem")
        trips = [t for t in recording.lines("trips") if t["role"] == "client"]
        trips.sort(key=lambda t: t["start_ns"])
        self.assertEqual([(5, 8), (9, 13), (3, 6), (5, 10)],
                         [(t["bytes_sent"], t["bytes_received"]) for t in trips])
        # In clear text 5 and 9 bytes were sent, 8 and 13 received.
        events = [e for e in recording.calls() if e["connection"] == trips[0]["connection"]]
        self.assertEqual([14, 17], [e["offset"] for e in events if e["call"] in ("SSL_write", "SSL_write_ex")])
        self.assertEqual([21, 27], [e["offset"] for e in events if e["call"] in ("SSL_read", "SSL_read_ex")])
        self.assertEqual([False, False, True, False], [t["handshake_ns"] is not None for t in trips])

    def test_both_ends_of_one_stream(self):
        """An offset means the same byte in the client's recording and in the server's."""
        folder = self.new_folder()
        with self.nginx(env=harness.preload_env(folder)) as (_, tls):
            client, _ = self.record("curl", "-sS", "--http1.1", "--cacert", self.certificate, "-o", "/dev/null",
                                    "-o", "/dev/null", f"https://localhost:{tls}/", f"https://localhost:{tls}/page")
        server = harness.Recording(folder)

        def ends(recording, *calls):
            """How far the stream was after each call that moved bytes of it."""
            return {e["offset"] + e["result"] for e in recording.calls(*calls) if e["result"] > 0}

        self.assertEqual(2, len(ends(client, "SSL_write")))
        self.assertLessEqual(ends(client, "SSL_write"), ends(server, "SSL_read"))
        self.assertLessEqual({max(ends(server, "SSL_write"))}, ends(client, "SSL_read"))

    def test_handshake_that_fails(self):
        with self.nginx() as (_, tls):
            recording, done = self.record("curl", "-sS", f"https://localhost:{tls}/", status=60)
        self.assertIn("SSL certificate problem", done.stderr)
        c = self.tls_connection(recording)
        self.assertEqual(("certificate verify failed", "EPROTO"), (c["tls"]["reason"], c["tls"]["error"]))
        self.assertIn("certificate verify failed", recording.text("connections"))

    def test_resumed(self):
        script = self.script("""
            import socket, ssl, sys
            context = ssl.create_default_context(cafile=sys.argv[2])
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            session = None
            for _ in range(2):
                with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s, \\
                        context.wrap_socket(s, server_hostname="localhost", session=session) as t:
                    t.sendall(b"GET / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n")
                    while t.recv(10000):
                        pass
                    session = t.session
                    print(t.session_reused)
            """)
        with self.nginx() as (_, tls):
            recording, done = self.record(PYTHON, script, tls, self.certificate)
        connections = [c["tls"] for c in recording.json("connections") if c["tls"]]
        self.assertEqual(["False", "True"], done.stdout.split())
        self.assertEqual({False, True}, {c["resumed"] for c in connections})
        self.assertEqual({"TLS 1.2"}, {c["version"] for c in connections})

    def test_threads(self):
        """Sessions of many threads are not mixed up: each asks for a length of its own."""
        script = self.script("""
            import http.client, ssl, sys, threading
            context = ssl.create_default_context(cafile=sys.argv[2])

            def work(number):
                c = http.client.HTTPSConnection("localhost", int(sys.argv[1]), context=context)
                for _ in range(20):
                    c.request("GET", "/" + "x" * number)
                    c.getresponse().read()

            threads = [threading.Thread(target=work, args=[n * 10]) for n in range(8)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            """)
        with self.nginx() as (_, tls):
            recording, _ = self.record(PYTHON, script, tls, self.certificate)
        by_thread = {}
        for t in recording.lines("trips"):
            by_thread.setdefault((t["tid"], t["connection"]), []).append(t["bytes_sent"])
        self.assertEqual([20] * 8, [len(sizes) for sizes in by_thread.values()])
        self.assertEqual([1] * 8, [len(set(sizes)) for sizes in by_thread.values()])
        sizes = sorted(s[0] for s in by_thread.values())
        self.assertEqual([10 * n for n in range(8)], [s - sizes[0] for s in sizes])

    def test_through_a_proxy_reached_by_tls(self):
        """A session above another one: what counts is what the program says in the end."""
        proxy = self.script("""
            import socket, ssl, sys, threading
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[2], sys.argv[3])

            def copy(source, target):
                try:
                    while data := source.recv(65536):
                        target.sendall(data)
                except OSError:
                    pass

            def serve(connection):
                client = context.wrap_socket(connection, server_side=True)
                head = b""
                while b"\\r\\n\\r\\n" not in head:
                    head += client.recv(1000)
                host, port = head.split()[1].decode().split(":")
                server = socket.create_connection((host, int(port)))
                client.sendall(b"HTTP/1.1 200 go ahead\\r\\n\\r\\n")
                client.settimeout(0.05)
                server.settimeout(0.05)
                closed = []
                while not closed:
                    for source, target in [(client, server), (server, client)]:
                        try:
                            data = source.recv(65536)
                            if data:
                                target.sendall(data)
                            else:
                                closed.append(source)
                        except TimeoutError:
                            pass
                client.close()
                server.close()

            listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
            while True:
                try:
                    serve(listener.accept()[0])
                except OSError:
                    pass
            """)
        port = harness.free_port()
        with self.nginx() as (_, tls), \
                harness.server([PYTHON, proxy, port, self.certificate, self.folder / "key.pem"], ("127.0.0.1", port)):
            recording, done = self.record(
                "curl", "-sS", "--http1.1", "--proxy", f"https://localhost:{port}", "--proxy-cacert", self.certificate,
                "--cacert", self.certificate, "-A", "x", f"https://localhost:{tls}/page", "-o", "/dev/null",
                "-w", "%{size_request} %{size_header} %{size_download}")
        request, header, body = map(int, done.stdout.split())
        trips = sorted(recording.lines("trips"), key=lambda t: t["start_ns"])
        # curl counts the CONNECT and its answer among both sizes.
        self.assertEqual(request, trips[0]["bytes_sent"] + trips[-1]["bytes_sent"])
        self.assertEqual(header + body, trips[0]["bytes_received"] + trips[-1]["bytes_received"])

    def test_two_versions_in_one_process(self):
        """Each plugin's calls reach the library that it brought, wherever both come to lie."""
        arguments = [harness.program("versions"), *[str(harness.PROGRAMS / "tls" / f"plugin-{v}.so")
                                                    for v in ("0x302", "0x304")]]
        plain = harness.run(arguments)
        recording, traced = self.preload(*arguments)
        self.assertEqual(plain.stdout, traced.stdout)
        self.assertEqual(["302", "304", "302", "304", "302", "304"], plain.stdout.split()[:6])
        self.assertEqual(12, len(recording.calls("SSL_connect")))
        self.assertEqual([8] * 12, [e["result"] for e in recording.calls("SSL_write")])
        self.assertEqual([6] * 12, [e["result"] for e in recording.calls("SSL_read")])
        self.assertEqual([], recording.calls("SSL_do_handshake"))  # the library called itself

    def test_calls_within_calls(self):
        """Callbacks and signal handlers use other sockets and sessions, or jump out of the call; sessions change sockets."""
        reads = {"signal": (9, 1), "session": (9, 9), "jump": (1, 1), "clear": (9, 1)}
        for case, expected in reads.items():
            with self.subTest(case=case):
                recording, done = self.preload(harness.program("within"), case)
                for fd, count in zip(map(int, done.stdout.split()), expected):
                    calls = [e for e in recording.calls() if e["fd"] == fd]
                    results = {name: [e["result"] for e in calls if e["call"] == name]
                               for name in ("SSL_connect", "SSL_write", "SSL_read")}
                    writes = 9 if fd == int(done.stdout.split()[0]) else count
                    self.assertEqual({"SSL_connect": [0], "SSL_write": [8] * writes, "SSL_read": [6] * count}, results)
                self.assertEqual(2, len([c for c in recording.json("connections") if c["tls"]]))

    def test_handshake_is_the_first_call_of_a_process(self):
        """Its bytes are not taken for the program's."""
        recording, _ = self.preload(harness.program("forked"))
        child = [c for c in recording.json("connections") if c["tls"]]
        self.assertEqual([(1, 8, 6, 13, 6)], [(c["round_trips"], c["bytes_sent"], c["bytes_received"], c["wire_bytes_sent"],
                                               c["wire_bytes_received"]) for c in child])

    def test_plaintext_by_functions_that_are_not_recorded(self):
        """The summary says why there are no round trips, and where."""
        recording, _ = self.preload(harness.program("mute"))
        self.assertEqual(1, recording.summary()["tls"]["unseen_plaintext_connections"])
        self.assertIn("plaintext of TLS that is not seen on 1 connection, without round trips",
                      " ".join(recording.text("summary", status=None).split()))

    def test_program_that_looks_for_a_library_it_has_not(self):
        """It finds us by name; the call fails, as it has to."""
        script = self.script("""
            import ctypes
            library = ctypes.CDLL(None, use_errno=True)
            print(library.PR_Read(None, None, 0), library.gnutls_handshake(None), ctypes.get_errno())
            """)
        _, done = self.preload(PYTHON, script)
        self.assertEqual(["-1", "-59", "0"], done.stdout.split())


if __name__ == "__main__":
    harness.main()
