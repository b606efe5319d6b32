# selection.py - layers and neurons of a dump, selected in one place and shown in all; the most active tokens of a neuron
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import os
import re
import shutil

import pyatspi

import tensors
from dumps import DUMP
from window import GALLERY, SAMPLE, SCRATCH, Window, nodes, role, run, title, wait

FIXTURES = SAMPLE.parents[2] / "tests/fixtures"
N_TOP = 10
LOOKS = {"light": {}, "dark": {"ADW_DEBUG_COLOR_SCHEME": "prefer-dark"}, "hidpi": {"GDK_SCALE": "2"}}


def selected_rows(window):
    """The first label of each row that is selected, in any table."""
    return [window.labels(row)[0] for table in window.tables() for row in window.rows(table)
            if row.getState().contains(pyatspi.STATE_SELECTED)]


def row_label(window, name):
    return wait(f"row {name}", lambda: next(
        node for table in window.tables() for row in window.rows(table) for node in nodes(row)
        if node.getRoleName() == "label" and node.name == name))


def click_row(window, name):
    window.click_on(row_label(window, name))


def selection(window):
    """(tensor, neuron or None) as the window says."""
    found = re.match(r"(act\.\d+)(?:, neuron (\d+))?$", window.sentence(r"^act\.\d+(, neuron \d+)?$"))
    return found and (found[1], int(found[2]) if found[2] else None)


def pick_neuron(window, place=0.5, scale=1):
    """Where the map of neurons is clicked there is one; which one is for the window to say."""
    before = selection(window)
    x, y, width, _ = window.box(window.need("image", "Firing frequency"))
    window.click(scale * (x + width * place), scale * (y + 60))
    return wait("another neuron", lambda: selection(window) not in (None, before) and selection(window))


def links_selection():
    window = Window(DUMP)
    wait("the layers", lambda: window.row("2"))
    click_row(window, "2")
    assert wait("a selection", lambda: selection(window)) == ("act.2", None)
    wait("the same in table and tree", lambda: sorted(selected_rows(window)) == ["2", "act.2"])
    window.picture(GALLERY / "layer-selected.png")
    window.key("ctrl+2")
    wait("it on the other page", lambda: sorted(selected_rows(window)) == ["2", "act.2"])
    layer, neuron = pick_neuron(window)
    assert neuron is not None
    wait("its layer", lambda: sorted(selected_rows(window)) == [layer[4:], layer])
    window.press([node for node in nodes(window.app, ("tree table",)) if role(node) == "push button" and title(node) == "Neurons"][-1])
    wait("its row", lambda: layer in selected_rows(window) and layer[4:] in selected_rows(window))
    window.key("Escape")
    wait("nothing selected", lambda: not selection(window) and not selected_rows(window))
    plot = window.need("image", "Firing frequency")
    x, y, width, _ = window.box(plot)
    window.move(x + width / 2, y + 60)
    window.key("Right", "Right", "Return")
    assert wait("a neuron by keys", lambda: selection(window))[1] is not None
    window.press(window.need("push button", "Select Nothing"))
    wait("nothing selected", lambda: not selection(window))
    assert not window.close()


def links_batches():
    """Any tensor of a layer selects it; the first stands for it elsewhere."""
    path = SCRATCH / "batches.safetensors"
    tensors.write_f32(path, {f"act.{layer}.{batch}": ([2, 3], [1.0, 0.0, 2.0] * 2) for layer in (0, 1) for batch in (0, 1)})
    window = Window(path)
    wait("the layers", lambda: window.row("1"))
    window.key("ctrl+f")
    window.type("act.1.1")
    click_row(window, "act.1.1")
    wait("its layer", lambda: sorted(selected_rows(window)) == ["1", "act.1.1"])
    assert not window.close()


def looks_closer_at_neurons():
    """A cell is two neurons here; close enough, each is read out and picked for itself."""
    window = Window(FIXTURES / "dumps/many-neurons.npz")
    wait("the layers", lambda: window.row("0"))
    window.key("ctrl+2")
    plot = window.need("image", "Firing frequency")
    x, y, width, _ = window.box(plot)
    window.click(x + width * 0.3, y + 60)
    assert wait("a layer, for the cell is two neurons", lambda: window.sentence(r"^act\.0$"))
    for _ in range(24):
        run("xdotool", "click", 4)

    def reads_one():
        window.key("Right")
        return re.search(r"Neuron \d+: ", plot.description)
    wait("one neuron under the cursor", reads_one)
    window.key("Return")
    neuron = re.search(r"Neuron (\d+)", plot.description)[1]
    wait("it selected", lambda: window.sentence(rf", neuron {neuron}$"))
    assert not window.close()


