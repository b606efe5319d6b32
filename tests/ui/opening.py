# opening.py - the ways a file gets into a window, and out of it again
# SPDX-License-Identifier: GPL-3.0-or-later
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

import tensors
from definition import definition
from window import GALLERY, SAMPLE, SCRATCH, Missed, Window, run, wait

HERE = pathlib.Path(__file__).parent
SILU = SAMPLE.parent / "silu"


@contextlib.contextmanager
def helper(*command):
    """A program beside the window, for as long as it is needed."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def small(name):
    """A file with one matrix, 3 of whose 64 elements are 0."""
    path = SCRATCH / name
    tensors.write_f32(path, {"model.layers.0.mlp.up_proj.weight": ([8, 8], [0.0] * 3 + [1.0] * 61)})
    return path


def shows_small(window):
    return wait("the small file's numbers", lambda: definition(window) == (3, 64, 0.0))


def place(number, x, y):
    run("xdotool", "windowmove", "--sync", number, x, y)
    time.sleep(0.3)


def takes_drops():
    window = Window()
    window.need("push button", "_Explore the Sample")
    path = small("dropped.safetensors")
    with helper(pathlib.Path(os.environ["SPARSOSCOPE_DRAG_SOURCE"]), path) as source:
        number = wait("the window to drag from", lambda: subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--pid", str(source.pid)], capture_output=True, text=True).stdout.split())[0]
        place(number, 1500, 100)
        run("xdotool", "mousemove", 1600, 200, "mousedown", 1)
        for x in range(1580, 500, -40):
            run("xdotool", "mousemove", x, 300)
            time.sleep(0.03)
        time.sleep(0.5)
        run("xdotool", "mouseup", 1)
        shows_small(window)
    assert not window.close()


def tells_portals_that_fail():
    with helper(sys.executable, HERE / "portal.py") as portal:
        assert portal.stdout.readline() == "ready\n"
        window = Window(GDK_DEBUG="portals,gl-disable", GTK_USE_PORTAL="1")
        window.press(window.need("push button", "_Open File"))
        window.need("label", "The file chooser gave no file")
        assert not window.find("push button", "_Retry"), "there is nothing to try again"
        window.need("push button", "Choose _Another")
        assert not window.close()


def keeps_order():
    """Of files opened together the first comes first, also where it takes longer to read."""
    tensors.write_f32(SCRATCH / "slow.safetensors", {f"weight.{n}": ([1], [0.5]) for n in range(20000)})
    tensors.write_f32(SCRATCH / "quick.safetensors", {"weight": ([1], [0.5])})
    window = Window(SCRATCH / "slow.safetensors", SCRATCH / "quick.safetensors")
    tree = wait("the tree", lambda: min(window.tables(), key=lambda table: window.box(table)[0]))
    wait("the slow file above the quick one", lambda: window.labels(window.rows(tree)[1])[0] == "slow.safetensors")
    assert not window.close()


def opens_a_second_file():
    path = small("second.safetensors")
    with helper(sys.executable, HERE / "portal.py", path.as_uri()) as portal:
        assert portal.stdout.readline() == "ready\n"
        window = Window(SILU, GDK_DEBUG="portals,gl-disable", GTK_USE_PORTAL="1")
        first = wait("a definition", lambda: definition(window))
        window.key("ctrl+o")
        shows_small(window)
        assert window.row("silu") and window.row("second.safetensors"), "both sources stand in the tree"
        window.click_on(window.need("push button", "Main Menu"))
        window.press(window.need("menu item", "Close Source"))
        wait("the first file's numbers again", lambda: definition(window) == first)
        wait("the second to leave the tree", lambda: not window.row("second.safetensors"))
        assert not window.close()


def close_by_key(window, other):
    """A window that is new may not have the focus yet, and then does not hear the key; one that hears it goes before the key comes up."""
    def is_gone():
        return window.ids() == [window.id]

    for _ in range(3):
        run("xdotool", "windowfocus", other)
        subprocess.run(["xdotool", "key", "--window", other, "ctrl+w"])
        try:
            return wait("the other window to go", is_gone, 10)
        except Missed:
            continue
    wait("the other window to go", is_gone)


def has_windows():
    window = Window(SILU)
    first = wait("a definition", lambda: definition(window))
    window.key("ctrl+n")
    other = wait("a second window", lambda: [number for number in window.ids() if number != window.id])[0]
    window.need("push button", "_Explore the Sample")
    assert definition(window) == first, "a new window changes nothing in the old one"
    close_by_key(window, other)
    wait("the old window's numbers as they were", lambda: definition(window) == first)
    run("xdotool", "windowfocus", window.id)
    window.key("ctrl+2")
    window.need("image", "Sparsity by threshold")
    assert not window.close()


def preferences(window):
    """Opens them and gives the number of threads."""
    return window.summon("ctrl+comma", "spin button", "Threads")


def remembers():
    """Sources and preferences, over a restart; a source that went says so."""
    gone, kept, keyfile = small("soon-gone.safetensors"), small("kept.safetensors"), {"GSETTINGS_BACKEND": "keyfile"}
    window = Window(gone, kept, **keyfile)
    shows_small(window)
    wait("both files", lambda: window.row("soon-gone.safetensors") and window.row("kept.safetensors"))
    spin = preferences(window)
    spin.queryValue().currentValue = 3
    time.sleep(0.5)
    window.close()
    gone.unlink()

    window = Window(**keyfile)
    wait("word of the file that went", lambda: window.find("label", "no longer there"))
    rows = [window.box(window.need(role, name)) for role, name in
            (("push button", "_Open File"), ("push button", "Open _Folder"), ("push button", "_Explore the Sample"),
             ("label", "kept.safetensors"))]
    assert all(above[1] + above[3] <= below[1] for above, below in zip(rows, rows[1:])), f"one below the other: {rows}"
    window.picture(GALLERY / "welcome-recents.png")
    window.click_on(window.need("push button", "More Ways to Open"))
    window.press(window.need("menu item", "soon-gone"))
    window.need("label", "soon-gone.safetensors: ")
    window.click_on(window.need("label", "kept.safetensors"))
    shows_small(window)
    assert preferences(window).queryValue().currentValue == 3, "the preference is kept"
    assert not window.close()
