# stories.py - errors, long readings, first looks: each in a window of its own
# SPDX-License-Identifier: GPL-3.0-or-later
import time

import tensors
from definition import definition
from window import GALLERY, SAMPLE, SCRATCH, Window, wait


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
    assert not window.close()


def welcomes():
    for name, environment in (("welcome-light", {}), ("welcome-dark", {"ADW_DEBUG_COLOR_SCHEME": "prefer-dark"})):
        window = Window(**environment)
        window.need("push button", "_Explore the Sample")
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
