#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL, MariaDB, Redis and memcached, clients and servers, against what the servers count themselves."""

import contextlib
import os
import pathlib
import re
import shutil
import socket

import compat
import harness
import redis
import relay
from compat import tcp

POSTGRES = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
PSQL = ("psql", "--version")
PGBENCH = ("pgbench", "--version")
BENCH_CLIENTS, BENCH_TRANSACTIONS = 8, 25


class Postgres(compat.TestCase):
    def owned(self, path):
        """The same path, as the server's own and nobody else's to write."""
        os.chmod(path, 0o755 if os.path.isdir(path) else 0o600)
        if os.getuid() == 0:
            shutil.chown(path, "postgres", "postgres")
        return path

    @contextlib.contextmanager
    def server(self, prefix=(), env=None, tls=False):
        """A private cluster: (port, its log)."""
        if not POSTGRES:
            self.skipTest("postgresql is not installed")
        data, log = self.folder / "cluster", self.folder / "cluster.log"
        user = compat.demote("postgres")
        if not data.exists():
            data.mkdir()
            self.owned(self.folder)
            self.owned(data)
            harness.run([POSTGRES[0] / "initdb", "-D", data, "-U", "test", "-A", "trust", "--no-sync"], cwd=self.folder,
                        **user)
        port = harness.free_port()
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder,
                    "fsync": "off", "log_statement": "all"}
        if tls:
            for name, source in zip(("ssl_key_file", "ssl_cert_file"), compat.certificate(self.folder)):
                settings[name] = self.owned(shutil.copy(source, data))
            settings["ssl"] = "on"
        with open(log, "w") as output, \
                harness.server([*prefix, POSTGRES[0] / "postgres", "-D", data,
                                *(word for k, v in settings.items() for word in ("-c", f"{k}={v}"))],
                               ("127.0.0.1", port), env=env, cwd=self.folder, stderr=output, **user):
            yield port, log

    def bench(self, host, port):
        """pgbench's command, each of whose transactions is seven statements."""
        return ["pgbench", "-n", "-h", host, "-p", port, "-U", "test", "-c", BENCH_CLIENTS, "-j", 2,
                "-t", BENCH_TRANSACTIONS, "sslmode=disable dbname=postgres"]

    def fill(self, port):
        harness.run(["pgbench", "-i", "-q", "-h", self.folder, "-p", port, "-U", "test", "postgres"])

    def bench_seconds(self, command, environment):
        """Seconds a transaction, as pgbench prints it."""
        return 1 / float(re.search(r"tps = ([\d.]+)", harness.run(command, env=environment).stdout)[1])

    def check_log(self, found, log, done):
        """The server logged each statement; a log-in is a round trip more, Terminate one that is never answered."""
        statements = log.read_text().count("LOG:  statement: ")
        self.assertEqual(statements, found.round_trips - found.pending - found.connections)
        self.assertEqual(found.connections, found.pending)
        processed, = re.findall(r"actually processed: (\d+)/", done.stdout) or [0]
        return int(processed), statements

    def ask(self, port, tls="disable"):
        """psql's command: ten statements, of which the last ones have large answers."""
        queries = [word for i in range(10) for word in ("-c", f"SELECT repeat('x', {i * 1000})")]
        return ["psql", "-X", "-q", "-h", "127.0.0.1", "-p", port, "-U", "test", *queries,
                f"sslmode={tls} dbname=postgres"]

    @compat.row("psql", "TCP, 10 statements", "the server's log, a relay's count", version=PSQL)
    def test_psql(self):
        with self.server() as (port, log), relay.between(("127.0.0.1", port)) as wire:
            found, _, done = self.watch(tcp(wire.port), *self.ask(wire.port))
            self.assertEqual((0, 10), self.check_log(found, log, done))
            self.assertEqual(wire.figures(), found)
            self.measure_command(*self.ask(wire.port))

    @compat.row("psql", "TLS, 10 statements", "the same without TLS, the server's log", version=PSQL, needs=["openssl"])
    def test_psql_tls(self):
        """TLS begins after a request for it of 8 bytes, and its answer of one."""
        with self.server(tls=True) as (port, log):
            recording, _ = self.record(*self.ask(port))
            plain = compat.figures(recording, tcp(port))
            os.truncate(log, 0)
            found, recording, _ = self.watch(tcp(port), *self.ask(port, tls="require"))
            self.assertEqual(10, log.read_text().count("LOG:  statement: "))
            self.assertEqual(plain + compat.Figures(0, 1, 0, 8, 1), found)
            self.assertEqual(["TLS 1.3"], [c["tls"]["version"] for c in recording.json("connections")])
            self.measure_command(*self.ask(port, tls="require"))

    @compat.row("pgbench", f"TCP, {BENCH_CLIENTS} connections, 2 threads", "its own count, the server's log",
                version=PGBENCH)
    def test_pgbench(self):
        with self.server() as (port, log):
            self.fill(port)
            os.truncate(log, 0)
            command = self.bench("127.0.0.1", port)
            found, _, done = self.watch(tcp(port), *command)
            processed, statements = self.check_log(found, log, done)
            self.assertEqual(BENCH_CLIENTS * BENCH_TRANSACTIONS, processed)
            # It asks beforehand for the scale and whether tables are partitioned, on a connection of its own.
            self.assertEqual(BENCH_CLIENTS + 1, found.connections)
            self.assertEqual(7 * processed + 2, statements)
            self.measure(lambda environment: self.bench_seconds(command, environment))

    @compat.row("pgbench", f"Unix socket, {BENCH_CLIENTS} connections, 2 threads", "its own count, the server's log",
                version=PGBENCH)
    def test_pgbench_unix(self):
        with self.server() as (port, log):
            self.fill(port)
            os.truncate(log, 0)
            command = self.bench(self.folder, port)
            found, _, done = self.watch(f"{self.folder}/.s.PGSQL.{port}", *command)
            processed, statements = self.check_log(found, log, done)
            self.assertEqual(BENCH_CLIENTS * BENCH_TRANSACTIONS, processed)
            self.assertEqual((BENCH_CLIENTS + 1, 7 * processed + 2), (found.connections, statements))
            self.measure(lambda environment: self.bench_seconds(command, environment))

    @compat.row("postgres", "the server of pgbench: a process a connection", "its log, a relay's count",
                version=(*map(str, [p / "postgres" for p in POSTGRES] or ["postgres"]), "--version"))
    def test_server(self):
        """Each backend, forked from a process that accepted, has the trace of its connection."""
        data = self.new_folder()
        prefix = [harness.COMMAND, "record", "-q", "-o", data, "--"]
        with self.server(prefix=prefix) as (port, log), relay.between(("127.0.0.1", port)) as wire:
            self.fill(port)
            os.truncate(log, 0)
            harness.run(self.bench("127.0.0.1", wire.port))
            passed = wire.figures()
            statements = log.read_text().count("LOG:  statement: ")
        recording = harness.Recording(data)
        found = compat.figures(recording, tcp(port), role="server")
        self.assertEqual(statements, found.round_trips - found.pending - found.connections)
        self.assertEqual(passed, found.other_end())
        self.saw(recording, found)

        def each(environment):
            with self.server(env=environment) as (port, _):
                return self.bench_seconds(self.bench("127.0.0.1", port), {})
        self.measure(each)


