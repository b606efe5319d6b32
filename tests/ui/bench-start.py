# bench-start.py - how long a person waits for the first frame of the window: least and median of five starts
# SPDX-License-Identifier: GPL-3.0-or-later
import re
import statistics
import subprocess
import os

from window import PROGRAM, SAMPLE

STARTS = 5
FRAME = re.compile(r"first frame after (\d+) ms, (\d+) ms of them CPU")


def start(*paths):
    """(wall, CPU) milliseconds until the first frame."""
    process = subprocess.Popen([PROGRAM, *map(str, paths)], env={**os.environ, "SPARSOSCOPE_TRACE": "1"},
                               stderr=subprocess.PIPE, text=True)
    found = next(found for found in map(FRAME.search, process.stderr) if found)
    process.terminate()
    process.communicate(timeout=20)
    return int(found[1]), int(found[2])


for title, paths in (("welcome page", ()), ("sample", (SAMPLE,))):
    start(*paths)
    wall, cpu = zip(*(start(*paths) for _ in range(STARTS)))
    print(f"{title}: first frame after {min(wall)} ms (median {statistics.median(wall):.0f}), "
          f"{min(cpu)} ms of CPU (median {statistics.median(cpu):.0f}), {STARTS} starts")
