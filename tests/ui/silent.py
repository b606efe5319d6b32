# silent.py - what the window takes of the processor, where nothing asks it for more than a person does
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import pathlib
import time

from window import Window


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Silent(Window):
    """Without the accessibility bus, as where nothing listens to it; only keys and the pointer reach it."""

    def __init__(self, *paths):
        super().__init__(*paths, GTK_A11Y="none", SPARSOSCOPE_TRACE="1")

    def find_app(self):
        return True


def wait_for_rest(pid):
    """Until a second passes with next to no work done."""
    before = -1.0
    while cpu_seconds(pid) - before > 0.03:
        before = cpu_seconds(pid)
        time.sleep(1)
