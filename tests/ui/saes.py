# saes.py - a sparse autoencoder, and a dump beside it
# SPDX-License-Identifier: GPL-3.0-or-later
import math
import re
import shutil
import sys

import tensors
from dumps import choose, pages, show
from explore import export, result_rows
from narrow import narrow_down, right, shows_all
from opening import HERE, helper
from selection import click_row, selected_rows
from window import GALLERY, SAMPLE, SCRATCH, Window, nodes, wait

SAES = SAMPLE.parents[2] / "tests" / "fixtures" / "saes"


def shows_features():
    """Alone it has directions; with activations or codes beside it densities too, and what is dead."""
    window = Window(SAES / "saelens-topk")
    window.press(window.need("push button", "Features"))
    wait("what is missing", lambda: window.sentence(r"no recorded activations with 12 elements"))
    window.picture(GALLERY / "features-alone.png")
    assert not window.close()
    window = Window(SAES / "saelens-topk", SAES / "x.safetensors")
    show(window, "saelens-topk")
    window.press(window.need("push button", "Features"))
    wait("the dead", lambda: window.sentence(r"17 of 40 features .* none of 600 tokens"))
    window.need("image", "Densities")
    window.picture(GALLERY / "features.png")
    window.resize(620, 760)
    window.picture(GALLERY / "features-narrow.png")
    assert not window.close()
    window = Window(SAES / "saelens-topk", SAES.parent / "codes" / "pairs.safetensors")
    show(window, "saelens-topk")
    window.press(window.need("push button", "Features"))
    wait("what codes say", lambda: window.sentence(r"2 of 40 features .* none of 64 tokens of layers\.3\.top_acts"))
    window.picture(GALLERY / "features-codes.png")
    assert not window.close()


def show_features(window):
    show(window, "saelens-topk")
    window.press(window.need("push button", "Features"))


def close_source(window, name):
    show(window, name)
    window.click_on(window.need("push button", "Main Menu"))
    window.press(window.need("menu item", "Close Source"))
    wait("it to leave the tree", lambda: not window.row(name))


def open_later(window, path):
    """Chosen in the window, where it is shown when it is read."""
    with helper(sys.executable, HERE / "portal.py", path.as_uri()) as portal:
        assert portal.stdout.readline() == "ready\n"
        window.key("ctrl+o")
        wait(path.name, lambda: window.row(path.name))


def feeds_features():
    """What is opened after the page counts: by itself where it lacked activations, else by choice."""
    portals = {"GDK_DEBUG": "portals,gl-disable", "GTK_USE_PORTAL": "1"}
    x, few = SAES / "x.safetensors", SCRATCH / "few.safetensors"
    tensors.write_f32(few, {"hidden.2": ([5, 12], tensors.read(x)["hidden.1"][1][:60])})
    window = Window(SAES / "saelens-topk", **portals)
    window.press(window.need("push button", "Features"))
    wait("what is missing", lambda: window.sentence(r"no recorded activations with 12 elements"))
    open_later(window, x)
    show_features(window)
    wait("the dead", lambda: window.sentence(r"17 of 40 features .* none of 600 tokens"))
    open_later(window, few)
    show_features(window)
    wait("the same as before", lambda: window.sentence(r"17 of 40 features .* none of 600 tokens"))
    choose(window, "Activations", 2, "hidden.2 – 5 tokens × 12")
    _, top, _, height = window.box(window.need("push button", "_Run"))
    assert top + height <= window.box(window.app[0])[3], "the button is below the fold"
    window.picture(GALLERY / "features-chosen.png")
    window.press(window.need("push button", "_Run"))
    wait("the few tokens", lambda: window.sentence(r"of 40 features .* none of 5 tokens of hidden\.2"))
    assert not window.close()
    tensors.write_f32(SCRATCH / "other.safetensors", {"hidden.2": ([5, 7], [1.0] * 35)})
    window = Window(SAES / "saelens-topk", SCRATCH / "other.safetensors", **portals)
    show_features(window)
    wait("what is missing", lambda: window.sentence(r"no recorded activations with 12 elements .* hidden\.2 has 7"))
    open_later(window, x)
    close_source(window, "other.safetensors")
    show_features(window)
    wait("the dead, though as many files lie beside", lambda: window.sentence(r"17 of 40 features .* none of 600 tokens"))
    assert not window.close()
    window = Window(SAES / "saelens-topk", **portals)
    window.press(window.need("push button", "Features"))
    wait("what is missing", lambda: window.sentence(r"no recorded activations with 12 elements"))
    open_later(window, SAES.parent / "codes" / "pairs.safetensors")
    show_features(window)
    wait("what codes say", lambda: window.sentence(r"2 of 40 features .* none of 64 tokens of layers\.3\.top_acts"))
    assert not window.close()


