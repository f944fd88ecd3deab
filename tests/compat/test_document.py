#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/compatibility.md has a row for each test of a real program, and no other."""

import importlib
import pathlib

import compat
import harness

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "compatibility.md"


class Document(harness.TestCase):
    def test_rows(self):
        for module in sorted(HERE.glob("test_*.py")):
            importlib.import_module(module.stem)
        declared = [(row.program, row.workload, row.checked) for row in compat.ROWS]
        self.assertEqual(len(declared), len(set(declared)), "rows have names of their own")
        rows = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")][2:]
        self.assertEqual(sorted(declared), sorted((row[0], row[2], row[7]) for row in rows),
                         "`scripts/compatibility --write` makes the table anew")


if __name__ == "__main__":
    harness.main()
