# SPDX-License-Identifier: GPL-3.0-or-later
"""The CPython interpreters of this machine that the tests are run with."""

import functools
import glob
import os
import re
import subprocess

PLACES = ["/usr/bin/python3", "/usr/bin/python3-dbg", "~/.pyenv/versions/3.*/bin/python3", "/usr/local/bin/python3"]
OLDEST, NEWEST = (3, 8), (3, 14)


@functools.lru_cache(maxsize=None)
def version(python):
    """"3.11.2", "3.11.2-debug"; empty if it cannot be run."""
    code = "import platform, sys; print(platform.python_version() + '-debug' * hasattr(sys, 'gettotalrefcount'))"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def found():
    """Their paths, one of each version."""
    paths = {}
    for place in PLACES:
        for path in sorted(glob.glob(os.path.expanduser(place))):
            number = tuple(map(int, re.findall(r"\d+", version(path))[:2]))
            if OLDEST <= number <= NEWEST:
                paths.setdefault(version(path), path)
    return list(paths.values())