def chooses_layers():
    """A folder with an autoencoder a layer is one source; each layer's gets its own activations."""
    folder, dump = SCRATCH / "run", SCRATCH / "dump.safetensors"
    values = tensors.read(SAES / "x.safetensors")["hidden.1"][1]
    for name, which in (("layers.0", "eleuther-topk"), ("layers.1", "eleuther-groupmax"), ("layers.2", "eleuther-topk")):
        shutil.copytree(SAES / which, folder / name, dirs_exist_ok=True)
    tensors.write_f32(dump, {"hidden.1": ([5, 12], values[:60]), "hidden.2": ([600, 12], values), "hidden.3": ([5, 12], values[:60])})
    window = Window(folder, dump)
    show(window, "run")
    wait("the pages of an autoencoder", lambda: pages(window)[:2] == ["Overview", "Weights"])
    assert not window.find("push button", "Neurons"), "weights are no activations"
    window.press(window.need("push button", "Features"))
    wait("the first layer", lambda: window.sentence(r"of 40 features .* none of 5 tokens of hidden\.1,"))
    choose(window, "Autoencoder", 1, "layers.1")
    window.press(window.need("push button", "_Run"))
    wait("the second", lambda: window.sentence(r"18 of 40 features .* none of 600 tokens of hidden\.2,"))
    window.picture(GALLERY / "features-layers.png")
    window.press(window.need("push button", "Partners"))
    wait("two of its layers", lambda: window.sentence(r"of 40 features of layers\.0 have no partner in layers\.1,"))
    assert not window.close()


def opens_counts_of_features():
    """What its library counted is a page of its own, at once: densities, or steps since a feature fired."""
    densities = {"sparsity": ([40], [math.log10(n / 100 + 1e-10) for n in range(40)])}
    tensors.write_f32(SCRATCH / "sparsity.safetensors", densities)
    window = Window(SCRATCH / "sparsity.safetensors")
    wait("the dead", lambda: window.sentence(r"^1 of 40 features .* by sparsity"))
    window.need("image", "Densities")
    assert not window.find("push button", "Weights"), "logarithms of densities are none"
    window.picture(GALLERY / "features-counted.png")
    assert not window.close()
    tensors.write_f32(SCRATCH / "steps.safetensors", {"stats_last_nonzero": ([40], [float(60 + n) for n in range(40)])})
    window = Window(SCRATCH / "steps.safetensors")
    wait("the dead", lambda: window.sentence(r"^23 of 40 features .* last 76 steps"))
    window.need("image", "Silences")
    window.picture(GALLERY / "features-silences.png")
    assert not window.close()


def explores_features():
    """One button opens the sample's autoencoder and what it encodes."""
    window = Window()
    window.press(window.need("push button", "Explore Its Sparse A_utoencoder"))
    wait("the dead", lambda: window.sentence(r"6 of 192 features .* none of 1.?280 tokens of hidden\.2"))
    assert window.row("sae") and window.row("residual"), "not both are in the tree"
    window.need("image", "Densities")
    window.picture(GALLERY / "features-sample.png")
    assert not window.close()


def first_numbers(window, most=14):
    """Of rows of features, those at the top as far as anybody sees them."""
    rows = [row for table in window.tables() for row in window.rows(table)[:most]]
    labels = (next((node.name for node in nodes(row) if node.getRoleName() == "label"), "") for row in rows)
    return [name for name in labels if name.isdigit()]


def filters_features():
    """The table has the rows of one class, or all; what is selected stays so."""
    dead = ["8", "116", "139", "154", "162", "164"]
    window = Window(SAMPLE.parent / "sae", SAMPLE.parent / "residual" / "hidden.safetensors")
    show(window, "sae")
    window.press(window.need("push button", "Features"))
    wait("the dead", lambda: window.sentence(r"6 of 192 features .* none of 1.?280 tokens"))
    wait("all rows", lambda: {"0", "1", "2"} <= set(first_numbers(window)))
    choose(window, "Rows shown", 1, "dead")
    wait("the dead alone", lambda: first_numbers(window) == dead)
    window.picture(GALLERY / "features-dead.png")
    click_row(window, "139")
    wait("it to be selected", lambda: selected_feature(window) == "139")
    choose(window, "Rows shown", 2, "dense")
    wait("the dense", lambda: {"0", "1", "3"} <= set(first_numbers(window)) and not {"2", "8"} & set(first_numbers(window)))
    choose(window, "Rows shown", 0, "All rows")
    wait("all rows again, the one selected among them", lambda: {"138", "139", "140"} <= set(first_numbers(window, None)))
    assert selected_rows(window) == ["139"], selected_rows(window)
    window.press(window.need("push button", "Dead, by whom"))
    wait("nothing to filter", lambda: not window.find("combo box", "Rows shown"))
    assert not window.close()


