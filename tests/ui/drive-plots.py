# drive-plots.py - looks closer at plots the way a person does: wheel, box, drag, keys, legend, colour limits, scales, copies
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import os
import re
import subprocess
import sys
import time

import pyatspi

import tensors
from definition import number
from stories import type_threshold
from window import GALLERY, SAMPLE, SCRATCH, Window, nodes, run, tell, wait

CLIPBOARD = os.environ["SPARSOSCOPE_CLIPBOARD"]
RING, EDGE = 5, 7          # of the focus; of the histogram, for half a handle
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


def open_menu(window, name):
    window.move(2, 2)      # after a menu, a click without a movement before it can get lost
    time.sleep(0.5)
    window.click_on(window.need("push button", name))
    time.sleep(0.5)


def in_popover(window, node):
    """x, y, width, height on the screen of a node in a popover, which is an X window where GTK counts from its button."""
    popover = node
    while popover.name != "GtkPopover":
        popover = popover.parent
    left, top, *size = window.box(popover)

    def origin():
        for x_window in run("xdotool", "search", "--onlyvisible", "--pid", window.process.pid).split():
            shown = dict(line.split("=") for line in run("xdotool", "getwindowgeometry", "--shell", x_window).split())
            if [int(shown["WIDTH"]), int(shown["HEIGHT"])] == size:
                return int(shown["X"]), int(shown["Y"])
        return None
    x, y = wait("the popover's window", origin)
    box_x, box_y, width, height = window.box(node)
    return box_x - left + x, box_y - top + y, width, height


def limit(window, which):
    text = window.need("text", f"{which} colour limit").queryText()
    return float(text.getText(0, text.characterCount))


def drags_a_limit(window):
    """The histogram is as wide as the largest magnitude, zero in the middle; the other limit moves along."""
    weights = tensors.read(next(SAMPLE.glob("*.safetensors")))["model.layers.0.mlp.down_proj.weight"][1]
    most = max(map(abs, weights))
    whole = crop(window, window.need("image", MAP))
    open_menu(window, "Scales and Colours")
    x, y, width, height = in_popover(window, window.need("image", "Histogram of the values"))
    old = limit(window, "Highest")

    def place(value):
        return x + EDGE + (value / most + 1) / 2 * (width - 2 * EDGE)
    window.drag(place(old), y + height / 2, place(old / 2), y + height / 2)
    new, pixel = limit(window, "Highest"), 2 * most / (width - 2 * EDGE)
    assert abs(new - old / 2) <= 2 * pixel, f"{old} dragged to its half is {new}"
    assert limit(window, "Lowest") == -new, "signed data keep zero in the middle"
    window.key("Escape")
    assert share_different(crop(window, window.need("image", MAP)), whole) > 0.1, "other limits, other colours"


def threshold_in_the_middle(window):
    """ε in the middle of the curve's axis, as the cursor reads it out."""
    node = window.need("image", CURVE)
    x, y, width, height = window.box(node)
    window.click(x + width * 0.557, y + height / 2)
    window.key("Right")
    said = window.need("image", CURVE).description
    return float(re.search(r"ε = ([\d.]+)", said)[1])


def switches_the_axis(window):
    """A linear axis from about nothing to the largest weight has half of that in its middle, a logarithmic one far less."""
    weights = tensors.counted(tensors.read(next(SAMPLE.glob("*.safetensors"))))
    half = max(max(map(abs, values)) for values in weights.values()) / 2
    window.key("ctrl+2")
    assert threshold_in_the_middle(window) < half / 10
    open_menu(window, "Scales and Colours")
    x, y, width, height = in_popover(window, window.need("combo box", "Horizontal axis"))
    window.click(x + width / 2, y + height / 2)
    window.key("Up", "Return", "Escape")
    wait("a linear axis", lambda: abs(threshold_in_the_middle(window) / half - 1) < 0.05, 10)
    open_menu(window, "Scales and Colours")
    x, y, width, height = in_popover(window, window.need("combo box", "Horizontal axis"))
    window.click(x + width / 2, y + height / 2)
    window.key("Down", "Return", "Escape")
    wait("a logarithmic axis again", lambda: threshold_in_the_middle(window) < half / 10, 10)


