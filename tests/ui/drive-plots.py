# drive-plots.py - looks closer at plots the way a person does: wheel, box, drag, keys, legend, colour limits
# SPDX-License-Identifier: GPL-3.0-or-later
import sys
import time

import pyatspi

from window import GALLERY, SAMPLE, Window, nodes, run, tell, wait

RING = 5
MAP, CURVE = "model.layers.0.", "Sparsity by threshold"


def crop(window, node):
    """The pixels of a node inside the ring of the focus, which comes and goes; the pointer away."""
    window.move(2, 2)
    time.sleep(0.5)
    x, y, width, height = window.box(node)
    x, y, width, height = x + RING, y + RING, width - 2 * RING, height - 2 * RING
    stride, _, data = window.pixels()
    return b"".join(data[(row * stride + x) * 3:(row * stride + x + width) * 3] for row in range(y, y + height))


def share_different(a, b):
    return sum(a[i:i + 3] != b[i:i + 3] for i in range(0, len(a), 3)) * 3 / len(a)


def is_zoomed(window):
    return window.need("push button", "Show Everything").getState().contains(pyatspi.STATE_SENSITIVE)


def returns_to(window, node, whole):
    window.key("0")
    wait("everything in view", lambda: not is_zoomed(window))
    assert share_different(crop(window, node), whole) < 0.01, "0 shows what was there at first"


def wheel_and_drag(window):
    node = window.need("image", MAP)
    x, y, width, height = window.box(node)
    whole = crop(window, node)
    window.move(x + width * 0.4, y + height * 0.5)
    for _ in range(6):
        run("xdotool", "click", 4)
    wait("a zoom by the wheel", lambda: is_zoomed(window))
    zoomed = crop(window, node)
    assert share_different(zoomed, whole) > 0.1
    window.drag(x + width * 0.4, y + height * 0.5, x + width * 0.5, y + height * 0.6)
    assert share_different(crop(window, node), zoomed) > 0.1, "a drag moves the map"
    returns_to(window, node, whole)


def box(window):
    node = window.need("image", MAP)
    x, y, width, height = window.box(node)
    whole = crop(window, node)
    run("xdotool", "keydown", "Shift_L")
    window.drag(x + width * 0.3, y + height * 0.3, x + width * 0.5, y + height * 0.6)
    run("xdotool", "keyup", "Shift_L")
    wait("a zoom to the box", lambda: is_zoomed(window))
    assert share_different(crop(window, node), whole) > 0.1
    returns_to(window, node, whole)


def one_to_one(window):
    node = window.need("image", MAP)
    x, y, width, height = window.box(node)
    whole = crop(window, node)
    window.click(x + width * 0.4, y + height * 0.5)
    node = window.need("image", MAP)
    window.key("1")
    wait("elements as squares", lambda: is_zoomed(window))
    window.picture(GALLERY / "map-one-to-one.png")
    returns_to(window, node, whole)


def cursor(window):
    node = window.need("image", MAP)
    x, y, width, height = window.box(node)
    window.click(x + width * 0.4, y + height * 0.5)
    said = set()
    for key in ("Right", "Right", "Down", "Down"):
        window.key(key)
        said.add(window.need("image", MAP).description)
    assert len(said) == 4 and all("row" in text for text in said), said


def limits(window):
    node = window.need("image", MAP)
    whole = crop(window, node)
    button = wait("the menu", lambda: next(one for one in nodes(window.app) if one.name == "Scales and Colours"))
    left, top, wide, tall = window.box(button)
    window.click(left + wide / 2, top + tall / 2)
    window.need("image", "Histogram of the values")
    low = window.need("text", "Lowest colour limit")
    low.queryEditableText().setTextContents("-0.05")
    time.sleep(0.5)
    window.key("Escape")
    assert share_different(crop(window, node), whole) > 0.1, "other limits, other colours"


def legend(window):
    window.key("ctrl+2")
    node = window.need("image", CURVE)
    x, y, width, height = window.box(node)
    whole = crop(window, node)
    window.click(x + width * 0.17, y + 17)
    hidden = crop(window, node)
    assert 0.0005 < share_different(hidden, whole), "a click on the legend hides a curve"
    window.click(x + width * 0.17, y + 17)
    wait("another click to show it again", lambda: share_different(crop(window, node), whole) < 0.0005, 10)


def looks_closer():
    window = Window(SAMPLE)
    window.key("ctrl+3")
    window.need("image", MAP)
    for step in (wheel_and_drag, box, one_to_one, cursor, limits, legend):
        if len(sys.argv) <= 4 or step.__name__ in sys.argv[4:]:
            step(window)
            print("ok", step.__name__, flush=True)
    complaints = window.close()
    assert not complaints, complaints


tell("looks_closer", looks_closer)