def compares_features():
    """Two autoencoders have densities of the dump that is open beside."""
    window = Window(SAES / "saelens-topk", SAES / "saelens-jumprelu", SAES / "x.safetensors")
    show(window, "saelens-topk")
    window.press(window.need("push button", "Partners"))
    wait("partners", lambda: window.sentence(r"34 of 40 features .* no partner"))
    window.press(window.need("push button", "Densities of partners"))
    plot = window.need("image", "Densities of partners")
    wait("of these tokens", lambda: "600 tokens of hidden.1" in plot.name)
    window.picture(GALLERY / "partners.png")
    assert not window.close()
    several = SCRATCH / "several.safetensors"
    tensors.write_f32(several, {f"layers.{i}.{key}": value for i, kind in enumerate(("standard", "topk", "jumprelu"))
                                for key, value in tensors.read(SAES / f"saelens-{kind}" / "sae_weights.safetensors").items()})
    window = Window(several)
    window.press(window.need("push button", "Partners"))
    wait("the first two", lambda: window.sentence(r"of 40 features of layers\.0 have no partner in layers\.1,"))
    choose(window, "First", 1, "layers.1")
    choose(window, "Second", 2, "layers.2")
    window.press(window.need("push button", "_Run"))
    wait("those that were chosen", lambda: window.sentence(r"34 of 40 features of layers\.1 have no partner in layers\.2,"))
    window.picture(GALLERY / "partners-several.png")
    assert not window.close()


def names_long_partners():
    """Names that are longer than a phone is wide lose their middle, and nothing is cut."""
    name = "an-autoencoder-whose-name-has-no-room-at-all"
    shutil.copytree(SAES / "saelens-topk", SCRATCH / name)
    window = Window(SCRATCH / name, SAES / "saelens-jumprelu")
    show(window, name)
    window.press(window.need("push button", "Partners"))
    wait("partners", lambda: window.sentence(rf"{name}.* no partner"))
    narrow_down(window)
    shows_all(window, "partners")
    window.press(window.need("push button", name))
    tab, menu = (lambda: window.box(window.need("push button", wanted)) for wanted in (name, "All Tables"))
    wait("all of its tab beside the menu", lambda: 0 <= tab()[0] and right(window, window.need("push button", name)) <= menu()[0])
    window.picture(GALLERY / "partners-narrow.png")
    window.press(window.need("push button", "Cosines with partners"))
    titles = wait("the histogram's table", lambda: {"from", "an-autoencoder…no-room-at-all (features)"} & set(
        window.labels(result_rows(window)[0])))
    assert len(titles) == 2, window.labels(result_rows(window)[0])
    assert not window.close()


def selected_feature(window):
    return re.sub(r".*feature ", "", window.sentence(r"^hidden\.2, feature \d+$"))


def maps_features():
    """The feature that is selected, in the table, in the cloud or in the map, is so in all of them, and comes first in the map."""
    window = Window(SAMPLE.parent / "sae", SAMPLE.parent / "residual" / "hidden.safetensors")
    show(window, "sae")
    window.press(window.need("push button", "Features"))
    wait("the dead", lambda: window.sentence(r"6 of 192 features .* none of 1.?280 tokens"))
    window.press(window.need("push button", "Features × tokens"))
    plot = window.need("image", "Features × tokens")
    wait("the strongest", lambda: "The features with the largest codes" in plot.name)
    click_row(window, "3")
    wait("it first", lambda: "The selected feature" in window.need("image", "Features × tokens").name)
    assert selected_feature(window) == "3"
    assert window.sentence(r"^Most active tokens of feature 3$"), "its tokens"
    window.picture(GALLERY / "features-map.png")
    x, y, width, height = window.box(window.need("image", "Features × tokens"))
    window.click(x + width / 2, y + height / 2)
    row = wait("another row of the map", lambda: selected_feature(window) not in ("", "3") and selected_feature(window))
    wait("its row of the table", lambda: row in selected_rows(window))
    window.press(window.need("push button", "Density and strength"))
    window.move(x + width / 2, y + height / 2)
    window.key("Right", "Right", "Return")
    point = wait("a point", lambda: selected_feature(window) not in ("", row) and selected_feature(window))
    wait("its row", lambda: point in selected_rows(window))
    window.picture(GALLERY / "features-point.png")
    window.key("Escape")
    wait("nothing selected", lambda: not selected_feature(window))
    export(window, SCRATCH / "sparsity.safetensors")
    shape, values = tensors.read(SCRATCH / "sparsity.safetensors")["sparsity"]
    assert list(shape) == [192] and sum(value == -10 for value in values) == 6, (shape, values)
    assert abs(values[3] - math.log10(72 / 1280)) < 1e-5, values[3]
    assert not window.close()