class MariaDB(compat.TestCase):
    @contextlib.contextmanager
    def server(self, prefix=(), env=None):
        """A private server: (port, path of its Unix socket)."""
        data, path = self.folder / "data", f"{self.folder}/mariadb.sock"
        user = compat.demote("mysql")
        if not data.exists():
            data.mkdir()
            if user:
                shutil.chown(self.folder, "mysql", "mysql")
                shutil.chown(data, "mysql", "mysql")
            harness.run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--tmpdir={self.folder}",
                         "--auth-root-authentication-method=normal", "--skip-test-db"], **user)
        port = harness.free_port()
        with harness.server([*prefix, "mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={path}",
                             f"--tmpdir={self.folder}", "--bind-address=127.0.0.1", f"--port={port}",
                             "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=8M"],
                            ("127.0.0.1", port), env=env, **user):
            yield port, path

    def status(self, path):
        """Counters of the server, by name."""
        done = harness.run(["mariadb", "--no-defaults", "-S", path, "-uroot", "-N", "-B", "-e", "SHOW GLOBAL STATUS"])
        return {k: int(v) for k, v in re.findall(r"^(\w+)\t(\d+)$", done.stdout, re.M)}

    def queries(self, *where):
        """A command of ten statements."""
        text = "".join(f"SELECT REPEAT('x', {i * 1000});" for i in range(10))
        return ["mariadb", "--no-defaults", *where, "-uroot", "-B", "-e", text]

    def ask(self, where):
        for _ in range(5):
            harness.run(self.queries("-h", "127.0.0.1", "-P", where[0]))

    @compat.row("mariadb", "TCP, 10 statements", "the server's counters, a relay's count",
                version=("mariadb", "--version"), needs=["mariadbd"])
    def test_client(self):
        with self.server() as (port, path), relay.between(("127.0.0.1", port)) as wire:
            command = self.queries("-h", "127.0.0.1", "-P", wire.port)
            before = self.status(path)
            found, _, _ = self.watch(tcp(wire.port), *command)
            after = self.status(path)
            self.assertEqual(10, after["Com_select"] - before["Com_select"])
            # The log-in is a round trip; Quit is one that is never answered.
            self.assertEqual((10 + 2, 1), (found.round_trips, found.pending))
            self.assertEqual(wire.figures(), found)
            self.measure_command(*command)


    @compat.row("mariadb", "Unix socket, 10 statements", "the server's counters, a relay's count",
                version=("mariadb", "--version"), needs=["mariadbd"])
    def test_client_unix(self):
        with self.server() as (_, path), relay.between(path, f"{self.folder}/relay.sock") as wire:
            command = self.queries("-S", wire.address)
            before = self.status(path)
            found, _, _ = self.watch(wire.address, *command)
            after = self.status(path)
            self.assertEqual(10, after["Com_select"] - before["Com_select"])
            self.assertEqual(wire.figures(), found)
            self.assertEqual((1, 10 + 2, 1), (found.connections, found.round_trips, found.pending))
            self.measure_command(*command)

    @compat.row("mariadbd", "the server, a thread a connection", "a relay's count",
                version=("mariadbd", "--version"), needs=["mariadb"])
    def test_server(self):
        data = self.new_folder()
        with self.server(prefix=[harness.COMMAND, "record", "-q", "-o", data, "--"]) as (port, path), \
                relay.between(("127.0.0.1", port)) as wire:
            self.ask((wire.port, path))
            self.assertEqual(50, self.status(path)["Com_select"])
            passed = wire.figures()
        recording = harness.Recording(data)
        found = compat.figures(recording, tcp(port), role="server")
        self.assertEqual(passed, found.other_end())
        self.assertEqual(5, found.connections)
        self.saw(recording, found)
        self.measure_server(lambda environment: self.server(env=environment), self.ask)