def shown_tops(window, neuron):
    """[rank, token, activation, texts…] of each row of the pane: what lies on one line."""
    labels = [node for node in nodes(window.app, ("tree table",)) if role(node) == "label"]
    names = [node.name for node in labels]
    first = names.index("Text", names.index(f"Most active tokens of neuron {neuron}")) + 1
    lines = {}
    for node, name in zip(labels[first:], names[first:]):
        lines.setdefault(window.box(node)[1], []).append(name)
    return [row for row in lines.values() if len(row) > 3 and re.fullmatch(r"−?\d+", row[0])]


def break_lines(folder):
    """Every fifth token becomes the end of a line, and a tab."""
    texts = json.loads((folder / "tokens.json").read_text())
    (folder / "tokens.json").write_text(json.dumps(["\n\t" if i % 5 == 0 else text for i, text in enumerate(texts)]))


def tops(folder, layer, neuron):
    """The largest above 0; and, if the least is farther from 0, the most negative."""
    found = tensors.read(folder / "activations.safetensors", only="act.")
    texts = [" " + text[1:] if text[0] == "▁" else text for text in json.loads((folder / "tokens.json").read_text())]
    texts = [text.replace("\n", "↵").replace("\t", "⇥") for text in texts]
    column = found[layer][1][neuron::160]
    most = sorted((t for t in range(len(column)) if column[t] > 0), key=lambda t: (-column[t], t))[:N_TOP]
    least = sorted((t for t in range(len(column)) if column[t] < 0), key=lambda t: (column[t], t))[:N_TOP]
    if -min(column) <= max(column):
        least = []
    ranked = [(str(n + 1), t) for n, t in enumerate(most)] + [(f"−{n + 1}", t) for n, t in enumerate(least)]
    return [(rank, str(t), texts[t]) for rank, t in ranked], texts


def shows_top_tokens():
    copy = SCRATCH / "dump"
    shutil.copytree(DUMP, copy, dirs_exist_ok=True)
    break_lines(copy)
    window = Window(copy)
    wait("the layers", lambda: window.row("2"))
    window.key("ctrl+2")
    layer, neuron = pick_neuron(window)
    expected, texts = tops(copy, layer, neuron)
    rows = wait("its tokens", lambda: shown_tops(window, neuron))
    assert [(row[0], row[1]) for row in rows] == [one[:2] for one in expected], (rows, expected)
    assert all(text in row[3:5] for row, (_, _, text) in zip(rows, expected)), (rows, expected)
    assert all("".join(row[3:]) in "".join(texts) for row in rows), rows
    window.picture(GALLERY / "top-tokens.png")
    file = copy / "activations.safetensors"
    whole = file.read_bytes()
    os.truncate(file, 4096)
    pick_neuron(window, 0.3)
    window.need("push button", "Retry")
    wait("a sentence about the file", lambda: window.sentence("activations.safetensors"))
    file.write_bytes(whole)
    window.press(window.need("push button", "Retry"))
    neuron = selection(window)[1]
    assert wait("its tokens after all", lambda: shown_tops(window, neuron))
    assert not window.close()


def looks_at_dumps():
    for name, environment in LOOKS.items():
        window = Window(DUMP, **environment)
        wait("the layers", lambda: window.row("2"))
        click_row(window, "2")
        window.picture(GALLERY / f"dump-activations-{name}.png")
        window.key("ctrl+2")
        window.need("image", "Firing frequency")
        pick_neuron(window, scale=int(environment.get("GDK_SCALE", 1)))
        window.picture(GALLERY / f"dump-neurons-{name}.png")
        assert not window.close()
    window = Window(DUMP)
    wait("the layers", lambda: window.row("2"))
    window.resize(560, 800)
    window.picture(GALLERY / "dump-activations-narrow.png")
    window.key("ctrl+2")
    pick_neuron(window)
    window.picture(GALLERY / "dump-neurons-narrow.png")
    assert not window.close()
