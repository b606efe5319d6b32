# narrow.py - a window as wide as a phone: it can be that narrow, everything is within it, and comes back when it is wide
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re

import pyatspi

from definition import definition
from dumps import DUMP
from explore import export
from selection import pick_neuron, row_label
from window import GALLERY, SAMPLE, SCRATCH, TABLES, Missed, Window, nodes, run, wait

PHONE = 360
OVERVIEW, WEIGHTS = "Zero weights", "Sparsity by threshold"


def least_width(window):
    """What it tells the manager of windows, in pixels of the X window."""
    return int(re.search(r"minimum size: (\d+) by", run("xprop", "-id", window.id, "WM_NORMAL_HINTS"))[1])


def width(window):
    return int(re.search(r"WIDTH=(\d+)", run("xdotool", "getwindowgeometry", "--shell", window.id))[1])


def narrow_down(window):
    """As a drag does: it cannot be narrower than its wide header before that has changed."""
    window.resize(540, 760)
    wait("the header to change", lambda: least_width(window) <= PHONE)
    window.resize(PHONE, 760)
    assert width(window) == PHONE, width(window)


def outside(window):
    """What reaches over an edge, and is not in something that scrolls."""
    boxes = [(node, window.box(node)) for node in nodes(window.app, (*TABLES, "scroll pane"))
             if node.getState().contains(pyatspi.STATE_SHOWING)]
    return [f"{node.getRoleName()} '{node.name}' from {x} to {x + wide}" for node, (x, _, wide, _) in boxes
            if wide > 0 and (x < 0 or x + wide > PHONE)]


def right(window, node):
    x, _, wide, _ = window.box(node)
    return x + wide


def top(window, node):
    return window.box(node)[1]


def shows_all(window, what):
    try:
        wait(f"all of {what} within the window", lambda: not outside(window), 5)
    except Missed as error:
        raise Missed(f"{error}: {outside(window)}") from None


def tells_errors_narrowly():
    bad = SCRATCH / "broken.safetensors"
    bad.write_bytes(b"\xff" * 64)
    window = Window(bad)
    window.need("push button", "_Retry")
    narrow_down(window)
    shows_all(window, "an error")
    sentence = window.need("label", "broken.safetensors")
    assert window.box(sentence)[2] > PHONE / 2, "the sentence has room for its words"
    assert top(window, window.need("push button", "_Retry")) > top(window, sentence), "what can be done stands below it"
    window.picture(GALLERY / "narrow-error.png")
    assert not window.close()


def is_narrow():
    tells_errors_narrowly()
    window = Window()
    window.need("push button", "_Open File")
    narrow_down(window)
    shows_all(window, "the welcome page")
    window.picture(GALLERY / "narrow-welcome.png")
    assert not window.close()
    window = Window(SAMPLE)
    wait("a definition", lambda: definition(window))
    narrow_down(window)
    for keys, page, plot in (("ctrl+1", "overview", OVERVIEW), ("ctrl+2", "weights", WEIGHTS), ("ctrl+3", "map", "model.layers.0.")):
        window.key(keys)
        window.need("image", plot)
        shows_all(window, page)
        window.picture(GALLERY / f"narrow-{page}.png")
    assert not window.find("push button", "Export"), "it is in the menu"
    window.key("ctrl+2")
    window.press(window.need("push button", "Parameters (Shift+F9)"))
    assert right(window, window.need("slider", "|w| ≤ ε")) <= PHONE
    window.press(window.need("push button", "Tensors (F9)"))
    wait("one pane at a time", lambda: not window.find("slider", "|w| ≤ ε"))
    window.picture(GALLERY / "narrow-tensors.png")
    window.key("F9")
    export(window, SCRATCH / "narrow.csv")
    window.resize(1210, 790)
    window.need("push button", "Export")
    assert window.find("slider", "|w| ≤ ε") and window.find("entry", "Filter tensors"), "both panes as before"
    assert not window.close()


def speaks_german():
    """Longer words than English has: none is cut, on a phone or on a small screen, and units are words too."""
    window = Window(SAMPLE.parent / "activations", LANGUAGE="de", SPARSOSCOPE_LOCALE_DIR=os.environ["SPARSOSCOPE_TRANSLATIONS"])
    window.need("push button", "Überlappung")
    window.resize(800, 760)
    pages = {"Neuronen": "Feuerhäufigkeit", "Überlappung": "In einem Fenster aktiv"}
    for page, plot in pages.items():
        window.press(window.need("push button", page))
        window.need("image", plot)
        window.picture(GALLERY / f"german-800-{page}.png")
    narrow_down(window)
    for page, plot in pages.items():
        window.key(f"ctrl+{2 if page == 'Neuronen' else 3}")
        window.need("image", plot)
        tab, menu = (lambda name=name: window.need("push button", name) for name in (plot, "Alle Diagramme"))
        wait(f"all of '{plot}' before the menu", lambda: right(window, tab()) <= window.box(menu())[0])
        shows_all(window, page)
        window.picture(GALLERY / f"german-360-{page}.png")
    assert not window.close()


def folds():
    """What has no room beside the middle lies over it; nothing is ever drawn under a pane that stays."""
    window = Window(SAMPLE)
    wait("a definition", lambda: definition(window))
    window.key("ctrl+2")
    for wide, has_tensors in ((940, True), (800, False), (720, False), (940, True)):
        window.resize(wide, 760)
        wait(f"the tensors at {wide}: {has_tensors}", lambda: bool(window.find("entry", "Filter tensors")) == has_tensors)
        slider = window.need("slider", "|w| ≤ ε")
        wait("the plot beside the parameters", lambda: right(window, window.need("image", WEIGHTS)) <= window.box(slider)[0], 5)
        window.picture(GALLERY / f"folds-{wide}.png")
    window.resize(800, 760)
    wait("the tensors to give way", lambda: not window.find("entry", "Filter tensors"))
    window.key("shift+F9")
    window.need("entry", "Filter tensors")
    assert not window.close()
    window = Window(DUMP)
    wait("the layers", lambda: window.row("2"))
    window.key("ctrl+2")
    _, neuron = pick_neuron(window)
    tokens = f"Most active tokens of neuron {neuron}"
    assert top(window, window.need("label", tokens)) < top(window, row_label(window, "0")), "beside the table"
    narrow_down(window)
    shows_all(window, "a neuron's tokens")
    assert top(window, window.need("label", tokens)) > top(window, row_label(window, "0")), "below the table"
    window.picture(GALLERY / "narrow-neuron.png")
    assert not window.close()