class Redis(compat.TestCase):
    def benchmark(self, server, *options):
        """Records redis-benchmark: (figures, what the server was asked, bytes it read)."""
        command = ["redis-benchmark", "-p", server.port, "-q", *options]
        server.reset_counters()
        empty = server.info("stats")
        found, _, _ = self.watch(tcp(server.port), *command)
        full, asked = server.info("stats"), server.commands()
        question = len(b"*2\r\n$4\r\nINFO\r\n$5\r\nstats\r\n")
        read = int(full["total_net_input_bytes"]) - int(empty["total_net_input_bytes"]) - question
        self.measure_command(*command)
        return found, asked, read

    @compat.row("redis-benchmark", "50 connections, -P 16", "INFO commandstats and stats",
                version=("redis-benchmark", "--version"), needs=["redis-server"])
    def test_pipelining(self):
        """Each request of a batch is a round trip, those that were not captured too."""
        with redis.running(self.folder) as server:
            found, asked, read = self.benchmark(server, "-t", "get", "-n", 32000, "-c", 50, "-P", 16)
            self.assertEqual(32000, asked["get"])
            self.assertEqual(read, found.bytes_sent)
            self.assertEqual(sum(asked.values()), found.round_trips)

    @compat.row("redis-benchmark", "50 connections, --threads 2", "INFO commandstats and stats",
                version=("redis-benchmark", "--version"), needs=["redis-server"])
    def test_threads(self):
        with redis.running(self.folder) as server:
            found, asked, read = self.benchmark(server, "-t", "get", "-n", 10000, "-c", 50, "--threads", 2)
            self.assertEqual(read, found.bytes_sent)
            self.assertEqual(sum(asked.values()), found.round_trips)

    @compat.row("redis-server", "the server of 50 connections", "INFO commandstats and stats",
                version=("redis-server", "--version"), needs=["redis-benchmark"])
    def test_server(self):
        data = self.new_folder()
        prefix = [harness.COMMAND, "record", "-q", "-o", data, "--"]
        benchmark = ["redis-benchmark", "-t", "get,set", "-n", 10000, "-c", 50, "-q"]
        with redis.running(self.folder, prefix=prefix) as server:
            harness.run([*benchmark, "-p", server.port])
            read = int(server.info("stats")["total_net_input_bytes"])
            asked = server.commands()
        recording = harness.Recording(data)
        found = compat.figures(recording, tcp(server.port), role="server")
        # The server read its own INFO stats before it answered; we asked for its commandstats thereafter.
        asking = [len(f"*2\r\n$4\r\nINFO\r\n${len(word)}\r\n{word}\r\n") for word in ("stats", "commandstats")]
        self.assertEqual(read, found.bytes_received - asking[1])
        self.assertEqual(20000, asked["get"] + asked["set"])
        # Two CONFIG GET that travel together, and two INFO.
        self.assertEqual(20000 + 2 + 2, found.round_trips)
        self.saw(recording, found)

        def each(environment):
            with redis.running(self.folder, env=environment) as server:
                done = harness.run([*benchmark, "-p", server.port, "--csv"])
                return sum(1 / float(rate) for rate in re.findall(r'^"[A-Z]+","([\d.]+)"', done.stdout, re.M))
        self.measure(each)


