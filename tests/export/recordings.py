# SPDX-License-Identifier: GPL-3.0-or-later
"""Random recordings: processes, connections of all kinds, failures, stacks with recursion."""

import random

import harness

SCRIPT_TOOL = harness.PROGRAMS / "unit" / "script_tool"
LAYERS = harness.PROGRAMS / "export" / "liblayers.so"
BASE = 0x10000000


def layers():
    """(address, bytes) of the functions of liblayers.so."""
    for line in harness.run(["nm", "-S", "--defined-only", LAYERS]).stdout.splitlines():
        words = line.split()
        if len(words) == 4 and words[2] in "tT" and int(words[1], 16) > 1:
            yield int(words[0], 16), int(words[1], 16)


class Process:
    """Writes the script of one process."""

    def __init__(self, rng, pid, functions):
        self.rng = rng
        name = rng.choice(["asker", "asker", "server of things", "other;one"]).replace(" ", "-")
        self.lines = [f"process {pid} {name} 1", f"module {LAYERS} {BASE:#x}-{BASE + 0x100000:#x}"]
        self.now = 1_000_000
        self.stacks = self.make_stacks(functions)
        self.connections = [self.connect(i + 1) for i in range(rng.randint(1, 6))]
        for _ in range(rng.randint(1, 60)):
            self.ask(rng.choice(self.connections))
        self.lines.append(f"end {self.now + 1000}")

    def make_stacks(self, functions):
        def address():
            if self.rng.random() < 0.1:
                return self.rng.choice([0x1000, 0x2000, 0x7f0000000000])
            start, size = self.rng.choice(functions)
            return BASE + start + self.rng.randint(1, size)

        # From few addresses, so that they come again: in other stacks, and in the same one.
        addresses = [address() for _ in range(self.rng.randint(1, 12))]
        count = self.rng.randint(1, 10)
        for number in range(1, count + 1):
            depth = self.rng.choice([1, 2, 3, 4, 20])
            words = " ".join(f"{self.rng.choice(addresses):#x}" for _ in range(depth))
            self.lines.append(f"stack {number} {words}")
        return count

    def connect(self, number):
        kind = self.rng.choice(["tcp", "tcp6", "udp", "unix"])
        server = kind != "udp" and self.rng.random() < 0.3
        self.lines.append(f"connection {number} {kind} {'accept' if server else 'socket'}")
        if kind == "tcp" and self.rng.random() < 0.8:
            self.lines.append(f"addresses {number} 127.0.0.1:{4000 + number} 127.0.0.1:{self.rng.choice([80, 6379])}")
        return number, server, kind

    def ask(self, connection):
        number, server, _ = connection
        rng = self.rng
        stack = rng.choice([""] + [f" stack={i}" for i in range(1, self.stacks + 1)])
        first, second = ("recv", "send") if server else ("send", "recv")
        tid = rng.randint(10, 12)
        end = self.now + rng.randint(1, 5000)
        self.lines.append(f"{tid} {first} {number} {self.now}-{end} {rng.randint(1, 5000)}{stack}")
        self.now = end + rng.randint(0, 1_000_000)
        fate = rng.random()
        result = rng.randint(1, 100_000) if fate < 0.8 else "ECONNRESET" if fate < 0.9 else None
        if result is not None:
            end = self.now + rng.randint(1, 5000)
            self.lines.append(f"{tid} {second} {number} {self.now}-{end} {result}")
            self.now = end
        self.now += rng.randint(1, 100_000)


def write(folder, seed):
    """Writes a recording of one to four processes into the folder."""
    rng = random.Random(seed)
    functions = list(layers())
    folder.mkdir()
    for pid in range(100, 101 + rng.choice([0, 0, 1, 3])):
        script = folder.parent / "script"
        script.write_text("\n".join(Process(rng, pid, functions).lines) + "\n")
        harness.run([SCRIPT_TOOL, script, folder / f"{pid}.trt"])
