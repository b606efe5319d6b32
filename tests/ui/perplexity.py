# perplexity.py - the page that runs a model: what it needs, what it finds, and when it is stopped or cannot
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import math
import re
import shutil
import struct

import recording
from window import GALLERY, SAMPLE, SCRATCH, Window, wait

NAN, HUGE = b"\xc0\x7f", b"\x49\x71"  # of bf16; the second is 1e30


def open_page(path):
    window = Window(path)
    window.press(window.need("push button", "Perplexity"))
    wait("what the page needs", lambda: "Needs: Text" in window.labels())
    return window


def found(window):
    """(p, sparsity) as the sentence under the parameters has them."""
    match = re.search(r"^PPL-([\d.]+) % sparsity ([\d.]+)\s%", window.sentence(r"^PPL-[\d.]+ % sparsity \d"))
    return match and (float(match[1]), float(match[2]))


def needs_run(window):
    return window.find("push button", "_Run")


def set_number(window, name, text):
    window.click_on(window.need("text", name))
    window.key("ctrl+a")
    window.type(text)
    window.key("Return")


def red_row(window, area):
    """The row of the area with the most pixels of a marker's red."""
    x, y, width, height = map(int, area)
    across, _, pixels = window.pixels()

    def reds(row):
        places = ((row * across + column) * 3 for column in range(x, x + width))
        return sum(pixels[p] > 110 and pixels[p + 1] < 75 and pixels[p + 2] < 110 for p in places)
    most, row = max((reds(row), row) for row in range(y, y + height))
    return row if most > width // 5 else None


def drag_p(window, tab):
    """Up the logarithmic axis: p grows, and with it the sparsity."""
    window.press(window.need("push button", tab))
    area = x, y, width, height = window.box(window.need("image", tab))
    window.move(2, 2)
    row = wait(f"the line of p in {tab}", lambda: red_row(window, area))
    before = found(window)
    window.drag(x + width * 0.6, row, x + width * 0.6, row - height / 12)
    wait(f"a larger p after the drag in {tab}", lambda: found(window)[0] > before[0] * 1.1)
    assert found(window)[1] > before[1], (before, found(window))
    assert not needs_run(window)


def measures_perplexity():
    window = open_page(SAMPLE)
    window.picture(GALLERY / "perplexity-needs.png")
    window.press(window.need("push button", "Sample: heldout.txt"))
    wait("the whole search", lambda: found(window) and not window.find("push button", "_Cancel") and not needs_run(window))
    window.picture(GALLERY / "perplexity.png")
    answers = {p: window.row(str(p)) for p in (1, 5, 10)}
    assert all(answers.values()), answers
    assert found(window)[0] == 1 and f"{found(window)[1]:.2f}\u2009%" in answers[1][1], (found(window), answers)
    set_number(window, "p", "5")                              # live: nothing is run again
    wait("another p", lambda: found(window)[0] == 5)
    assert not needs_run(window)
    assert f"{found(window)[1]:.2f}\u2009%" in answers[5][1], (found(window), answers)
    set_number(window, "p", "2")
    wait("a small p", lambda: found(window)[0] == 2)
    drag_p(window, "Perplexity by τ")
    drag_p(window, "By activation ratio")
    window.picture(GALLERY / "perplexity-dragged.png")
    for name, tab in (("active", "Activation by τ"), ("pareto", "By activation ratio"), ("layers", "Layers"), ("tokens", "Tokens")):
        window.press(window.need("push button", tab))
        window.picture(GALLERY / f"perplexity-{name}.png")
    assert not window.close()


def tells_texts_that_cannot_be_read():
    model = SCRATCH / "model"
    shutil.copytree(SAMPLE, model)
    (model / "odd.txt").write_bytes(b"Once \xff upon")
    window = open_page(model)
    window.press(window.need("push button", "odd.txt"))
    wait("a sentence about the text", lambda: any("UTF-8" in label for label in window.labels()))
    window.need("push button", "_Retry")
    window.picture(GALLERY / "perplexity-odd.png")
    assert not window.close()


