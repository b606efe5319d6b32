# dumps.py - a folder of recorded activations: its pages, its thresholds, its numbers
# SPDX-License-Identifier: GPL-3.0-or-later
import re

import tensors
from definition import COUNTS, number
from window import GALLERY, SAMPLE, Window, wait

DUMP = SAMPLE.parent / "activations"


def activations():
    """Of all layers, one after another."""
    found = tensors.read(DUMP / "activations.safetensors", only="act.")
    return [value for _, values in found.values() for value in values]


def active(window):
    """(active, all) as the sentence under the parameters has them."""
    found = COUNTS.search(window.sentence(r"^Activation ratio .*\("))
    return found and (number(found[1]), number(found[2]))


def pages(window):
    return [name for name in ("Overview", "Weights", "Activations", "Neurons", "Map") if window.find("push button", name)]


def opens_activations():
    values = activations()
    window = Window()
    window.press(window.need("push button", "Explore Its _Activations"))
    wait("the share of active neurons", lambda: active(window) == (sum(v != 0 for v in values), len(values)))
    assert pages(window) == ["Activations", "Neurons", "Map"], pages(window)
    window.need("image", "Activation ratio by token")
    window.picture(GALLERY / "activations-light.png")
    window.click_on(window.need("check box", "|a| ≤ ε"))
    window.click_on(window.need("text", "ε"))
    window.key("ctrl+a")
    window.type("0.125")
    window.key("Return")
    wait("the share above a threshold", lambda: active(window) == (sum(abs(v) > 0.125 for v in values), len(values)))
    wait("tokens counted at it", lambda: not window.sentence("threshold of the last reading"))
    window.key("ctrl+2")
    wait("neurons", lambda: active(window) == (sum(v != 0 for v in values), len(values)))
    dead = re.search(r"(\d+) of (\d+) neurons are dead", window.sentence(r"neurons are dead"))
    n_tokens = 320
    columns = [values[first + k::160][:n_tokens] for first in range(0, len(values), 160 * n_tokens) for k in range(160)]
    assert int(dead[2]) == len(columns) == 640
    assert int(dead[1]) == sum(sum(v != 0 for v in column) / n_tokens < 0.001 for column in columns)
    window.picture(GALLERY / "neurons-light.png")
    assert not window.close()
