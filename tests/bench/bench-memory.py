# bench-memory.py - a Llama of 7 G parameters, 13.5 GB in bfloat16, within 6 GiB of memory
# SPDX-License-Identifier: GPL-3.0-or-later
#
# bench-memory.py CLI [TOKENS [P…]]: the model is random where it is anything, and mostly holes, so that its files take 100 MB.
# P 0 is the dense evaluation alone.  Exit 1 where the program takes more memory.
import json
import os
import pathlib
import random
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
try:
    import big_models
except ImportError as error:
    print(f"skipped: {error.name} is not here")
    sys.exit(77)

LIMIT = 6 << 30


def run(cli, folder, ids, n_tokens, percent):
    """→ whether all went well, in so much memory"""
    started = time.monotonic()
    arguments = [cli, "analyze", folder, "-a", "ppl-p", "--as", f"text={ids}", "--set", f"ppl-p.window={n_tokens}", "--set",
                 f"ppl-p.p={percent}", "--format", "json", "-o", os.path.join(folder, "found.json")]
    _, status, usage = os.wait4(os.spawnv(os.P_NOWAIT, cli, arguments), 0)
    memory = usage.ru_maxrss << 10
    print(f"p = {percent}, {n_tokens} tokens: {time.monotonic() - started:.0f} s, peak memory {memory / 2**30:.2f} GiB "
          f"(aim at most {LIMIT >> 30})", flush=True)
    return status == 0 and memory <= LIMIT


def main(cli, n_tokens=64, *percents):
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        n_bytes, ids, n_tokens = big_models.write_llama(folder), os.path.join(folder, "ids.json"), int(n_tokens)
        print(f"{n_bytes / 1e9:.1f} GB of weights")
        source = random.Random(1)
        pathlib.Path(ids).write_text(json.dumps([source.randrange(big_models.LLAMA["vocab_size"]) for _ in range(n_tokens)]))
        return all([run(cli, folder, ids, n_tokens, percent) for percent in percents or ("0", "1")])


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
