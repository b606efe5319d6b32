# keyboard.py - everything without a pointer: shortcuts, and the way from opening a file to its exported numbers
# SPDX-License-Identifier: GPL-3.0-or-later
import contextlib
import csv
import re
import subprocess
import time

import pyatspi

import tensors
from definition import definition
from window import SAMPLE, SCRATCH, TABLES, Window, nodes, run, wait

OVERVIEW, WEIGHTS, MAP = "Zero weights", "Sparsity by threshold", "model.layers.0."
# What GTK and libadwaita put into their own lists, and areas that only scroll.
LIBRARY_ROLES, LIBRARY_NAMES = ("list", "list item", "scroll pane"), ("GtkListItemWidget",)
PLAIN = re.compile(r"^(|Gtk\w+|Adw\w+|Sp[A-Z]\w+)$")


def unnamed(window):
    """What takes the focus and does not say what it is."""
    return [f"{node.getRoleName()} '{node.name}' in {node.parent.getRoleName()} '{node.parent.name}'"
            for node in nodes(window.app, TABLES)
            if node.getState().contains(pyatspi.STATE_FOCUSABLE) and PLAIN.match(node.name)
            and node.getRoleName() not in LIBRARY_ROLES and node.name not in LIBRARY_NAMES]


def focused(window):
    return next(((node.getRoleName(), node.name) for node in nodes(window.app, TABLES)
                 if node.getState().contains(pyatspi.STATE_FOCUSED)), ("", ""))


def x_windows(window):
    return set(run("xdotool", "search", "--onlyvisible", "--pid", window.process.pid).split())


@contextlib.contextmanager
def dialog(window, keys, role, name):
    """A dialog opened by its keys and closed by Escape; no manager of windows gives it the focus, or takes it back."""
    main, before = window.id, x_windows(window)

    def opened():
        run("xdotool", "windowfocus", main)
        window.key(keys)
        time.sleep(1.5)
        return window.find(role, name)
    wait(f"{role} '{name}' by {keys}", opened)
    window.id = wait("its X window", lambda: list(x_windows(window) - before))[0]
    run("xdotool", "windowfocus", window.id)
    yield

    def closed():
        run("xdotool", "key", "Escape")
        time.sleep(0.5)
        return not window.find(role, name)
    wait(f"{keys}'s dialog to go", closed)
    window.id = main
    run("xdotool", "windowfocus", main)


def names_everything():
    path = SCRATCH / "experts.safetensors"
    tensors.write_f32(path, {"model.layers.0.mlp.experts.up_proj": ([2, 3, 4], [1.0] * 24)})
    window = Window(path)
    wait("a definition", lambda: definition(window))
    for keys, plot in ("ctrl+1", OVERVIEW), ("ctrl+2", WEIGHTS), ("ctrl+3", MAP):
        window.key(keys)
        window.need("image", plot)
        wait("the reading to end", lambda: not window.find("push button", "_Cancel"))
        assert not unnamed(window), f"on the page of {plot}: {unnamed(window)}"
    for keys, role, name in ("ctrl+e", "push button", "_Export…"), ("ctrl+comma", "spin button", "Threads"):
        with dialog(window, keys, role, name):
            assert not unnamed(window), f"in the dialog of {keys}: {unnamed(window)}"
    assert not window.close()
    window = Window()
    window.need("push button", "_Open File")
    assert not unnamed(window), f"on the welcome page: {unnamed(window)}"
    assert not window.close()


def has_shortcuts():
    window = Window(SAMPLE)
    wait("a definition", lambda: definition(window))
    for keys, plot in ("ctrl+3", MAP), ("ctrl+2", WEIGHTS), ("ctrl+1", OVERVIEW):
        window.key(keys)
        window.need("image", plot)
    for digit in range(5, 10):
        window.key(f"ctrl+{digit}")
    assert window.find("image", OVERVIEW), "there is no fifth page, so the first stays"
    for keys, role, name in ("F9", "entry", "Filter tensors"), ("shift+F9", "slider", "|w| ≤ ε"):
        assert window.find(role, name)
        window.key(keys)
        wait(f"{keys} to hide {name}", lambda: not window.find(role, name))
        window.key(keys)
        window.need(role, name)
    window.key("F9", "ctrl+f")
    window.need("entry", "Filter tensors")
    window.type("layers.3.self_attn.q")
    wait("one tensor alone", lambda: window.row("model.layers.3.self_attn.q_proj.weight") and not window.row("layer 0"))
    window.key("Escape")
    wait("all of them", lambda: window.row("layer 0"))
    for keys, role, name in ("ctrl+question", "label", "Show or hide the tensors"), ("ctrl+comma", "spin button", "Threads"):
        with dialog(window, keys, role, name):
            pass
    subprocess.run(["xdotool", "key", "--window", window.id, "ctrl+q"], check=False)
    assert wait("the program to end", lambda: window.process.poll() is not None and [window.process.returncode]) == [0]
    Window.running.remove(window)


def asks_for_a_place(window):
    """The newest window, GTK's own file chooser, which shows folders or recent files until a path begins."""
    window.focus_newest()
    window.key("slash")
    return focused(window)[0] == "text"


def type_path(window, path, what):
    time.sleep(1.2)
    wait("an entry for a path", lambda: asks_for_a_place(window))
    window.enter(str(path))
    window.key("Return")
    wait(what, lambda: window.ids()[-1] != window.id)


def works_without_a_pointer():
    """Opens a file, reads, sets a threshold, exports the table: with keys alone."""
    path, out, eps = SCRATCH / "typed.safetensors", SCRATCH / "typed.csv", 0.5
    values = [i / 64 for i in range(64)]
    tensors.write_f32(path, {"model.layers.0.mlp.up_proj.weight": ([8, 8], values)})
    window = Window()
    main = window.id
    window.need("push button", "_Open File")
    window.key("ctrl+o")
    type_path(window, path, "the file chooser to go")
    window.id = main
    run("xdotool", "windowfocus", main)
    wait("the file's numbers", lambda: definition(window) == (1, 64, 0.0))
    window.key("ctrl+2")
    window.need("image", WEIGHTS)
    for _ in range(60):
        if focused(window) == ("text", "|w| ≤ ε"):
            break
        window.key("Tab")
    assert focused(window) == ("text", "|w| ≤ ε"), f"Tab does not come to the threshold but to {focused(window)}"
    window.key("ctrl+a")
    window.type(str(eps))
    window.key("Return")
    wait("the exact count", lambda: definition(window) == (33, 64, eps))
    window.key("ctrl+e")
    window.need("push button", "_Export…")
    time.sleep(1.2)
    window.focus_newest()
    window.key("Return")
    type_path(window, out, "the file chooser to go")
    wait("the table", lambda: out.exists() and out.stat().st_size > 0)
    row, = csv.DictReader(out.read_text().splitlines())
    assert (row["tensor"], int(row["near_zero"])) == ("model.layers.0.mlp.up_proj.weight", 33), row
    window.id = main
    assert not window.close()
