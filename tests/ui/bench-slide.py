# bench-slide.py - what a step of the threshold slider costs the window, with ten thousand tensors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# CPU time of the whole program, from a step to the plot that shows it, and to rest: with table, tree and definition drawn.
import json
import random
import re
import statistics
import struct

from silent import Silent, cpu_seconds, wait_for_rest
from window import SCRATCH, Window, wait

N_TENSORS, SIDE, STEPS = 10000, 32, 40
PARTS = ("self_attn.q_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")


def write_model(path):
    """bf16, a hundred tensors a layer."""
    size = SIDE * SIDE * 2
    header = {f"model.layers.{i // 100}.{PARTS[i % 5]}.{i}.weight":
              {"dtype": "BF16", "shape": [SIDE, SIDE], "data_offsets": [i * size, (i + 1) * size]}
              for i in range(N_TENSORS)}
    text = json.dumps(header).encode()
    chance = random.Random(1)
    pool = b"".join(struct.pack("<H", (0x3a00 + chance.randrange(0x300)) | chance.choice((0, 0x8000)))
                    for _ in range(1 << 16))
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for i in range(N_TENSORS):
            start = chance.randrange((len(pool) - size) // 2) * 2
            file.write(pool[start:start + size])


def step_slider(window, x, y):
    """Milliseconds of CPU a step."""
    window.key("ctrl+2")
    wait_for_rest(window.process.pid)
    window.click(x, y)
    wait_for_rest(window.process.pid)
    started = cpu_seconds(window.process.pid)
    for _ in range(STEPS):
        window.key("Right")
    wait_for_rest(window.process.pid)
    return 1e3 * (cpu_seconds(window.process.pid) - started) / STEPS


path = SCRATCH / "experts.safetensors"
write_model(path)
window = Window(path)
window.key("ctrl+2")
x, y, width, height = window.box(window.need("slider", "|w| ≤ ε", seconds=120))
wait("the scan to end", lambda: window.sentence("10\u202f000 tensors"), 240)
heard = step_slider(window, x + width * 0.5, y + height / 2)
window.process.terminate()
window = Silent(path)
alone = step_slider(window, x + width * 0.5, y + height / 2)
window.process.terminate()
traces = re.findall(r"redrawn plot ([\d.]+) ms", window.process.communicate()[1])
plot = [float(milliseconds) for milliseconds in traces][-STEPS:]
print(f"slider in the window, {N_TENSORS} tensors, {len(plot)} steps: to the redrawn plot {statistics.median(plot):.1f} ms of CPU "
      f"(most {max(plot):.1f}; ratio to a frame of 16 ms {statistics.median(plot) / 16:.2f}); to rest {alone:.1f} ms, "
      f"{heard:.1f} ms where a screen reader listens")
