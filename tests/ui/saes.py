# saes.py - a sparse autoencoder, and a dump beside it
# SPDX-License-Identifier: GPL-3.0-or-later
from dumps import show
from window import GALLERY, SAMPLE, Window, wait

SAES = SAMPLE.parents[2] / "tests" / "fixtures" / "saes"


def shows_features():
    """Alone it has directions; with activations beside it densities too, and what is dead."""
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
