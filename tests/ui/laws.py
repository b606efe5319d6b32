# laws.py - activation ratios of training runs: several files are one picture, and what is set acts at once
# SPDX-License-Identifier: GPL-3.0-or-later
from dumps import choose, show
from perplexity import needs_run
from window import GALLERY, SAMPLE, Window, wait

FIXTURES = SAMPLE.parents[2] / "tests" / "fixtures"


def shows_laws():
    window = Window(FIXTURES / "laws" / "relu.txt", FIXTURES / "laws" / "silu.txt")
    wait("both files together", lambda: window.sentence(r"\(1 series\).*\(1 series\).*over 56 points"))
    assert not window.find("push button", "Weights") and window.find("push button", "Law")
    window.need("image", "Activation ratio")
    window.picture(GALLERY / "laws-light.png")
    window.click_on(window.need("text", "Leave out first"))
    window.key("ctrl+a")
    window.type("5")
    window.key("Return")
    wait("without the first five", lambda: window.sentence(r"over 46 points"))
    choose(window, "Law", 1, "Power law")
    wait("one law for both", lambda: window.sentence(r"\(2 series\).*over 46 points"))
    for name in ("relu.txt", "silu.txt"):
        show(window, name)
        wait(f"{name}: the same, with what was set", lambda: window.sentence(r"\(2 series\).*over 46 points"))
    assert not window.close()


def measures_runs():
    """The folder of a run asks for a text, and each checkpoint is a point as soon as it is measured."""
    window = Window(SAMPLE.parent / "checkpoints")
    wait("what it needs", lambda: any("Needs: Text" in label for label in window.labels()))
    assert not window.find("push button", "Overview") and not window.find("push button", "Weights")
    window.picture(GALLERY / "runs-needs.png")
    window.press(window.need("push button", "Sample: heldout.txt"))
    wait("all points", lambda: window.sentence(r"over 7 points") and not window.find("push button", "_Cancel") and not needs_run(window))
    window.need("image", "Activation ratio of checkpoints")
    window.picture(GALLERY / "runs.png")
    window.press(window.need("push button", "Checkpoints"))
    assert "tokens.json" in window.row("step-01600"), window.row("step-01600")
    window.picture(GALLERY / "runs-checkpoints.png")
    window.resize(620, 760)
    window.picture(GALLERY / "runs-narrow.png")
    assert not window.close()
    window = Window(FIXTURES / "laws" / "relu.txt")
    wait("a file alone", lambda: window.sentence(r"over 30 points"))
    assert not window.find("label", "Tokens per step") and not window.find("label", "Search")
    assert not window.close()
