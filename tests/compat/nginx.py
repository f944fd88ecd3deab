# SPDX-License-Identifier: GPL-3.0-or-later
"""A private nginx and what its log says: requests, connections, bytes without TLS."""

import contextlib
import dataclasses
import os
import socket
import ssl

import compat
import harness

CONFIGURATION = """
daemon off;
{user}
worker_processes {workers};
pid nginx.pid;
error_log error.log;
events {{ worker_connections 512; }}
http {{
	log_format counted '$pid $connection $request_length $bytes_sent $status $uri';
	access_log access.log counted;
	client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp;
	uwsgi_temp_path temp; scgi_temp_path temp;
	keepalive_requests 1000000;
	server {{
		listen 127.0.0.1:{port} {tls};
		{certificate}
		root {folder}/pages;
		location /hello {{ return 200 "hello\\n"; }}
		{locations}
	}}
	{more}
}}
"""

SETTLING = "/settled"  # a path that no test asks for


@dataclasses.dataclass
class Server:
    """An nginx of one worker; when it has ended, of any number."""
    folder: object
    port: int
    tls: bool

    def settle(self):
        """nginx writes a request's line after its response: what it answers now comes after the lines of all before."""
        with contextlib.suppress(ConnectionRefusedError), \
                socket.create_connection(("127.0.0.1", self.port)) as s:
            context = ssl.create_default_context(cafile=self.folder / "certificate.pem") if self.tls else None
            with context.wrap_socket(s, server_hostname="localhost") if context else s as stream:
                stream.sendall(f"GET {SETTLING} HTTP/1.0\r\n\r\n".encode())
                while stream.recv(4096):
                    pass

    def requests(self):
        """(worker's pid, connection, bytes of the request, bytes of the response, status, path) of each request."""
        rows = []
        for line in (self.folder / "access.log").read_text().splitlines():
            pid, connection, request, response, status, path = line.split(" ", 5)
            if path == SETTLING:
                continue
            rows.append((int(pid), int(connection), int(request), int(response), int(status), path))
        return rows

    def figures(self):
        """The log's counts as a client saw them; each connection is seen by the requests on it."""
        self.settle()
        rows = self.requests()
        return compat.Figures(len({(r[0], r[1]) for r in rows}), len(rows), 0, sum(r[2] for r in rows),
                              sum(r[3] for r in rows))

    def forget(self):
        """Empties the log."""
        self.settle()
        os.truncate(self.folder / "access.log", 0)


def add_pages(folder, count=8):
    """Files page1 (10,000 bytes), page2 (20,000 bytes) and so on."""
    (folder / "pages").mkdir(exist_ok=True)
    for i in range(1, count + 1):
        (folder / "pages" / f"page{i}").write_bytes(b"x" * 10000 * i)


@contextlib.contextmanager
def running(folder, *, prefix=(), env=None, workers=1, tls=False, locations="", more=""):
    """prefix: words before nginx's own; more: further blocks of the configuration's http block."""
    port = harness.free_port()
    add_pages(folder)
    files = ""
    if tls:
        key, certificate = compat.certificate(folder)
        files = f"ssl_certificate {certificate}; ssl_certificate_key {key};"
    (folder / "nginx.conf").write_text(CONFIGURATION.format(
        user="user www-data;" if os.getuid() == 0 else "", workers=workers, port=port, folder=folder,
        tls="ssl" if tls else "", certificate=files, locations=locations, more=more))
    arguments = [*prefix, "nginx", "-p", f"{folder}/", "-c", "nginx.conf", "-e", "error.log"]
    with harness.server(arguments, ("127.0.0.1", port), env=env):
        yield Server(folder, port, tls)
