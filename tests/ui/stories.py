# stories.py - errors, long readings, first looks: each in a window of its own
# SPDX-License-Identifier: GPL-3.0-or-later
import time

import tensors
from definition import definition
from window import GALLERY, SAMPLE, SCRATCH, Window, nodes, wait


def tells_errors():
    bad = SCRATCH / "broken.safetensors"
    bad.write_bytes(b"\xff" * 64)
    window = Window(bad)
    window.need("push button", "_Retry")
    assert any("broken.safetensors" in label for label in window.labels()), "the sentence names the file"
    window.picture(GALLERY / "error.png")
    assert not window.close()


def cancels():
    big = SCRATCH / "big.safetensors"
    tensors.write_zeros(big, 48 << 30)
    window = Window(big)
    window.need("push button", "_Cancel")
    window.picture(GALLERY / "reading.png")
    began = time.monotonic()
    window.key("Escape")
    wait("a way to run again", lambda: window.find("push button", "_Run"), 5)
    seconds = time.monotonic() - began
    assert seconds < 3, f"cancelled after {seconds:.1f} s"
    window.press(window.need("push button", "_Run"))
    window.press(window.need("push button", "_Cancel"))
    wait("a way to run again", lambda: window.find("push button", "_Run"), 5)
    assert not window.close()


def welcomes():
    for name, environment in (("welcome-light", {}), ("welcome-dark", {"ADW_DEBUG_COLOR_SCHEME": "prefer-dark"})):
        window = Window(**environment)
        window.need("push button", "_Explore the Sample")
        window.need("push button", "Explore Its Sparse A_utoencoder")
        window.picture(GALLERY / f"{name}.png")
        if name == "welcome-light":
            window.press(window.find("push button", "_Explore the Sample"))
            wait("the sample", lambda: definition(window))
        assert not window.close()


def looks():
    for name, environment in (("dark", {"ADW_DEBUG_COLOR_SCHEME": "prefer-dark"}), ("hidpi", {"GDK_SCALE": "2"})):
        window = Window(SAMPLE, **environment)
        wait("a definition", lambda: definition(window))
        for page, keys in (("overview", "ctrl+1"), ("weights", "ctrl+2"), ("map", "ctrl+3")):
            window.key(keys)
            window.picture(GALLERY / f"{page}-{name}.png")
        assert not window.close()


def type_threshold(window, eps):
    window.click_on(window.need("text", "|w| ≤ ε"))
    window.key("ctrl+a")
    window.type(eps)
    window.key("Return")


def refines():
    """Of 32-bit weights in the threshold's own bin one half lies below; interpolating would say four fifths."""
    path = SCRATCH / "one-bin.safetensors"
    values = [0.0499, -0.0499, 0.05004, -0.05004] * 1024
    tensors.write_f32(path, {"model.layers.0.mlp.up_proj.weight": ([64, 64], values)})
    window = Window(path)
    wait("a definition", lambda: definition(window))
    window.key("ctrl+2")
    type_threshold(window, "0.05")
    wait("the exact count", lambda: definition(window) == (2048, 4096, 0.05))
    wait("the note to go", lambda: not window.find("push button", "1 note"))
    assert not window.find("push button", "Count _Exactly"), "nothing is left to count"
    assert not window.close()


def refines_when_asked():
    """What takes long to read is read again only on request; the estimate stays on screen until then."""
    big, n = SCRATCH / "wide.safetensors", 3 << 28
    tensors.write_zeros(big, n)
    window = Window(big)
    wait("everything to be read", lambda: (definition(window) or (0, 0))[1] == n, 120)
    wait("the end of the reading", lambda: not window.find("push button", "_Cancel"), 120)
    window.key("ctrl+2")
    type_threshold(window, "0.05")
    button = window.need("push button", "Count _Exactly")
    wait("a note", lambda: window.find("push button", "1 note"))
    window.press(button)
    assert definition(window) == (n, n, 0.05), "the estimate stays while it is counted"
    wait("the note to go", lambda: not window.find("push button", "1 note"), 120)
    assert definition(window) == (n, n, 0.05)
    assert not window.find("push button", "Count _Exactly"), "nothing is left to count"
    big.unlink()
    assert not window.close()


def chooses_slices():
    """One matrix of several, where the tensor has them: its rows that are all 0, and what is left of an index afterwards."""
    path, rows = SCRATCH / "slices.safetensors", {2: (1, 4), 0: (5,)}
    values = [0.0 if row in rows.get(matrix, ()) else 0.5 for matrix in range(4) for row in range(6) for _ in range(8)]
    tensors.write_f32(path, {"model.layers.0.mlp.experts.up_proj": ([4, 6, 8], values),
                             "model.layers.0.mlp.gate_proj.weight": ([2, 2], [1.0] * 4),
                             "model.layers.1.mlp.experts.up_proj": ([2, 6, 8], values[:96])})
    window = Window(path)
    wait("a definition", lambda: definition(window))
    window.key("ctrl+3")
    window.need("image", "model.layers.0.mlp.experts.up_proj")

    def shows(pattern):
        wait(pattern, lambda: window.sentence(pattern.replace(" ", r"\s")))

    def says(text):
        entry = window.need("text", "Slice").queryText()
        return entry.getText(0, entry.characterCount) == text
    shows(r"\(4 × 6 × 8, flattened to 4 × 48\): 0 of 4 rows")
    assert says("all")
    for asked, zero in ("2", 2), ("0", 1), ("9", 0):
        window.click_on(window.need("text", "Slice"))
        window.key("ctrl+a")
        window.type(asked)
        window.key("Return")
        window.press(window.need("push button", "_Run"))
        shows(rf"up_proj\[{min(int(asked), 3)}\] \(6 × 8, a slice of 4 × 6 × 8\): {zero} of 6 rows")
    assert says("3"), "there is no slice 9: the last is the nearest"
    window.picture(GALLERY / "map-slice.png")

    def pick(label, pattern):
        window.key("ctrl+f", "ctrl+a")
        window.type(label)
        window.click_on(wait(label, lambda: next(node for table in window.tables() for node in nodes(table)
                                                 if node.getRoleName() == "label" and node.name == label)))
        shows(pattern)
    pick("model.layers.0.mlp.gate_proj.weight", r"gate_proj.weight \(2 × 2\): 0 of 2 rows")
    assert not window.find("text", "Slice"), "a matrix has no slices"
    pick("model.layers.1.mlp.experts.up_proj", r"\(2 × 6 × 8, flattened to 2 × 48\)")
    assert says("all"), "the index is gone with the matrix that had none"
    assert not window.close()
