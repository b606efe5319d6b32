# drive-window.py - does with the window what a person does, and checks what it says against own counts
# SPDX-License-Identifier: GPL-3.0-or-later
import pathlib
import re
import sys
import time

import pyatspi

import tensors
from window import Window, nodes, run, wait

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data/sample/relu"
PROGRAM, GALLERY, SCRATCH = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
DEFINITION = re.compile(r"\(([\d\s\u2009]+) of ([\d\s\u2009]+)\)")


def number(text):
    return int(re.sub(r"\D", "", text))


def definition(window):
    """(near, counted, ε) as the sentence under the parameters has them."""
    for label in window.labels():
        found = DEFINITION.search(label) if label.startswith("Sparsity ") else None
        if found:
            eps = re.search(r"ε = ([\d.e+−-]+\d)", label)
            return number(found[1]), number(found[2]), float(eps[1].replace("−", "-")) if eps else 0.0
    return None


def check_definition(window, weights, what):
    near, counted, eps = definition(window)
    expected = sum(tensors.near(values, eps) for values in weights.values())
    assert counted == sum(map(len, weights.values())), f"{what}: {counted} elements counted"
    assert near == expected, f"{what}: {near} of |w| ≤ {eps}, counted independently {expected}"
    return eps


def table_shares(window, name):
    """The percentages in the table's row of this tensor."""
    for table in nodes(window.app):
        if table.getRoleName() == "tree table":
            for row in nodes(table):
                if row.getRoleName() == "table row" and name in window.labels(row):
                    return [label for label in window.labels(row) if label.endswith("%")]
    return []


def percent(share):
    return f"{100 * share:.2f}\u2009%" if share == 0 or share >= 1e-4 else f"{100 * share:.2e}\u2009%"


def share(values, eps):
    return percent(tensors.near(values, eps) / len(values))


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
    window.picture(GALLERY / "weights-light.png")


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
        for table in nodes(window.app):
            if table.getRoleName() == "tree table" and table.queryComponent().getExtents(pyatspi.WINDOW_COORDS).x < 100:
                return sorted(label for label in window.labels(table) if label in expected)
        return []
    wait("the matching tensors alone", lambda: names() == expected)
    window.key("Escape")


def layers_agree(window, weights):
    """Layers and the whole show the share of what counts, as the definition does; what does not count says so."""
    window.key("ctrl+2")
    near, counted, eps = wait("a threshold", lambda: definition(window)[2] > 0 and definition(window))
    for layer in range(4):
        inside = [values for name, values in weights.items() if f".layers.{layer}." in name]
        expected = percent(sum(tensors.near(values, eps) for values in inside) / sum(map(len, inside)))
        wait(f"{expected} for layer {layer}", lambda: table_shares(window, f"layer {layer}") == [expected])
    assert table_shares(window, "relu") == [percent(near / counted)], "the whole has another share than its definition"


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


def export(window, path):
    main = window.id
    window.key("ctrl+e")
    button = window.need("push button", "_Export")
    window.press(button)
    time.sleep(1.2)
    window.focus_newest()
    window.key("ctrl+a")
    window.type(str(path))
    window.key("Return")
    wait(f"{path.name}", lambda: path.exists() and path.stat().st_size > 0)
    wait("the dialog to close", lambda: not window.find("push button", "_Export"))
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


def names_everything(window, weights):
    """Every node that takes the focus says what it is."""
    plain = re.compile(r"^(|Gtk\w+|Adw\w+|Sp[A-Z]\w+)$")
    roles = {"push button", "toggle button", "check box", "slider", "text", "combo box", "image"}
    bad = [f"{node.getRoleName()} '{node.name}'" for node in nodes(window.app)
           if node.getRoleName() in roles and plain.match(node.name)
           and node.getState().contains(pyatspi.STATE_FOCUSABLE)]
    assert not bad, f"without a name: {', '.join(bad)}"


def tells_errors():
    bad = SCRATCH / "broken.safetensors"
    bad.write_bytes(b"\xff" * 64)
    window = Window(PROGRAM, bad)
    window.need("push button", "_Retry")
    assert any("broken.safetensors" in label for label in window.labels()), "the sentence names the file"
    window.picture(GALLERY / "error.png")
    assert not window.close()


def cancels():
    big = SCRATCH / "big.safetensors"
    tensors.write_zeros(big, 48 << 30)
    window = Window(PROGRAM, big)
    window.need("push button", "_Cancel")
    window.picture(GALLERY / "reading.png")
    began = time.monotonic()
    window.key("Escape")
    wait("a way to run again", lambda: window.find("push button", "_Run"), 5)
    seconds = time.monotonic() - began
    assert seconds < 3, f"cancelled after {seconds:.1f} s"
    assert not window.close()


def welcomes():
    for name, environment in (("welcome-light", {}), ("welcome-dark", {"ADW_DEBUG_COLOR_SCHEME": "prefer-dark"})):
        window = Window(PROGRAM, **environment)
        window.need("push button", "_Explore the Sample")
        window.picture(GALLERY / f"{name}.png")
        if name == "welcome-light":
            window.press(window.find("push button", "_Explore the Sample"))
            wait("the sample", lambda: definition(window))
        assert not window.close()


def looks():
    for name, environment in (("dark", {"ADW_DEBUG_COLOR_SCHEME": "prefer-dark"}), ("hidpi", {"GDK_SCALE": "2"})):
        window = Window(PROGRAM, SAMPLE, **environment)
        wait("a definition", lambda: definition(window))
        for page, keys in (("overview", "ctrl+1"), ("weights", "ctrl+2"), ("map", "ctrl+3")):
            window.key(keys)
            window.picture(GALLERY / f"{page}-{name}.png")
        assert not window.close()


def explores():
    weights = tensors.counted(tensors.read(next(SAMPLE.glob("*.safetensors"))))
    window = Window(PROGRAM, SAMPLE)
    steps = [opens_and_counts, slides, layers_agree, maps, drags_the_marker, filters, exports, names_everything, narrows]
    steps = [step for step in steps if len(sys.argv) <= 5 or step.__name__ in sys.argv[5:]]
    for step in steps:
        step(window, weights)
        print("ok", step.__name__, flush=True)
    complaints = window.close()
    assert not complaints, complaints


for story in (explores, tells_errors, cancels, welcomes, looks):
    if len(sys.argv) <= 4 or story.__name__ in sys.argv[4:]:
        story()
        print("ok", story.__name__, flush=True)
