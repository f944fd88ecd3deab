#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of HTTP against nginx, whose log has their requests, connections and bytes."""

import os
import re
import shutil

import compat
import harness
import nginx
from compat import tcp

LOG = "nginx's log"
CURL = ("curl", "--version")


class Clients(compat.TestCase):
    def as_logged(self, server, *arguments):
        """Records a client of the server, whose log has the same figures: (figures, the finished program)."""
        server.forget()
        found, _, done = self.watch(tcp(server.port), *arguments)
        self.assertEqual(server.figures(), found)
        return found, done

    @compat.row("curl", "HTTP, 8 files on one connection", LOG, version=CURL, needs=["nginx"])
    def test_curl(self):
        with nginx.running(self.folder) as server:
            command = ["curl", "-s", "-o", "/dev/null", "-w", "%{size_header} %{size_download}\n",
                       f"http://{tcp(server.port)}/page[1-8]"]
            found, done = self.as_logged(server, *command)
            self.assertEqual(found.bytes_received, sum(map(int, done.stdout.split())))
            self.assertEqual((1, 8), (found.connections, found.round_trips))
            self.measure_command(*command)

    @compat.row("curl --parallel", "HTTP, 40 requests", LOG, version=CURL, needs=["nginx"])
    def test_curl_parallel(self):
        with nginx.running(self.folder) as server:
            command = ["curl", "-s", "--parallel", "--parallel-max", "8", "-o", "/dev/null",
                       f"http://{tcp(server.port)}/page[1-8]?[1-5]"]
            found, _ = self.as_logged(server, *command)
            self.assertEqual(40, found.round_trips)
            self.measure_command(*command)

    @compat.row("wget", "HTTP, 8 files on one connection", LOG, version=("wget", "--version"), needs=["nginx"])
    def test_wget(self):
        with nginx.running(self.folder) as server:
            command = ["wget", "-q", "-O", "/dev/null", *(f"http://{tcp(server.port)}/page{i}" for i in range(1, 9))]
            found, _ = self.as_logged(server, *command)
            self.assertEqual((1, 8), (found.connections, found.round_trips))
            self.measure_command(*command)

    @compat.row("wrk", "HTTP, 2 threads, 10 connections, a second", "its own count", version=("wrk", "--version"),
                needs=["nginx"])
    def test_wrk(self):
        """What was under way when wrk stopped is pending."""
        with nginx.running(self.folder) as server:
            command = ["wrk", "-t", "2", "-c", "10", "-d", "1s", f"http://{tcp(server.port)}/hello"]
            found, _, done = self.watch(tcp(server.port), *command)
            printed = int(re.search(r"(\d+) requests in", done.stdout)[1])
            self.assertEqual(printed, found.round_trips - found.pending)
            self.assertEqual(10, found.connections)
            self.assertLessEqual(found.pending, 10)
            self.assertLessEqual(printed, server.figures().round_trips)
            self.assertLessEqual(server.figures().round_trips, found.round_trips)
            self.measure(lambda environment: wrk_seconds(command, environment))

    @compat.row("git", "clone over HTTP, from git http-backend behind nginx", LOG, version=("git", "--version"),
                needs=["nginx", "fcgiwrap"])
    def test_git(self):
        work, bare, copy = self.folder / "work", self.folder / "repository.git", self.folder / "copy"
        sock = str(self.folder / "fcgi.sock")
        identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        harness.run(["git", "init", "-q", work])
        (work / "file").write_bytes(os.urandom(200_000))
        harness.run(["git", "-C", work, "add", "file"])
        harness.run(["git", "-C", work, *identity, "commit", "-q", "-m", "one"])
        harness.run(["git", "clone", "-q", "--bare", work, bare])
        location = f"""location /git/ {{
			include /etc/nginx/fastcgi_params;
			fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
			fastcgi_param GIT_PROJECT_ROOT {self.folder};
			fastcgi_param GIT_HTTP_EXPORT_ALL 1;
			fastcgi_param HTTP_GIT_PROTOCOL $http_git_protocol;
			fastcgi_param PATH_INFO /repository.git$git_path;
			fastcgi_pass unix:{sock};
		}}"""
        more = "map $uri $git_path { ~^/git(?<rest>/.*)$ $rest; }"
        with harness.server(["fcgiwrap", "-s", "unix:" + sock], sock), \
                nginx.running(self.folder, locations=location, more=more) as server:
            os.chmod(sock, 0o777)
            command = ["git", "clone", "-q", f"http://{tcp(server.port)}/git/", copy]
            found, _ = self.as_logged(server, *command)
            self.assertEqual((work / "file").read_bytes(), (copy / "file").read_bytes())
            self.assertGreaterEqual(found.round_trips, 3)

            def clone(environment):
                shutil.rmtree(copy)
                harness.run(command, env=environment)
            self.measure(clone)


def wrk_seconds(command, environment):
    """Seconds a request, as wrk printed its rate."""
    return 1 / float(re.search(r"Requests/sec:\s+([\d.]+)", harness.run(command, env=environment).stdout)[1])


if __name__ == "__main__":
    harness.main()
