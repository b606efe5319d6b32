# dumps.py - a folder of recorded activations: its pages, its thresholds, its numbers
# SPDX-License-Identifier: GPL-3.0-or-later
import re

import tensors
from definition import COUNTS, number
from explore import export
from window import GALLERY, SAMPLE, SCRATCH, Window, nodes, role, wait

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
    return [name for name in ("Overview", "Weights", "Activations", "Neurons", "Overlap", "Map") if window.find("push button", name)]


def choose(window, name, place, title):
    """By its place in the drop-down of this name, with keys."""
    box = window.need("combo box", name)
    window.press(next(one for one in [box, *nodes(box)] if role(one) in ("push button", "toggle button")))
    wait(title, lambda: any(node.getRoleName() == "label" and node.name == title for node in nodes(window.app)))
    window.key("Home", *["Down"] * place, "Return")


def show(window, name):
    """The file of this name in the tree: which of several is shown at first is the one that was read last."""
    wait(name, lambda: window.row(name))
    window.click_on(next(node for table in window.tables() for node in nodes(table)
                         if node.getRoleName() == "label" and node.name == name))


def opens_activations():
    values = activations()
    window = Window()
    window.press(window.need("push button", "Explore Its _Activations"))
    wait("the share of active neurons", lambda: active(window) == (sum(v != 0 for v in values), len(values)))
    assert pages(window) == ["Activations", "Neurons", "Overlap", "Map"], pages(window)
    window.need("image", "Activation ratio by token")
    for row, first, last in [("activations", 0, 4), *((f"layer {n}", n, n + 1) for n in range(4))]:
        part = values[first * len(values) // 4:last * len(values) // 4]
        share = f"{100 * sum(v == 0 for v in part) / len(part):.2f}"
        wait(f"{row}: {share} %", lambda: any(label.startswith(share) for label in window.row(row)))
    window.picture(GALLERY / "activations-light.png")
    choose(window, "Inactive", 1, "|a| ≤ ε")
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
    export(window, SCRATCH / "lists.safetensors")
    rare = [value for _, mask in tensors.read(SCRATCH / "lists.safetensors", only="rare.").values() for value in mask]
    assert rare == [sum(v != 0 for v in column) / n_tokens <= 0.01 for column in columns], "other neurons in the list"
    assert not window.close()


def measures_cett():
    """With the checkpoint beside it, a dump's thresholds are found by what cutting costs; counted here by plain NumPy, as defined."""
    window = Window(SAMPLE, DUMP)
    wait("the model", lambda: window.row("relu"))
    show(window, "activations")
    wait("the dump's numbers", lambda: active(window))
    choose(window, "Inactive", 5, "CETT: output changed by τ")
    wait("CETT at 20 %", lambda: active(window) == (1811 + 1381 + 1367 + 1229, 4 * 320 * 160))
    window.press(window.need("push button", "CETT by threshold"))
    window.picture(GALLERY / "cett-light.png")
    assert not window.close()


def chooses_sites():
    """Of a dump with several kinds of activations one is shown by itself and any other by choice; of one with strange names none."""
    def tensors_of(**values):
        return {f"{name}.{layer}": ([4, 6], [float((7 * k + layer) % 3 == value) for k in range(24)]) for name, value in values.items()
                for layer in range(2)}
    several, strange, single = (SCRATCH / f"{name}.safetensors" for name in ("several", "strange", "single"))
    tensors.write_f32(several, tensors_of(act=0, gate=1))
    tensors.write_f32(strange, tensors_of(hidden=2))
    tensors.write_f32(single, tensors_of(act=2))
    window = Window(several)
    wait("the site that is taken", lambda: window.sentence(r"in act\.\*\."))
    choose(window, "Site", 1, "gate.* – 2 layers × 6 neurons, gate score")
    window.press(window.need("push button", "_Run"))
    wait("the site that was chosen", lambda: window.sentence(r"in gate\.\*\."))
    window.picture(GALLERY / "sites.png")
    window.press(window.need("push button", "Back to the Defaults"))
    window.press(window.need("push button", "_Run"))
    wait("the first site again", lambda: window.sentence(r"in act\.\*\."))
    assert not window.close()
    window = Window(strange)
    window.click_on(window.need("push button", "Activations"))
    wait("what could be activations", lambda: window.sentence(r"could be hidden\.\*"))
    choose(window, "Site", 1, "hidden.* – 2 layers × 6 neurons")
    window.press(window.need("push button", "_Run"))
    wait("the share of active neurons", lambda: active(window) == (16, 48))
    assert not window.close()
    window = Window(single)
    wait("a site", lambda: window.sentence(r"in act\.\*\."))
    assert not window.find("combo box", "Site"), "there is nothing to choose"
    assert not window.close()


def finds_tokenizers():
    """Ids of tokens get their texts from the model that is open too, whichever was opened first."""
    dump = SCRATCH / "ids.safetensors"
    dump.write_bytes((DUMP / "activations.safetensors").read_bytes())
    window = Window(SAMPLE, dump)
    wait("the model", lambda: window.row("relu"))
    show(window, "ids.safetensors")
    wait("the dump's numbers", lambda: active(window))
    window.press(window.need("push button", "Tokens"))
    wait("texts", lambda: any("▁Clara" in window.labels(table) for table in window.tables()))
    assert not window.close()


def writes_thresholds():
    """A list is taken on Enter and when the focus goes on; what is wrong with one stands beneath it, and nothing changes."""
    values = activations()
    layers = [values[n * len(values) // 4:(n + 1) * len(values) // 4] for n in range(4)]

    def cut_at(*limits):
        return sum(v != 0 and abs(v) >= limit for layer, limit in zip(layers, limits) for v in layer), len(values)

    def write(text, then):
        window.click_on(window.need("text", "Thresholds"))
        window.key("ctrl+a")
        window.type(text)
        window.key(then)
    window = Window(DUMP)
    wait("the share of active neurons", lambda: active(window))
    choose(window, "Inactive", 6, "below its layer's threshold")
    write("0.125,0.25,0.5,1", "Return")
    wait("layers cut at theirs", lambda: active(window) == cut_at(0.125, 0.25, 0.5, 1))
    write("0.125,x", "Return")
    wait("what is wrong", lambda: window.sentence(r"'x'|\bx\b"))
    window.picture(GALLERY / "thresholds-wrong.png")
    assert active(window) == cut_at(0.125, 0.25, 0.5, 1), "what cannot be taken changes nothing"
    write("0.5,0.5,0.5,0.5", "Tab")
    wait("layers cut at one half", lambda: active(window) == cut_at(0.5, 0.5, 0.5, 0.5))
    assert not window.sentence(r"'x'|\bx\b"), "what was wrong is gone"
    assert not window.close()


def opens_counts():
    """Counts alone have their page; shares are there once somebody says over how many tokens."""
    counts = {n: [float((7 * k + n) % 11) for k in range(30)] for n in range(3)}
    tensors.write_f32(SCRATCH / "counts.safetensors", {f"counts.{n}": ([30], values) for n, values in counts.items()})
    window = Window(SCRATCH / "counts.safetensors")
    total = sum(map(sum, counts.values()))
    wait("the firings", lambda: window.sentence(f"^{total:.0f} firings of 90 neurons"))
    assert pages(window) == ["Neurons", "Map"], pages(window)
    window.need("image", "Firings")
    window.picture(GALLERY / "counts.png")
    window.click_on(window.need("text", "Tokens"))
    window.key("ctrl+a")
    window.type("20")
    window.key("Return")
    window.press(window.need("push button", "_Run"))
    wait("shares", lambda: active(window) == (total, 90 * 20))
    assert not window.close()