def spoil(folder, words):
    """A copy of the sample; words: what the weights of these names consist of, two bytes each."""
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    path = folder / "model.safetensors"
    whole = bytearray(path.read_bytes())
    start = 8 + struct.unpack("<Q", whole[:8])[0]
    for name, entry in json.loads(whole[8:start]).items():
        if name in words:
            begin, end = (start + at for at in entry["data_offsets"])
            whole[begin:end] = words[name] * ((end - begin) // 2)
    path.write_bytes(whole)
    return folder


def tells_values_that_are_lost():
    """Weights that are not finite, by name; and what grows beyond all bounds between finite ones."""
    up, down = (f"model.layers.1.mlp.{part}_proj.weight" for part in ("up", "down"))
    window = open_page(spoil(SCRATCH / "poisoned", {down: NAN}))
    window.press(window.need("push button", "Sample: heldout.txt"))
    wait("the tensor that is not finite", lambda: window.sentence(f"the tensor '{re.escape(down)}' is not finite at row 0"))
    window.need("push button", "_Retry")
    assert not found(window)
    window.picture(GALLERY / "perplexity-poisoned.png")
    assert not window.close()
    window = open_page(spoil(SCRATCH / "overflowing", {up: HUGE, down: HUGE}))
    window.press(window.need("push button", "Sample: heldout.txt"))
    wait("that predictions are not finite", lambda: window.sentence("overflowing: .*predictions are not finite"))
    assert not found(window)
    window.picture(GALLERY / "perplexity-overflowing.png")
    assert not window.close()
    window = Window(SCRATCH / "overflowing")
    main = window.id
    wait("the model", lambda: window.row("overflowing"))
    recording.open_dialog(window)
    recording.choose_text(window, "Sample: heldout.txt")
    window.click_on(window.need("check box", "Residual before"))
    window.click_on(window.need("check box", "Activations"))
    recording.save_as(window, SCRATCH / "overflowing.safetensors")
    window.id = main
    wait("the tensor that overflows", lambda: window.sentence(r"^\d+ values are not finite, the first in blocks\.2\.hook_resid_pre;"))
    window.picture(GALLERY / "record-overflowing.png")
    assert not window.close()


def opens_losses():
    """What was measured elsewhere is on the page about it at once, without a model."""
    taus, ratios, active = (0, 0.1, 0.2, 0.4), (1, 1.01, 1.02, 1.08), (1, 0.7, 0.5, 0.2)
    losses = [2 + math.log(ratio) for ratio in ratios]
    rows = [f"{tau};{loss!r};{share}" for tau, loss, share in zip(taus, losses, active)]
    texts = {"losses.json": json.dumps({"tau": taus, "loss": losses, "activation_ratio": active}),
             "losses.csv": "\n".join(["tau;loss;activation_ratio", *rows])}
    for name, text in texts.items():
        (SCRATCH / name).write_text(text)
        window = Window(SCRATCH / name)
        wait("the sparsity of the row where perplexity has grown by 1 %", lambda: found(window) == (1, 30))
        window.need("image", "Perplexity by τ")
        window.picture(GALLERY / f"{name}.png")
        assert not window.close()


def stops_perplexity():
    window = open_page(SAMPLE)
    window.click_on(window.need("check box", "bisected"))
    window.press(window.need("push button", "Sample: heldout.txt"))
    wait("first points", lambda: found(window))
    window.picture(GALLERY / "perplexity-running.png")
    window.press(window.need("push button", "_Cancel"))
    wait("a way to run again", lambda: needs_run(window), 5)
    window.press(wait("notes", lambda: next(node for n in range(3, 12) if (node := window.find("push button", f"{n} notes")))))
    wait("the mark of a part", lambda: any("partial" in label for label in window.labels()))
    window.picture(GALLERY / "perplexity-stopped.png")
    assert not window.close()