class Memcached(compat.TestCase):
    CLIENT = """
import sys
from pymemcache.client.base import Client
client = Client(("127.0.0.1", int(sys.argv[1])))
for i in range(100):
    client.set(f"key{i}", "x" * i, noreply=False)
    assert client.get(f"key{i}") == b"x" * i
client.close()
"""

    @contextlib.contextmanager
    def server(self, prefix=(), env=None):
        """Its port."""
        port = harness.free_port()
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        with harness.server([*prefix, "memcached", "-l", "127.0.0.1", "-p", port, "-U", "0", *user],
                            ("127.0.0.1", port), env=env):
            yield port

    def status(self, port):
        """The server's counters, by name."""
        with socket.create_connection(("127.0.0.1", port)) as s, s.makefile("rb") as answers:
            s.sendall(b"stats\r\n")
            rows = iter(answers.readline, b"END\r\n")
            fields = (row.decode().split() for row in rows)
            return {name: int(value) for _, name, value in fields if value.isdigit()}

    def ask(self, port):
        for _ in range(4):
            harness.run([compat.PYTHON, "-c", self.CLIENT, port])

    @compat.row("memcached", "the server, 4 threads, without rights", "its statistics", version=("memcached", "-V"))
    def test_server(self):
        data = self.new_folder()
        with self.server(prefix=[harness.COMMAND, "record", "-q", "-o", data, "--"]) as port:
            self.ask(port)
            status = self.status(port)
        recording = harness.Recording(data)
        found = compat.figures(recording, tcp(port), role="server")
        self.assertEqual((400, 400), (status["cmd_get"], status["cmd_set"]))
        # Beside the four clients there was one that asked for the statistics; its answer is not in them.
        self.assertEqual((5, 800 + 1), (found.connections, found.round_trips))
        self.assertEqual(status["bytes_read"], found.bytes_received)
        self.saw(recording, found)
        self.measure_server(lambda environment: self.server(env=environment), self.ask)

    @compat.row("pymemcache", "200 commands to memcached", "its statistics",
                version=compat.python_module("pymemcache"), needs=["memcached"])
    def test_client(self):
        with self.server() as port:
            command = [compat.PYTHON, "-c", self.CLIENT, port]
            before = self.status(port)
            found, _, _ = self.watch(tcp(port), *command)
            after = self.status(port)
            self.assertEqual((1, 200), (found.connections, found.round_trips))
            self.assertEqual((100, 100), (after["cmd_get"], after["cmd_set"]))
            self.assertEqual(after["bytes_read"] - before["bytes_read"] - len(b"stats\r\n"), found.bytes_sent)
            self.measure_command(*command)


if __name__ == "__main__":
    harness.main()
