# bench-features.py - what a million features that a library has counted cost the window: to the page, a step of a cut, a sort
# SPDX-License-Identifier: GPL-3.0-or-later
#
# CPU time of the whole program.  Densities are as SAELens keeps them, a bell of logarithms, and some never fire.
import math
import random
import re
import statistics

import tensors
from explore import result_rows
from silent import Silent, cpu_seconds, wait_for_rest
from window import SCRATCH, Window, nodes

N_FEATURES, STEPS = 1_000_000, 20


def write_densities(path):
    chance = random.Random(1)
    densities = (min(10 ** chance.gauss(-4.2, 1), 0.6) * (chance.random() > 0.08) for _ in range(N_FEATURES))
    tensors.write_f32(path, {"sparsity": ([N_FEATURES], [math.log10(q + 1e-10) for q in densities])})


def taken(window, act):
    """Milliseconds of CPU until it rests again."""
    started = cpu_seconds(window.process.pid)
    act()
    wait_for_rest(window.process.pid)
    return 1e3 * (cpu_seconds(window.process.pid) - started)


path = SCRATCH / "sparsity.safetensors"
write_densities(path)
window = Window(path)
window.need("image", "Densities", seconds=60)
x, y, width, height = window.box(window.need("slider", "Ultra-low below"))
title_x, title_y, title_width, title_height = window.box(next(node for node in nodes(result_rows(window)[0]) if node.name == "Density"))
window.process.terminate()
window = Silent(path)
page = taken(window, lambda: None)
window.move(title_x + title_width / 2, title_y + title_height / 2)
wait_for_rest(window.process.pid)
order = taken(window, lambda: window.click(title_x + title_width / 2, title_y + title_height / 2))
window.click(x + width * 0.4, y + height / 2)
wait_for_rest(window.process.pid)
rest = taken(window, lambda: [window.key("Right") for _ in range(STEPS)]) / STEPS
window.process.terminate()
plots = [float(found) for found in re.findall(r"redrawn plot ([\d.]+) ms", window.process.communicate()[1])][-STEPS:]
print(f"{N_FEATURES} features in the window: page after {page:.0f} ms of CPU, sorted in {order:.0f}; a step of a cut to the redrawn plot "
      f"{statistics.median(plots):.1f} ms (most {max(plots):.1f}), to rest {rest:.1f}")