def reaches_every_plot(window):
    """Where the row is too short for its tabs, a menu has them all."""
    window.key("ctrl+3")
    window.need("image", MAP)
    for n_down, name in enumerate((MAP, "Row norms", "Column norms")):
        open_menu(window, "All Plots")
        window.need("menu item", name)
        window.key(*["Down"] * n_down, "Return")
        window.need("image", name)


def coarse(*picture):
    """A picture in 40 × 30 dots."""
    return subprocess.run(["convert", *map(str, picture), "-resize", "40x30!", "-depth", "8", "rgb:-"], check=True,
                          capture_output=True).stdout


def mean_difference(a, b):
    return sum(abs(x - y) for x, y in zip(a, b)) / len(a)


def copies_the_picture(window):
    node = window.need("image", MAP)
    x, y, width, height = window.box(node)
    window.click(x + width * 0.4, y + height * 0.5)
    window.key("ctrl+c")
    copied, shown = SCRATCH / "copied.png", SCRATCH / "shown.png"
    wait("a picture in the clipboard", lambda: run(CLIPBOARD, copied) == "" and copied.exists())
    assert run("identify", "-format", "%w %h", copied) == f"{2 * width} {2 * height}", "two dots a pixel"
    window.move(2, 2)
    window.picture(shown)
    same = mean_difference(coarse(copied), coarse(shown, "-crop", f"{width}x{height}+{x}+{y}", "+repage"))
    other = mean_difference(coarse(copied), coarse(shown, "-crop", f"{width}x{height}+{x - 40}+{y}", "+repage"))
    assert same < 6 < other, f"the copy is {same:.1f} away from what is shown, and {other:.1f} from what stands beside"


def copies_numbers(window):
    """Numbers of a plot and the definition, as another program gets them, against own counts."""
    weights, eps = tensors.counted(tensors.read(next(SAMPLE.glob("*.safetensors")))), 0.05
    window.key("ctrl+2")
    type_threshold(window, str(eps))
    window.press(window.need("push button", "Sparsity by layer"))
    x, y, width, height = window.box(window.need("image", "Sparsity by layer"))
    window.click(x + width * 0.4, y + height * 0.5)
    expected = {}
    for layer in range(4):
        inside = [values for name, values in weights.items() if f".layers.{layer}." in name]
        expected[str(layer)] = sum(tensors.near(values, eps) for values in inside), sum(map(len, inside))

    def numbers():
        window.key("ctrl+shift+c")
        rows = list(csv.DictReader(run(CLIPBOARD).splitlines()))
        return {row["label"]: (int(row["near_zero"]), int(row["elements"])) for row in rows} == expected and rows
    rows = wait("the layers' counts in the clipboard", numbers)
    assert all(float(row["sparsity"]) == int(row["near_zero"]) / int(row["elements"]) for row in rows), "all digits"
    window.press(window.need("push button", "Copy the Definition"))
    counts = re.search(r"\(([\d\u2009]+) of ([\d\u2009]+)\), ε = 0\.05", run(CLIPBOARD))
    assert counts and (number(counts[1]), number(counts[2])) == tuple(map(sum, zip(*expected.values())))
    window.press(window.need("push button", CURVE))


def limits(window):
    node = window.need("image", MAP)
    whole = crop(window, node)
    open_menu(window, "Scales and Colours")
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
    for step in (wheel_and_drag, box, one_to_one, cursor, copies_the_picture, drags_a_limit, limits, legend,
                 switches_the_axis, copies_numbers, reaches_every_plot):
        if len(sys.argv) <= 4 or step.__name__ in sys.argv[4:]:
            step(window)
            print("ok", step.__name__, flush=True)
    complaints = window.close()
    assert not complaints, complaints


tell("looks_closer", looks_closer)
