#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at random moments: every trace is readable and holds all calls that returned.

The program counts its calls in a file it shares with this test; of each thread the
trace may hold one call more (made, not counted yet), and none less.
"""

import mmap
import os
import random
import struct
import subprocess
import time

import format_reader
import harness

TRIES = 200
THREADS = 3
LONGEST_S = 0.03


class Kill(harness.TestCase):
    def killed_once(self, folder, delay_s):
        """Returns what the program counted: {tid: calls}."""
        counters = self.folder / "counters"
        counters.write_bytes(bytes(16 * THREADS))
        with open(counters, "r+b") as file, mmap.mmap(file.fileno(), 16 * THREADS) as shared:
            child = subprocess.Popen([harness.program("killed"), counters, str(THREADS)],
                                     env={**os.environ, **harness.preload_env(folder)})
            try:
                harness.wait_until(lambda: child.poll() is not None or any(shared[:16]), "the first thread")
                self.assertIsNone(child.poll(), "the program ended on its own")
                time.sleep(delay_s)
            finally:
                child.kill()
                child.wait()
            counts = struct.iter_unpack("<QQ", shared[:])
            return {tid: calls for tid, calls in counts if tid}

    def test_every_call_that_returned_is_in_the_trace(self):
        seed = random.randrange(1 << 32)
        print(f"# seed {seed}")
        moments = random.Random(seed)
        for number in range(TRIES):
            folder = self.new_folder()
            counts = self.killed_once(folder, moments.random() * LONGEST_S)
            recording = harness.Recording(folder)
            with self.subTest(number=number):
                rows = recording.json("threads")
                rows = rows if isinstance(rows, list) else rows["threads"]
                calls = {row["tid"]: row["calls"] for row in rows}
                for tid, counted in counts.items():
                    self.assertIn(calls.get(tid, 0), (counted, counted + 1), f"calls of thread {tid}")
                if number % 20 == 0:
                    trace = format_reader.Trace(recording.files()[0])
                    self.assertEqual(0, trace.header["ended_monotonic_ns"])
                    self.assertEqual(sum(calls.values()), len(trace.events))
            for file in recording.files():
                file.unlink()


if __name__ == "__main__":
    harness.main()
