# explore.py - the sample's pages, sliders, maps, exports, as a person goes through them
# SPDX-License-Identifier: GPL-3.0-or-later
import re
import time

import pyatspi

import tensors
from definition import check_definition, definition, number, percent, share, table_shares
from window import GALLERY, SAMPLE, SCRATCH, Window, nodes, run, wait


def opens_and_counts(window, weights):
    wait("a definition", lambda: definition(window))
    check_definition(window, weights, "as opened")
    window.need("image", "Zero weights")
    window.picture(GALLERY / "overview-light.png")


def slides(window, weights):
    window.key("ctrl+2")
    x, y, width, height = window.box(window.need("slider", "|w| ≤ ε"))
    window.click(x + width * 0.6, y + height / 2)
    wait("a threshold", lambda: definition(window)[2] > 0)
    before = definition(window)[2]
    window.key("Right", "Right", "Right")
    wait("another threshold", lambda: definition(window)[2] > before)
    eps = check_definition(window, weights, "after three steps of the slider")
    name = "model.layers.0.self_attn.q_proj.weight"
    expected = share(weights[name], eps)
    wait(f"{expected} in the row of {name}", lambda: expected in table_shares(window, name))
    assert window.sentence("28 tensors with 119\u202f808 elements"), "counts in captions have thin spaces that keep together"
    window.picture(GALLERY / "weights-light.png")


def layers_agree(window, weights):
    """Layers and the whole show the share of what counts, as the definition does; what does not count says so."""
    window.key("ctrl+2")
    near, counted, eps = wait("a threshold", lambda: definition(window)[2] > 0 and definition(window))
    for layer in range(4):
        inside = [values for name, values in weights.items() if f".layers.{layer}." in name]
        expected = percent(sum(tensors.near(values, eps) for values in inside) / sum(map(len, inside)))
        wait(f"{expected} for layer {layer}", lambda: table_shares(window, f"layer {layer}") == [expected])
    assert table_shares(window, "relu") == [percent(near / counted)], "the whole has another share than its definition"


def red_column(picture, area):
    """The column of the area with the most pixels of the threshold's red, which nothing else there has."""
    x, y, width, height = area
    row = picture[0] * 3

    def reds(column):
        places = (line * row + column * 3 for line in range(y, y + height))
        return sum(picture[2][p] > 110 and picture[2][p + 1] < 75 and picture[2][p + 2] < 110 for p in places)
    most, column = max((reds(column), column) for column in range(x, x + width))
    return column if most > height // 5 else None


def drags_the_marker(window, weights):
    window.key("ctrl+2")
    plot = window.need("image", "Sparsity by threshold")
    x, y, width, height = window.box(plot)
    window.move(2, 2)
    column = wait("the threshold's line in the plot", lambda: red_column(window.pixels(), (x, y, width, height)))
    old = definition(window)[2]
    window.drag(column, y + height / 2, column - width / 8, y + height / 2)
    wait("a smaller threshold after the drag", lambda: 0 < definition(window)[2] < old * 0.9)
    check_definition(window, weights, "after dragging the threshold in the plot")


def filters(window, weights):
    window.key("ctrl+f")
    window.type("q_proj")
    expected = sorted(name for name in weights if "q_proj" in name)

    def names():
        tree = min(window.tables(), key=lambda table: window.box(table)[0])
        return sorted(label for label in window.labels(tree) if label in expected)
    wait("the matching tensors alone", lambda: names() == expected)
    window.key("Escape")


def maps(window, weights):
    window.key("ctrl+3")
    wait("a map", lambda: window.find("image", "model.layers.0."))
    window.picture(GALLERY / "map-light.png")
    x, y, width, height = window.box(window.need("image", "model.layers.0."))
    window.move(x + width * 0.4, y + height * 0.5)
    for _ in range(8):
        run("xdotool", "click", 4)
        time.sleep(0.05)
    button = window.need("push button", "Show Everything")
    wait("a way back from the zoom", lambda: button.getState().contains(pyatspi.STATE_SENSITIVE))
    window.picture(GALLERY / "map-zoomed.png")
    window.key("0")


def result_rows(window):
    """The rows of the result's table, its header first."""
    return window.rows(max(window.tables(), key=lambda table: window.box(table)[0]))


def sorts(window, weights):
    """Numbers sort as numbers, not as text, and what is missing comes last both ways."""
    window.key("ctrl+2")
    run("xdotool", "windowsize", window.id, 2500, 790)
    wait("room for the columns", lambda: window.box(result_rows(window)[0])[2] > 1700)
    titles = window.labels(result_rows(window)[0])
    assert titles[:5] == ["Tensor", "Elements", "Zeros", "|w| ≤ ε", "Sparsity"], f"what is measured comes first: {titles}"
    for title in ("Elements", "Layer"):
        for is_descending in (False, True):
            header = result_rows(window)[0]
            window.click_on(next(node for node in nodes(header) if node.name == title))
            cells = [window.labels(row)[titles.index(title)] for row in result_rows(window)[1:]]
            numbers = [number(cell) for cell in cells if cell != "–"]
            assert len(set(numbers)) > 1 and numbers == sorted(numbers, reverse=is_descending), f"{title}: {cells}"
            assert "–" not in cells[:len(numbers)], f"{title}: what is missing comes last, not {cells}"
    run("xdotool", "windowsize", window.id, 1210, 790)


def export(window, path):
    main = window.id
    path.unlink(missing_ok=True)
    window.press_for_another(window.summon("ctrl+e", "push button", "_Export…"))
    window.enter(str(path))
    window.key("Return")
    wait(f"{path.name}", lambda: path.exists() and path.stat().st_size > 0)
    wait("the dialog to close", lambda: not window.find("push button", "_Export…"))
    window.id = main
    run("xdotool", "windowfocus", main)


def exports(window, weights):
    window.key("ctrl+2")
    export(window, SCRATCH / "plot.png")
    assert (SCRATCH / "plot.png").read_bytes().startswith(b"\x89PNG"), "a PNG that is none"
    export(window, SCRATCH / "plot.svg")
    assert "<svg" in (SCRATCH / "plot.svg").read_text()[:500], "an SVG that is none"
    export(window, SCRATCH / "numbers.csv")
    lines = (SCRATCH / "numbers.csv").read_text().splitlines()
    names = {line.split(",")[0].strip('"') for line in lines}
    assert set(weights) <= names, "the CSV lacks tensors"


def narrows(window, weights):
    assert window.find("slider", "|w| ≤ ε"), "parameters beside the plot while wide"
    run("xdotool", "windowsize", window.id, 620, 760)
    wait("the panes to give way", lambda: not window.find("slider", "|w| ≤ ε"))
    window.picture(GALLERY / "narrow.png")
    window.key("shift+F9")
    window.need("slider", "|w| ≤ ε")
    window.picture(GALLERY / "narrow-parameters.png")
    window.key("shift+F9")
    run("xdotool", "windowsize", window.id, 1210, 790)
    window.need("slider", "|w| ≤ ε")


STEPS = [opens_and_counts, slides, layers_agree, maps, drags_the_marker, filters, sorts, exports, narrows]


def explores(chosen):
    weights = tensors.counted(tensors.read(next(SAMPLE.glob("*.safetensors"))))
    window = Window(SAMPLE)
    for step in STEPS:
        if not chosen or step.__name__ in chosen:
            step(window, weights)
            print("ok", step.__name__, flush=True)
    complaints = window.close()
    assert not complaints, complaints
